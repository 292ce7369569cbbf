import { createDedupWindow } from '@tidegate/core';
import { createMetrics } from '@tidegate/telemetry';
import { expect, test } from 'vitest';
import { ownedPartition } from '../test/steps.ts';
import { freeze } from './frozen-batch.ts';
import { createInstruments } from './instruments.ts';

const NOW_MS = 1_700_000_000_000;

test('lag in records is the end of the log less what is committed, in seconds the age of what waits; both fall to 0', async () => {
  const metrics = createMetrics('aggregator');
  const one = ownedPartition({ partition: 3, completeThroughMs: NOW_MS - 4_500 });
  Object.assign(one.live, { committed: 100, endOffset: 250 });
  const two = ownedPartition({ partition: 5, completeThroughMs: NOW_MS });
  Object.assign(two.live, { committed: 7, endOffset: 7 });
  createInstruments(
    metrics,
    () => [one, two],
    () => NOW_MS,
  );
  const lag = async (unit: string): Promise<string[]> =>
    (await metrics.expose()).split('\n').filter((line) => line.startsWith(`lag_${unit}{`));

  // 250 - 100 records; everything through 4.5 s ago is counted.
  expect(await lag('records')).toEqual([
    'lag_records{partition="3",service="aggregator"} 150',
    'lag_records{partition="5",service="aggregator"} 0',
  ]);
  expect(await lag('seconds')).toEqual([
    'lag_seconds{partition="3",service="aggregator"} 4.5',
    'lag_seconds{partition="5",service="aggregator"} 0',
  ]);

  // Folded is not counted: only a commit moves the lag.
  one.live.folded = 250;
  expect((await lag('records'))[0]).toMatch(/ 150$/);
  one.live.committed = 250;
  // The end as last seen may lie behind what was read since.
  two.live.committed = 9;
  expect((await lag('records')).map((line) => line.split(' ').at(-1))).toEqual(['0', '0']);
  expect((await lag('seconds')).map((line) => line.split(' ').at(-1))).toEqual(['0', '0']);
});

test('generations whose filter does not fit the memory are told, and that the service is worse off for it', async () => {
  const metrics = createMetrics('aggregator');
  const closed = { arrivalFromMs: 0, arrivalToMs: 1, identities: 1, filter: null };
  const window = createDedupWindow({
    ...{ closeAt: 10, windowMs: 1e9, filterBytesMax: 0 },
    closed: [1, 2].map((generation) => ({ ...closed, generation })),
  });
  let owned = [ownedPartition({ window })];
  createInstruments(
    metrics,
    () => owned,
    () => NOW_MS,
  );
  const told = async (): Promise<string[]> =>
    (await metrics.expose())
      .split('\n')
      .filter((line) => /^(dedupe_generations_without_filter|degraded.*dedup_memory)/.test(line))
      .toSorted();
  expect((await told()).map((line) => line.split(' ').at(-1))).toEqual(['2', '1']);
  owned = [ownedPartition()];
  expect((await told()).map((line) => line.split(' ').at(-1))).toEqual(['0', '0']);
});

test('lateness is a histogram of what is committed: none of a batch that is not', async () => {
  const metrics = createMetrics('aggregator');
  const owned = ownedPartition();
  const instruments = createInstruments(
    metrics,
    () => [owned],
    () => NOW_MS,
  );
  // Classes end at 1 s, 5 s, 30 s and so on to a week: half a second early, 5 s, 6 s, 8 days late.
  for (const ms of [-500, 5_000, 6_000, 8 * 86_400_000]) owned.batch.lateness.add(ms);
  const frozen = freeze(owned, { nowMs: NOW_MS, closedAfterS: 86_400 });
  const lines = async (): Promise<string[]> => (await metrics.expose()).split('\n').filter((line) => line.startsWith('lateness_seconds'));
  expect((await lines()).at(-1)).toBe('lateness_seconds_count{service="aggregator"} 0');
  instruments.flushed([frozen], 1);
  const told = await lines();
  expect(told.slice(0, 3).map((line) => line.replace(',service="aggregator"', ''))).toEqual([
    'lateness_seconds_bucket{le="1"} 1',
    'lateness_seconds_bucket{le="5"} 2',
    'lateness_seconds_bucket{le="30"} 3',
  ]);
  expect(told.slice(-4).map((line) => line.split(' ').at(-1))).toEqual(['3', '4', String(11 + 8 * 86_400), '4']);
});
