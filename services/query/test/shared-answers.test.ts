import { createRepeatableSealer } from '@tidegate/runtime';
import { expect, it } from 'vitest';
import { createAsk } from '../src/ask.ts';
import type { Answer } from '../src/ask.ts';
import { createFreshness } from '../src/freshness.ts';
import { NOTHING_DROPPED } from '../src/kept-history.ts';
import type { ReadResult } from '../src/read.ts';
import type { Receipts } from '../src/receipts.ts';
import { createRegistry } from '../src/registry.ts';
import { decodeQuestion } from '../src/repeated-questions.ts';
import { METRIC, TENANT } from './fixtures.ts';

const START_MS = 1_800_000_000_000;
const RECEIPTS: Receipts = {
  open: () => ({ tenant: TENANT, logGeneration: 1, lanes: [] }) as unknown as ReturnType<Receipts['open']>,
  waitFor: async () => ({ countedIn: null, held: [] }),
  stateOf: async () => ({ isCounted: true, pendingEvents: 0, isLogChanged: false, covered: [] }),
  rejectedEvents: async () => 0,
};

/** Who asks gets the reading that is current, which many share. */
function sharing() {
  const world = { nowMs: START_MS, result: resultOf(7) };
  const ask = createAsk({
    ...{ receipts: RECEIPTS, freshness: createFreshness(() => world.nowMs), kept: NOTHING_DROPPED, nowMs: () => world.nowMs },
    read: async () => ({ ok: true, result: world.result }),
    registry: { ...createRegistry(() => undefined), metric: () => METRIC },
    cursorSealer: createRepeatableSealer(new Uint8Array(32).fill(1)),
    ...{ pseudonymOf: () => '', bucketsMax: 10_000 },
  });
  const answerTo = async (question: object): Promise<Answer> => {
    const decoded = decodeQuestion(JSON.stringify(question));
    if (!decoded.ok) throw new Error('not JSON');
    const outcome = await ask(decoded.value, { tenant: TENANT, rows: null, signal: new AbortController().signal });
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.problem));
    return outcome.answer;
  };
  return { world, answerTo };
}

function resultOf(edits: number): ReadResult {
  return {
    table: { rows: [[edits]], next: null, revision: 0, overBudget: [], suppressed: 0 },
    ...{ historyFromS: null, held: [], cache: { state: 'hit', ageMs: 0 } },
  };
}

const WEEK = { metric: 'wiki.edits', kind: 'summary', from: '2024-10-01T00:00:00Z', to: '2024-10-08T00:00:00Z' };

it('the same question of the same reading has one answer for as long as now is the same', async () => {
  const { world, answerTo } = sharing();
  const first = await answerTo(WEEK);
  expect(await answerTo(WEEK)).toBe(first);
  world.nowMs += 1;
  const second = await answerTo(WEEK);
  expect(second.meta.generated_at).toBe(new Date(START_MS + 1).toISOString());
  expect(first.meta.generated_at).toBe(new Date(START_MS).toISOString());
});

it('another reading, another question and one that waits for a receipt have another', async () => {
  const { world, answerTo } = sharing();
  const first = await answerTo(WEEK);
  expect((await answerTo({ ...WEEK, zone: 'Europe/Berlin' })).meta.zone).toBe('Europe/Berlin');
  expect((await answerTo({ ...WEEK, after: 'receipt' })).meta.after).toEqual({ counted: true, pending_events: 0 });
  expect((await answerTo(WEEK)).meta.after).toBeUndefined();
  world.result = resultOf(8);
  expect([first.rows, (await answerTo(WEEK)).rows]).toEqual([[[7]], [[8]]]);
});
