/** What is sent in place of a rejected row, however it was asked for: one at a time, or many by a job. */
import type { Envelope, EventTypes, Fault, JudgedType } from '@tidegate/core';
import { CLOUD_EVENT, createIdentify, EventJudge, NATIVE } from '@tidegate/core';
import type { RejectedDetail, RejectedPlace } from '@tidegate/postgres';
import { rejectedRef } from '@tidegate/postgres';
import type { Clock } from '@tidegate/runtime';
import { decodeJson } from './json.ts';
import type { OpenOriginal } from './originals.ts';
import type { TenantShield } from './shield.ts';

export interface ReplayRow {
  readonly place: RejectedPlace;
  readonly detail: RejectedDetail;
  /** As it came; null where it is not kept whole, or never was an event as it is sent. */
  readonly original: Uint8Array | null;
}

/** How the bytes are read. */
export interface ReplayReading {
  readonly envelope: Envelope;
  /** An event without an id gets the row's name as one, so that sending it again is sending the same event. */
  readonly makeId: () => string;
}

export interface ReplayJudgement {
  /** Null: it can be sent. */
  readonly fault: Fault | null;
  /** Null where there is a fault. */
  readonly identity: Uint8Array | null;
  /** Null where it cannot be read so far, or no pack declares it. */
  readonly type: JudgedType | null;
}

export interface ReplayEvents {
  rowOf(tenant: string, place: RejectedPlace, detail: RejectedDetail): ReplayRow;
  readingOf(row: ReplayRow, event: Uint8Array): ReplayReading;
  judge(tenant: string, what: { readonly event: Uint8Array; readonly types: EventTypes; readonly row: ReplayRow }): ReplayJudgement;
}

export interface ReplayEventsDeps {
  readonly clock: Clock;
  readonly openOriginal: OpenOriginal;
  readonly shieldOf: (tenant: string) => TenantShield;
  readonly identityKey: Uint8Array;
  readonly topicKey: Uint8Array;
}

/** Faults of bytes that are no JSON to read an event from. */
const UNREADABLE: ReadonlySet<string> = new Set(['bad_character', 'bad_json', 'bad_utf8', 'duplicate_key', 'number_out_of_range']);

export function createReplayEvents({ clock, openOriginal, shieldOf, identityKey, topicKey }: ReplayEventsDeps): ReplayEvents {
  const judge = new EventJudge();
  const identify = createIdentify({ identity: identityKey, topicKey });
  const readingOf = ({ place }: ReplayRow, event: Uint8Array): ReplayReading => ({
    envelope: memberOf(event, 'specversion') === undefined ? NATIVE : CLOUD_EVENT,
    makeId: () => `replay-${rejectedRef(place)}`,
  });
  return {
    rowOf(tenant, place, detail) {
      // What the aggregator could not count is a record of the log, pseudonym and all: nothing that a sender could send again.
      const opened = place.lane === 'events' || detail.sealed === null ? null : openOriginal(tenant, detail.sealed);
      return { place, detail, original: opened?.length === detail.lengthBytes ? opened : null };
    },
    readingOf,
    judge(tenant, { event, types, row }) {
      const range = { start: 0, end: event.length };
      const fault = judge.judge(event, range, { types, ...readingOf(row, event), nowMs: clock.nowMs() });
      if (fault !== null) return { fault, identity: null, type: isUnreadable(fault) ? null : judge.type };
      const { identity } = identify(judge, tenant, shieldOf(tenant).pseudonym(judge.subject));
      return { fault, identity: identity.slice(), type: judge.type };
    },
  };
}

export function isUnreadable({ code }: Fault): boolean {
  return UNREADABLE.has(code);
}

/** Whether an event has the id of the row's original, where that can be read. */
export function keepsId(event: Uint8Array, original: Uint8Array | null): boolean {
  const known = original === null ? undefined : memberOf(original, 'id');
  return typeof known !== 'string' || known === '' || memberOf(event, 'id') === known;
}

function memberOf(event: Uint8Array, name: string): unknown {
  const value = decodeJson(event);
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
