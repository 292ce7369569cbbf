import type { CompiledEventType } from '@tidegate/core';
import { NOTHING_SEALED } from '@tidegate/core';
import type { CountedProgress, EventsOutcome, JourneyAsk, JourneysRead, StoredEvent } from '@tidegate/postgres';
import { describe, expect, it } from 'vitest';
import { createAskJourney } from '../src/ask-journey.ts';
import type { AskJourneyDeps } from '../src/ask-journey.ts';
import type { Asker } from '../src/ask.ts';
import { createFreshness } from '../src/freshness.ts';
import { NOTHING_DROPPED } from '../src/kept-history.ts';
import { Overloaded } from '@tidegate/runtime';
import { NO_TURNS } from './fixtures.ts';

const NOW_MS = Date.parse('2026-11-20T12:00:00Z');
const AS: Asker = { tenant: 'acme', rows: null, signal: new AbortController().signal };
const QUESTION = {
  kind: 'funnel',
  from: '2026-11-01',
  to: '2026-11-08',
  steps: [{ event: 'shop.viewed' }, { event: 'shop.bought', where: { country: { eq: 'NO' } } }],
  window_s: 3_600,
};

const FIELD = {
  name: 'country',
  type: 'string',
  isOptional: true,
  isDimension: true,
  action: 'keep',
  why: 'for the tests',
  isSensitive: false,
} as const;
const eventType = (type: string): CompiledEventType => ({
  ...{ type, subject: 'required', unknownMembers: 'refuse', aliases: [], fields: [FIELD] },
  fieldByName: new Map([['country', FIELD]]),
});

const PROGRESS: CountedProgress = {
  ...{ partition: 0, term: 1, commitNo: 1, nextOffset: 7, logGeneration: 1, completeThroughMs: NOW_MS - 1_000 },
  ...{ backfill: null, hasGap: false, sealed: NOTHING_SEALED },
};

function event(subject: string, type: string, at: string, country: string): StoredEvent {
  const occurredAtMs = Date.parse(`2026-11-0${at}:00Z`);
  return {
    ...{ tenant: 'acme', eventId: `${subject}${at}`, source: '', type, subject, occurredAtMs, receivedAtMs: NOW_MS },
    ...{ packVersion: 1, logOffset: 1, data: `{"country":"${country}"}` },
  };
}

const EVENTS = [
  event('p', 'shop.viewed', '2T10:00', 'NO'),
  event('p', 'shop.bought', '2T10:30', 'NO'),
  event('q', 'shop.viewed', '2T10:00', 'NO'),
  event('q', 'shop.bought', '2T10:30', 'SE'),
];

function readOf(given: Partial<JourneysRead>): EventsOutcome<JourneysRead> {
  return { ok: true, value: { progress: [PROGRESS], archive: null, isCut: false, ...given } };
}

function journeyOver(given: Partial<AskJourneyDeps> = {}, events: readonly StoredEvent[] = EVENTS) {
  const asks: JourneyAsk[] = [];
  const ask = createAskJourney({
    registry: { eventType: (tenant, type) => (tenant === 'acme' && type.startsWith('shop.') ? eventType(type) : null) },
    journeys: {
      async readJourneys(asked, onEvent) {
        asks.push(asked);
        for (const one of events.slice(0, asked.eventsMax)) onEvent(one);
        return readOf({ isCut: events.length > asked.eventsMax });
      },
    },
    receipts: {
      open: () => null,
      waitFor: async () => ({ countedIn: null, held: [] }),
      stateOf: async () => ({ isCounted: true, pendingEvents: 0, isLogChanged: false, covered: [] }),
    },
    freshness: createFreshness(() => NOW_MS),
    kept: NOTHING_DROPPED,
    nowMs: () => NOW_MS,
    step: (_name, action) => action(),
    ...{ bucketsMax: 1_000, eventsMax: 100, takeTurn: NO_TURNS },
    ...given,
  });
  return { ask, asks };
}

describe('a journey', () => {
  it('is answered from the raw events of its types, its range and the window after it', async () => {
    const { ask, asks } = journeyOver();
    const outcome = await ask(QUESTION, AS);
    expect(outcome).toMatchObject({
      ok: true,
      mayAgeMs: 0,
      answer: {
        rows: [
          [1, 'shop.viewed', 2, 100, 100, 0],
          [2, 'shop.bought', 1, 50, 50, 1_800],
        ],
        next_cursor: null,
        meta: { source: 'raw', cache: { state: 'bypass', age_ms: 0 }, zone: 'UTC', analysis: { kind: 'funnel', users: 2, converted: 1 } },
      },
    });
    expect(asks).toMatchObject([
      {
        tenant: 'acme',
        types: ['shop.viewed', 'shop.bought'],
        readsData: true,
        fromMs: Date.parse('2026-11-01'),
        toMs: Date.parse('2026-11-08T01:00:00Z'),
      },
    ]);
  });

  it('is read on the replica where it may lag and waits for no receipt, from its beginning on the primary where that breaks off', async () => {
    const replica = { cells: {} as never, journeys: { readJourneys: async () => readOf({}) } };
    const { ask, asks } = journeyOver({ onReplica: async (reading) => reading(replica) });
    expect(await ask(QUESTION, { ...AS, mayLag: true })).toMatchObject({
      answer: { meta: { read_from: 'replica', analysis: { users: 0 } } },
    });
    expect(asks).toEqual([]);
    expect(await ask(QUESTION, AS)).toMatchObject({ answer: { meta: { analysis: { users: 2 } } } });
    const broken = journeyOver({ onReplica: async () => null });
    const outcome = await broken.ask(QUESTION, { ...AS, mayLag: true });
    expect(outcome).toMatchObject({ answer: { meta: { analysis: { users: 2 } } } });
    expect(outcome.ok && outcome.answer.meta.read_from).toBe(undefined);
  });

  it('says since when events are kept, and that what is in no archive cannot be counted again', async () => {
    const fromMs = Date.parse('2026-11-03');
    const { ask } = journeyOver({ kept: { keptFromMs: () => fromMs, isRecountable: () => false } });
    expect(await ask(QUESTION, AS)).toMatchObject({
      answer: { meta: { history_from: '2026-11-03T00:00:00.000Z', recountable: false } },
    });
    const { ask: later } = journeyOver({ kept: { keptFromMs: () => Date.parse('2026-11-01'), isRecountable: () => true } });
    const outcome = await later(QUESTION, AS);
    expect(outcome.ok && outcome.answer.meta.history_from).toBe(undefined);
  });

  it('says what of it was read in the archive, and refuses where that cannot be read', async () => {
    const archive = { files: 2, bytes: 9_000, events: 40 };
    const { ask } = journeyOver({ journeys: { readJourneys: async () => readOf({ archive }) } });
    expect(await ask(QUESTION, AS)).toMatchObject({ ok: true, answer: { meta: { source: 'raw', archive } } });
    const codes = { too_much: 'range_too_large', unread: 'archive_unread', damaged: 'archive_damaged', away: 'unavailable' } as const;
    for (const [fault, code] of Object.entries(codes) as [keyof typeof codes, string][]) {
      const { ask: without } = journeyOver({ journeys: { readJourneys: async () => ({ ok: false, fault }) } });
      expect(await without(QUESTION, AS)).toMatchObject({ ok: false, problem: { code } });
    }
  });

  it('asks the primary where a replica knows of rounds of the archive that are written anew since', async () => {
    const replica = { cells: {} as never, journeys: { readJourneys: async () => ({ ok: false, fault: 'damaged' }) as const } };
    const { ask } = journeyOver({ onReplica: async (reading) => reading(replica) });
    const outcome = await ask(QUESTION, { ...AS, mayLag: true });
    expect(outcome).toMatchObject({ ok: true, answer: { meta: { analysis: { users: 2 } } } });
    expect(outcome.ok && outcome.answer.meta.read_from).toBe(undefined);
  });

  it('waits for its turn before anything is read, if its caller takes turns', async () => {
    const { ask, asks } = journeyOver({ takeTurn: async () => Promise.reject(new Overloaded(3)) });
    await expect(ask(QUESTION, { ...AS, takesTurns: true })).rejects.toThrow(Overloaded);
    expect(asks).toEqual([]);
    expect((await ask(QUESTION, AS)).ok).toBe(true);
  });

  it('of more events than an answer may be made of is refused, not cut', async () => {
    const { ask } = journeyOver({ eventsMax: 3 });
    expect(await ask(QUESTION, AS)).toMatchObject({ ok: false, problem: { code: 'range_too_large' } });
  });

  it('is refused to who may see some rows alone, before anything is read', async () => {
    const { ask, asks } = journeyOver();
    const outcome = await ask(QUESTION, { ...AS, rows: { metrics: null, where: {}, subject: 'p' } });
    expect(outcome).toMatchObject({ ok: false, problem: { code: 'row_refused' } });
    expect(asks).toEqual([]);
  });

  it('knows the event types of its own tenant alone', async () => {
    const { ask } = journeyOver();
    expect(await ask(QUESTION, { ...AS, tenant: 'other' })).toMatchObject({
      problem: { code: 'type_unknown', errors: [{ path: 'steps.0.event' }] },
    });
  });

  it('takes no receipt of another tenant', async () => {
    const { ask } = journeyOver();
    expect(await ask({ ...QUESTION, after: 'tgr1.x' }, AS)).toMatchObject({ problem: { code: 'receipt_invalid' } });
  });
});
