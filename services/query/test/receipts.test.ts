import { NOTHING_SEALED } from '@tidegate/core';
import type { Receipt, ReceiptEntry } from '@tidegate/core';
import type { EndedLog, LogSpan } from '@tidegate/postgres';
import { createMemoryCells } from '@tidegate/redis/cells-memory';
import { createSealer } from '@tidegate/runtime';
import { describe, expect, test } from 'vitest';
import type { HeldProgress } from '../src/read.ts';
import { createReceipts } from '../src/receipts.ts';

interface Situation {
  readonly held?: readonly HeldProgress[];
  readonly ended?: readonly EndedLog[];
  readonly logEnds?: ReadonlyMap<number, number>;
}

/** Receipts over a Postgres that holds what the situation says; Redis holds nothing. */
function receiptsIn({ held = [], ended = [], logEnds = new Map() }: Situation) {
  const seen = { spans: [] as LogSpan[], of: [] as string[], pauses: 0, endedReads: 0 };
  const receipts = createReceipts({
    store: createMemoryCells({ nowMs: () => 0 }),
    primary: {
      readProgress: async () =>
        held.map((one) => ({ backfill: null, ...one, term: 1, commitNo: 1, hasGap: false, sealed: NOTHING_SEALED })),
      readEndedLogs: async () => {
        seen.endedReads += 1;
        return ended;
      },
      countRejected: async ({ topics, tenant }, spans) => {
        seen.of.push(`${topics.live} ${topics.backfill} ${tenant}`);
        seen.spans.push(...spans);
        return 7;
      },
    },
    logEnds: () => logEnds,
    topics: { live: 'events', backfill: 'backfill' },
    sealer: createSealer(new Uint8Array(32)),
    cacheBudgetMs: 1_000,
    monotonicMs: () => seen.pauses * 10,
    pause: async () => void (seen.pauses += 1),
  });
  return { receipts, seen };
}

const at = (partition: number, nextOffset: number, logGeneration = 1): HeldProgress => ({
  partition,
  nextOffset,
  logGeneration,
  completeThroughMs: null,
});
const entry = (partition: number, lastOffset: number, count = 1): ReceiptEntry => ({
  lane: 'live',
  partition,
  runs: [{ first: lastOffset - count + 1, count }],
});
const receiptOf = (logGeneration: number, ...entries: ReceiptEntry[]): Receipt => ({ tenant: 'acme', logGeneration, entries });
const never = new AbortController().signal;

describe('a receipt of the log that is being counted', () => {
  test('is counted once every partition has passed its last offset', async () => {
    const { receipts, seen } = receiptsIn({});
    const receipt = receiptOf(1, entry(0, 9, 4), entry(1, 5, 2));
    const state = async (...held: HeldProgress[]) => receipts.stateOf(receipt, held);
    expect(await state(at(0, 9), at(1, 6))).toMatchObject({ isCounted: false, pendingEvents: 4 });
    expect(await state(at(0, 10))).toMatchObject({ isCounted: false, pendingEvents: 2 });
    expect(await state(at(0, 10), at(1, 6))).toMatchObject({ isCounted: true, pendingEvents: 0, isLogChanged: false });
    expect(seen.endedReads).toBe(0);
  });

  test('has its rejected events counted where they lie, in covered partitions alone', async () => {
    const { receipts, seen } = receiptsIn({});
    const receipt = receiptOf(3, entry(0, 9, 4), entry(1, 5, 2));
    // The other log of partition 0 has never been made anew: its rows are of generation 1.
    const state = await receipts.stateOf(receipt, [at(0, 10, 1), at(1, 5, 3)]);
    expect(await receipts.rejectedEvents(receipt, state)).toBe(7);
    expect(seen.of).toEqual(['events backfill acme']);
    expect(seen.spans).toEqual([{ lane: 'live', partition: 0, logGeneration: 1, firstOffset: 6, lastOffset: 9 }]);
  });

  test('has no rejected events of another request counted, though they lie between its own', async () => {
    const { receipts, seen } = receiptsIn({});
    const mixed: ReceiptEntry = {
      lane: 'live',
      partition: 2,
      runs: [
        { first: 4, count: 2 },
        { first: 8, count: 1 },
      ],
    };
    const state = await receipts.stateOf(receiptOf(1, mixed), [at(2, 9)]);
    await receipts.rejectedEvents(receiptOf(1, mixed), state);
    expect(seen.spans).toEqual([
      { lane: 'live', partition: 2, logGeneration: 1, firstOffset: 4, lastOffset: 5 },
      { lane: 'live', partition: 2, logGeneration: 1, firstOffset: 8, lastOffset: 8 },
    ]);
    expect(await receipts.stateOf(receiptOf(1, mixed), [at(2, 8)])).toMatchObject({ isCounted: false, pendingEvents: 3 });
  });

  test('costs Postgres nothing for rejected events while none is covered', async () => {
    const { receipts, seen } = receiptsIn({});
    const receipt = receiptOf(1, entry(0, 9));
    expect(await receipts.rejectedEvents(receipt, await receipts.stateOf(receipt, [at(0, 9)]))).toBe(0);
    expect(seen.of).toEqual([]);
  });
});

describe('a receipt of both lanes', () => {
  const old: ReceiptEntry = { lane: 'backfill', partition: 0, runs: [{ first: 2, count: 3 }] };
  const both = receiptOf(1, entry(0, 9, 4), old);
  const standing = (live: number, backfill: number | null): HeldProgress => ({
    ...at(0, live),
    backfill: backfill === null ? null : { nextOffset: backfill, logGeneration: 1 },
  });

  test('is counted once each lane has passed its own last offset', async () => {
    const { receipts } = receiptsIn({});
    const state = async (held: HeldProgress) => receipts.stateOf(both, [held]);
    expect(await state(standing(10, 4))).toMatchObject({ isCounted: false, pendingEvents: 3 });
    expect(await state(standing(9, 5))).toMatchObject({ isCounted: false, pendingEvents: 4 });
    expect(await state(standing(10, 5))).toMatchObject({ isCounted: true, pendingEvents: 0 });
    expect(await state(standing(10, null)), 'of the other lane nothing is known').toMatchObject({ isCounted: false, pendingEvents: 3 });
  });

  test('has its rejected events counted in the log of each lane', async () => {
    const { receipts, seen } = receiptsIn({});
    await receipts.rejectedEvents(both, await receipts.stateOf(both, [standing(10, 5)]));
    expect(seen.spans.map(({ lane, firstOffset, lastOffset }) => [lane, firstOffset, lastOffset])).toEqual([
      ['live', 6, 9],
      ['backfill', 2, 4],
    ]);
  });

  test('is compared with the ended logs of its own lane alone', async () => {
    const held: HeldProgress = { ...at(0, 10), backfill: { nextOffset: 0, logGeneration: 2 } };
    const ends = (nextOffset: number): readonly EndedLog[] => [
      { lane: 'live', partition: 0, logGeneration: 1, nextOffset: 99 },
      { lane: 'backfill', partition: 0, logGeneration: 1, nextOffset },
    ];
    const stateOf = async (nextOffset: number) =>
      receiptsIn({ held: [held], ended: ends(nextOffset), logEnds: new Map([[0, 0]]) }).receipts.stateOf(both, [held]);
    expect(await stateOf(4)).toMatchObject({ isCounted: false, isLogChanged: true, pendingEvents: 3 });
    expect(await stateOf(5)).toMatchObject({ isCounted: true });
  });
});

describe('a receipt of a log that has given way to another one', () => {
  /** Generation 1 was counted up to offset 49; now generation 2 is, in which there is nothing yet. */
  const ended: readonly EndedLog[] = [{ lane: 'live', partition: 0, logGeneration: 1, nextOffset: 50 }];
  const inNew = (nextOffset: number, end: number): Situation => ({
    held: [at(0, nextOffset, 2)],
    ended,
    logEnds: new Map([[0, end]]),
  });
  const stateIn = async (situation: Situation, receipt: Receipt) => receiptsIn(situation).receipts.stateOf(receipt, situation.held ?? []);

  test('is counted where it was counted in its own log, though the new one is at lower offsets', async () => {
    expect(await stateIn(inNew(0, 3), receiptOf(1, entry(0, 49)))).toMatchObject({
      isCounted: true,
      isLogChanged: false,
      covered: [{ lane: 'live', partition: 0, logGeneration: 1, firstOffset: 49, lastOffset: 49 }],
    });
  });

  test('is not counted because the new log has passed its offset: that is another event', async () => {
    const state = await stateIn(inNew(900, 900), receiptOf(1, entry(0, 50, 3)));
    expect(state).toEqual({ isCounted: false, pendingEvents: 3, isLogChanged: true, covered: [] });
  });

  test('waits for the new log where its offset lies in it too, for it may have been given before the change was known', async () => {
    expect(await stateIn(inNew(20, 60), receiptOf(1, entry(0, 30)))).toMatchObject({ isCounted: false, isLogChanged: false });
    expect(await stateIn(inNew(31, 60), receiptOf(1, entry(0, 30)))).toMatchObject({ isCounted: true });
    const unknownEnd = { held: [at(0, 20, 2)], ended };
    expect(await stateIn(unknownEnd, receiptOf(1, entry(0, 30)))).toMatchObject({ isCounted: false });
  });

  test('is not known to be counted where nobody kept how far its log was', async () => {
    expect(await stateIn({ held: [at(0, 900, 2)] }, receiptOf(1, entry(0, 1)))).toMatchObject({ isCounted: false, isLogChanged: true });
  });

  test('is compared with the newest log up to its own generation, which counts through all partitions', async () => {
    const logs: readonly EndedLog[] = [
      { lane: 'live', partition: 0, logGeneration: 1, nextOffset: 50 },
      { lane: 'live', partition: 0, logGeneration: 4, nextOffset: 20 },
    ];
    const situation = { held: [at(0, 0, 6), at(1, 11, 2)], ended: logs, logEnds: new Map([[0, 0]]) };
    // Another partition was made anew as generation 3: the receipt still speaks of generation 1 of this one.
    expect(await stateIn(situation, receiptOf(3, entry(0, 49), entry(1, 10)))).toMatchObject({ isCounted: true });
    expect(await stateIn(situation, receiptOf(5, entry(0, 49)))).toMatchObject({ isCounted: false, isLogChanged: true });
    expect(await stateIn(situation, receiptOf(5, entry(0, 19)))).toMatchObject({ isCounted: true });
  });

  test('ends the wait where waiting does not help', async () => {
    const { receipts, seen } = receiptsIn(inNew(900, 900));
    await receipts.waitFor(receiptOf(1, entry(0, 50)), 10_000, never);
    expect(seen.pauses).toBeLessThanOrEqual(10);
    expect(seen.endedReads).toBe(1);
  });
});
