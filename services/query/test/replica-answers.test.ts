import { createRepeatableSealer } from '@tidegate/runtime';
import { createMemoryCells } from '@tidegate/redis/cells-memory';
import { LRUCache } from 'lru-cache';
import { expect, it } from 'vitest';
import { createAnswerCache } from '../src/answer-cache.ts';
import { createAsk } from '../src/ask.ts';
import type { Asker } from '../src/ask.ts';
import { createFreshness } from '../src/freshness.ts';
import { NOTHING_DROPPED } from '../src/kept-history.ts';
import { createLoadChunks } from '../src/load-chunks.ts';
import { createMadeAnswers } from '../src/made-answers.ts';
import { createRead } from '../src/read.ts';
import type { Receipts } from '../src/receipts.ts';
import { createRegistry } from '../src/registry.ts';
import type { OnReplica } from '../src/on-replica.ts';
import { createFakePrimary, METRIC, SILENT_METER, TENANT, NO_TURNS } from './fixtures.ts';

const NOW_MS = 1_800_000_000_000;
const QUESTION = { metric: 'wiki.edits', kind: 'summary', last: '3650d' };
const AS: Asker = { tenant: TENANT, rows: null, signal: new AbortController().signal };
const RECEIPTS: Receipts = {
  open: () => ({ tenant: TENANT, logGeneration: 1, lanes: [] }) as unknown as ReturnType<Receipts['open']>,
  waitFor: async () => ({ countedIn: null, held: [] }),
  stateOf: async () => ({ isCounted: true, pendingEvents: 0, isLogChanged: false, covered: [] }),
  rejectedEvents: async () => 0,
};

/** Redis is empty and holds no progress: Postgres answers, one of two servers with different counts. */
function askOf(onReplica: OnReplica) {
  const [primary, replica] = [createFakePrimary(1), createFakePrimary(1)];
  primary.commit(0, 'a', 7);
  replica.commit(0, 'a', 5);
  const store = createMemoryCells({ nowMs: () => NOW_MS });
  const read = createRead({
    ...{ store, primary, chunksMax: 10, cellsMax: 1_000, cacheBudgetMs: 1_000, meter: SILENT_METER, takeTurn: NO_TURNS },
    onReplica: async (reading) => onReplica(async () => reading({ cells: replica, journeys: { readJourneys: unasked } })),
    step: (_name, action) => action(),
    loadChunks: createLoadChunks({ store, primary, newToken: () => 't', cellsMax: 1_000 }),
    answers: createAnswerCache({ store, nowMs: () => NOW_MS, ttlMs: 60_000, bytesMax: 1_000, meter: SILENT_METER }),
    made: createMadeAnswers({ nowMs: () => NOW_MS, valuesMax: 100_000, ttlMs: 600_000 }),
    decoded: new LRUCache({ maxSize: 10 }),
  });
  const ask = createAsk({
    ...{ read, receipts: RECEIPTS, freshness: createFreshness(() => NOW_MS), kept: NOTHING_DROPPED, nowMs: () => NOW_MS },
    registry: { ...createRegistry(() => undefined), metric: () => METRIC },
    cursorSealer: createRepeatableSealer(new Uint8Array(32).fill(1)),
    ...{ pseudonymOf: () => '', bucketsMax: 10_000 },
  });
  return async (asker: Partial<Asker>, question: object = {}) => {
    const outcome = await ask({ ...QUESTION, ...question }, { ...AS, ...asker });
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.problem));
    const { rows, meta } = outcome.answer;
    return { edits: rows[0]?.at(-1), from: meta.read_from };
  };
}

async function unasked(): Promise<never> {
  throw new Error('not asked here');
}

const THERE = (async (reading: (replica: never) => Promise<unknown>) => reading(undefined as never)) as OnReplica;
const AWAY: OnReplica = async () => null;

it('an answer that may lag is the replica’s, and says so', async () => {
  expect(await askOf(THERE)({ mayLag: true })).toEqual({ edits: 5, from: 'replica' });
});

it('an answer that may not lag is the primary’s: nobody said that it may, or it waits for a receipt', async () => {
  const ask = askOf(THERE);
  expect(await ask({})).toEqual({ edits: 7, from: undefined });
  expect(await ask({ mayLag: true }, { after: 'receipt' })).toEqual({ edits: 7, from: undefined });
});

it('an answer that may lag is the primary’s while the replica is away', async () => {
  expect(await askOf(AWAY)({ mayLag: true })).toEqual({ edits: 7, from: undefined });
});
