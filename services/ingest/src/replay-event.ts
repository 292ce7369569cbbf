/** What is sent in place of a rejected row, however it was asked for: one at a time, or many by a job. */
import type { Envelope, EventTypes, Fault, JudgedType } from '@tidegate/core';
import { CLOUD_EVENT, createIdentify, EventJudge, FAULTS, NATIVE, SegmentReader } from '@tidegate/core';
import type { RejectedDetail, RejectedPlace } from '@tidegate/postgres';
import { rejectedRef } from '@tidegate/postgres';
import type { Clock, OpenOriginal } from '@tidegate/runtime';
import { decodeJson } from './json.ts';
import type { OriginalFormat } from './original-format.ts';
import { readFormat } from './original-format.ts';
import type { TenantShield } from './shield.ts';

export interface ReplayRow {
  readonly place: RejectedPlace;
  readonly detail: RejectedDetail;
  /** As it came; null where it is not kept whole, or never was an event as it is sent. */
  readonly original: Uint8Array | null;
}

export interface ReplayBytes {
  readonly bytes: Uint8Array;
  /** `row`: as the row's original came. `body`: an event that was given in its place. */
  readonly as: 'row' | 'body';
  readonly types: EventTypes;
  readonly row: ReplayRow;
}

/** What an admission needs to send the event. */
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
  /** The bytes, or the event that they mean where they are a message of another format. */
  readonly event: Uint8Array;
  readonly reading: ReplayReading;
}

export interface ReplayEvents {
  rowOf(tenant: string, place: RejectedPlace, detail: RejectedDetail): ReplayRow;
  judge(tenant: string, given: ReplayBytes): ReplayJudgement;
}

export interface ReplayEventsDeps {
  readonly clock: Clock;
  readonly openOriginal: OpenOriginal;
  readonly shieldOf: (tenant: string) => TenantShield;
  readonly identityKey: Uint8Array;
  readonly topicKey: Uint8Array;
  readonly aheadMaxMs: number;
}

/** Faults of bytes that are no JSON to read an event from. */
const UNREADABLE: ReadonlySet<string> = new Set(['bad_character', 'bad_json', 'bad_utf8', 'duplicate_key', 'number_out_of_range']);

export function createReplayEvents({ clock, openOriginal, shieldOf, identityKey, topicKey, aheadMaxMs }: ReplayEventsDeps): ReplayEvents {
  const judge = new EventJudge(aheadMaxMs);
  const segment = new SegmentReader();
  const identify = createIdentify({ identity: identityKey, topicKey });
  return {
    rowOf(tenant, place, detail) {
      // What the aggregator could not count is a record of the log, pseudonym and all: nothing that a sender could send again.
      const opened = place.lane !== 'ingest' || detail.sealed === null ? null : openOriginal(tenant, detail.sealed);
      return { place, detail, original: opened?.length === detail.lengthBytes ? opened : null };
    },
    judge(tenant, given) {
      const { bytes, types, row } = given;
      const makeId = () => `replay-${rejectedRef(row.place)}`;
      const format = formatOf(given);
      const reading = { envelope: format.kind === 'segment' ? NATIVE : format.envelope, makeId };
      const code = format.kind === 'segment' ? segment.read(bytes, whole(bytes), contextOf(format, given)) : null;
      if (code !== null) {
        const fault = { code, message: FAULTS[code].meaning };
        return { fault, identity: null, type: null, event: bytes, reading };
      }
      const event = format.kind === 'segment' ? segment.event.written().slice() : bytes;
      const fault = judge.judge(event, whole(event), { types, ...reading, nowMs: clock.nowMs() });
      if (fault !== null) return { fault, identity: null, type: isUnreadable(fault) ? null : judge.type, event, reading };
      const { identity } = identify(judge, tenant, shieldOf(tenant).pseudonym(judge.subject));
      return { fault, identity: identity.slice(), type: judge.type, event, reading };
    },
  };
}

/** Rows from before formats were told, and bodies, are read as what they look like: a CloudEvent names its version. */
function formatOf({ bytes, as, row }: ReplayBytes): OriginalFormat {
  const told = as === 'row' ? readFormat(row.detail.format) : null;
  return told ?? { kind: 'event', envelope: memberOf(bytes, 'specversion') === undefined ? NATIVE : CLOUD_EVENT };
}

/** The mapping as it was when the message came, but by the packs of now: the times that it is made of do not change. */
function contextOf({ call, sentAtMs }: OriginalFormat & { readonly kind: 'segment' }, { types, row }: ReplayBytes) {
  return { mappings: types.segment, call, sentAtMs, receivedAtMs: row.detail.receivedAtMs };
}

function whole(bytes: Uint8Array): { readonly start: number; readonly end: number } {
  return { start: 0, end: bytes.length };
}

export function isUnreadable({ code }: Fault): boolean {
  return UNREADABLE.has(code);
}

/** Whether what is sent has the id of the row's original, where that can be read. */
export function keepsId({ bytes, as, row }: Pick<ReplayBytes, 'bytes' | 'as' | 'row'>): boolean {
  const isMessage = readFormat(row.detail.format)?.kind === 'segment';
  const ownName = isMessage ? 'messageId' : 'id';
  const known = row.original === null ? undefined : memberOf(row.original, ownName);
  return typeof known !== 'string' || known === '' || memberOf(bytes, as === 'row' ? ownName : 'id') === known;
}

function memberOf(event: Uint8Array, name: string): unknown {
  const value = decodeJson(event);
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
