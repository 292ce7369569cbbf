import { NO_HEADERS } from '@tidegate/kafka';
import type { DataStore, PartitionCommit } from '@tidegate/postgres';
import { createMemoryStore } from '@tidegate/postgres/memory';
import { silentLogger } from '@tidegate/telemetry';
import { expect, it } from 'vitest';
import { createLogProbe } from '../src/log-probe.ts';
import { createTakeOver } from '../src/take-over.ts';
import { identityOf } from './records.ts';
import { START_MS, TOPICS, World } from './world.ts';

const OLD_OWNER = new Uint8Array(16).fill(1);

/** What the earlier owner still commits: the first record of the log, one identity. */
function lastCommit(): PartitionCommit {
  return {
    ...{ partition: 0, token: OLD_OWNER, term: 1, commitNo: 1, backfill: null, rejectedLane: null, completeThroughMs: START_MS },
    live: { expected: 0, next: 1, lastRecordSha256: null },
    ...{ rawRows: new Uint8Array(0), arrivalDays: [], series: [], rejected: [] },
    slice: null,
    cells: { absent: [], values: null, sealed: () => [], resolve: () => [] },
    ...{ identities: identityOf('e-0'), generation: 1, arrivalFromMs: START_MS, arrivalToMs: START_MS },
  };
}

it('the window of a new owner holds what the earlier one committed up to the very moment of the claim', async () => {
  const world = await World.create();
  await world.append(TOPICS.events, 0, { value: '{}', headers: NO_HEADERS });
  const store = createMemoryStore({ database: world.database });
  const lane = { startOffset: 0, topicId: 'memory/memory-topic-1' };
  await store.claim([{ partition: 0, live: lane, backfill: lane, rejected: lane }], OLD_OWNER);
  const racing: DataStore = {
    ...store,
    claim: async (requests, token) => {
      expect((await store.commit({ partitions: [lastCommit()] })).kind).toBe('committed');
      return store.claim(requests, token);
    },
  };
  const client = world.broker.createClient('b');
  const probe = createLogProbe(client, () => undefined);
  const takeOver = createTakeOver({
    store: racing,
    admin: client.createAdmin(),
    probe,
    topics: TOPICS,
    registry: {
      planOf: () => null,
      projectionOf: (entity) => ({ entity, fold: null }),
      measuresOf: () => [],
      metricOf: () => null,
      knownThroughMs: () => world.nowMs,
    },
    pause: async () => undefined,
    announcer: { announce: async () => undefined, tellProgress: async () => undefined },
    limits: {
      dedupWindowMs: 1e9,
      dedupCloseAt: 1_000,
      dedupFilterBytesMax: 1 << 20,
      cachedCellsMax: 16,
      knownSeriesMax: 100,
      writtenSeriesMax: 100,
      dimensionValuesMax: 10_000,
      batchRecordsMax: 100,
    },
    newToken: () => new Uint8Array(16).fill(2),
    nowMs: () => world.nowMs,
    onGap: () => undefined,
    log: silentLogger,
  });

  const owned = await takeOver(0);

  expect(owned.live.committed).toBe(1);
  expect(owned.window.offer(identityOf('e-0'), 0)).toBe('copy');
  await probe.close();
  await world.close();
});
