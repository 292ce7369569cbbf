import { freshnessOf } from '@tidegate/core';
import { ensureTidegateTopics, topicNames } from '@tidegate/kafka';
import { createMemoryBroker } from '@tidegate/kafka/memory';
import type { LogGap } from '@tidegate/postgres';
import { afterEach, expect, test, vi } from 'vitest';
import { createFreshness } from '../src/freshness.ts';
import { createStatus } from '../src/status.ts';
import { watchLog } from '../src/watch-log.ts';

const NOW_MS = Date.UTC(2026, 10, 28, 12);
const GAP: LogGap = {
  lane: 'backfill',
  partition: 1,
  logGeneration: 2,
  fromOffset: 40,
  toOffset: 55,
  foundAtMs: NOW_MS - 1_000,
  acknowledged: null,
};
const encoder = new TextEncoder();

let stopped = new AbortController();
afterEach(() => {
  stopped.abort();
  stopped = new AbortController();
});

/** The watch over a log of two partitions whose gaps the test holds; a second passes when the test says so. */
async function watched(readGaps: () => Promise<readonly LogGap[]>) {
  const client = createMemoryBroker({ now: () => NOW_MS }).createClient('query');
  await ensureTidegateTopics(client.createAdmin(), { prefix: 't.', partitions: 2, replicationFactor: 1 });
  const freshness = createFreshness(() => NOW_MS);
  let second = Promise.withResolvers<void>();
  let seconds = 0;
  const log = watchLog({
    onPartitions: () => undefined,
    client,
    topics: topicNames('t.'),
    primary: { readGaps },
    freshness,
    pause: () => {
      seconds += 1;
      return second.promise;
    },
    onError: () => undefined,
    signal: stopped.signal,
  });
  const status = createStatus({ freshness, nowMs: () => NOW_MS, replicationFactor: log.replicationFactor, checks: {}, versions: {} });
  await vi.waitFor(() => expect(seconds).toBe(1), { timeout: 20_000 });
  return {
    freshness,
    status,
    ownerSpeaks(term: number, lateness?: readonly number[]): void {
      for (const partition of [0, 1]) {
        const word = { lane: 'live', partition, term, next_offset: '0', complete_through_ms: NOW_MS, log_generation: 2 };
        freshness.take({ value: encoder.encode(JSON.stringify({ ...word, oldest_uncounted_ms: null, lateness })) });
      }
    },
    async aSecondPasses(): Promise<void> {
      const before = seconds;
      const passed = second;
      second = Promise.withResolvers();
      passed.resolve();
      await vi.waitFor(() => expect(seconds).toBe(before + 1), { timeout: 20_000 });
    },
  };
}

test('the status tells how late events are counted, over all partitions, and nothing where owners do not tell', async () => {
  const { status, ownerSpeaks } = await watched(async () => []);
  ownerSpeaks(1);
  expect(await status()).toMatchObject({ lateness: { events: 0, at_most_s: { p50: null, p99: null } } });
  // Two partitions: 16 events of at most 1 s, 2 of at most 5 s, 2 beyond a week.
  ownerSpeaks(1, [8, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
  const { lateness } = (await status()) as { lateness: { classes: unknown[] } };
  expect(lateness).toMatchObject({ events: 20, at_most_s: { p50: 1, p95: null, p99: null } });
  expect([lateness.classes[0], lateness.classes[1], lateness.classes[10]]).toEqual([
    { at_most_s: 1, events: 16 },
    { at_most_s: 5, events: 2 },
    { at_most_s: null, events: 2 },
  ]);
});

test('accepted events that the log lost make answers and status incomplete, and the status names them', async () => {
  const { freshness, status, ownerSpeaks } = await watched(async () => [GAP]);
  ownerSpeaks(1);
  const held = [0, 1].map((partition) => ({ partition, nextOffset: 0, logGeneration: 2, completeThroughMs: NOW_MS }));
  expect(freshnessOf(freshness.of(held), NOW_MS).status).toBe('incomplete');
  expect(await status()).toMatchObject({
    status: 'incomplete',
    gaps: [
      {
        lane: 'backfill',
        partition: 1,
        log_generation: 2,
        from_offset: '40',
        to_offset: '55',
        found_at: '2026-11-28T11:59:59.000Z',
        acknowledged_at: null,
      },
    ],
    partitions: [
      { partition: 0, has_gap: false },
      { partition: 1, has_gap: true },
    ],
  });
});

test('a gap that an operator has read of alarms no longer, and is listed still', async () => {
  const acknowledged = { atMs: NOW_MS, by: 'key_1', reason: 'power loss' };
  const { freshness, status, ownerSpeaks } = await watched(async () => [{ ...GAP, acknowledged }]);
  ownerSpeaks(1);
  const told = await status();
  expect(told).toMatchObject({
    status: 'current',
    gaps: [{ partition: 1, from_offset: '40', acknowledged_at: '2026-11-28T12:00:00.000Z' }],
    partitions: [{ has_gap: false }, { has_gap: false }],
  });
  // Every tenant reads the status; who said what is for operators.
  expect(JSON.stringify(told)).not.toMatch(/key_1|power loss/);
  freshness.takeGaps([
    { ...GAP, acknowledged },
    { ...GAP, fromOffset: 70, toOffset: 71 },
  ]);
  expect(await status()).toMatchObject({ status: 'incomplete' });
});

test('a gap that a new owner finds is known a second after its first word', async () => {
  let gaps: readonly LogGap[] = [];
  const { status, ownerSpeaks, aSecondPasses } = await watched(async () => gaps);
  ownerSpeaks(1);
  await aSecondPasses();
  expect(await status()).toMatchObject({ status: 'current', gaps: [] });
  gaps = [GAP];
  ownerSpeaks(2);
  await aSecondPasses();
  expect(await status()).toMatchObject({ status: 'incomplete' });
});

test('gaps that could not be read are asked for again the second after', async () => {
  let isAway = true;
  const { status, ownerSpeaks, aSecondPasses } = await watched(async () => (isAway ? Promise.reject(new Error('away')) : [GAP]));
  isAway = false;
  await aSecondPasses();
  ownerSpeaks(1);
  expect(await status()).toMatchObject({ status: 'incomplete' });
});

test('an answer from Postgres says itself that events are gone', () => {
  const freshness = createFreshness(() => NOW_MS);
  const held = [{ partition: 0, nextOffset: 3, logGeneration: 1, completeThroughMs: NOW_MS, hasGap: true }];
  expect(freshnessOf(freshness.of(held), NOW_MS).status).toBe('incomplete');
});

test('what of the backfill lane is not counted is told beside the claims, which are of the live lane alone', async () => {
  const { freshness, status, ownerSpeaks } = await watched(async () => []);
  ownerSpeaks(1);
  const word = { lane: 'backfill', partition: 1, term: 1, next_offset: '30', complete_through_ms: 5, log_generation: 2 };
  freshness.take({ value: encoder.encode(JSON.stringify({ ...word, oldest_uncounted_ms: NOW_MS - 90_000 })) });
  const none = new Map([0, 1].map((partition) => [partition, { end: 0 }]));
  freshness.takeEnds({ live: none, backfill: new Map([...none, [1, { end: 42 }]]) });
  expect(await status()).toMatchObject({
    status: 'current',
    complete_through: new Date(NOW_MS).toISOString(),
    lag_ms: 0,
    backfill_pending: 12,
    partitions: [
      { partition: 0, backfill: { next_offset: '0', end_offset: '0', lag_ms: 0 } },
      { partition: 1, backfill: { next_offset: '30', end_offset: '42', lag_ms: 90_000 } },
    ],
  });
  const held = { partition: 1, nextOffset: 0, logGeneration: 2, completeThroughMs: NOW_MS };
  expect(freshness.backfillPending([{ ...held, backfill: { nextOffset: 40, logGeneration: 2 } }])).toBe(2);
  expect(freshness.backfillPending([held]), 'an answer of which nothing is known may lack all').toBe(42);
});
