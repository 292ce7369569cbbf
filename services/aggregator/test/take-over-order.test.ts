import { NO_HEADERS } from '@tidegate/kafka';
import type { DataStore, PartitionCommit } from '@tidegate/postgres';
import { createMemoryStore } from '@tidegate/postgres/memory';
import { silentLogger } from '@tidegate/telemetry';
import { expect, it } from 'vitest';
import { createLogProbe } from '../src/log-probe.ts';
import type { AdoptedVersions } from '../src/known-packs.ts';
import type { OwnedPartition } from '../src/owned-partition.ts';
import { createTakeOver } from '../src/take-over.ts';
import { identityOf } from './records.ts';
import { ordersOf } from './sales.ts';
import { PARTITIONS, START_MS, TOPICS, World } from './world.ts';

const OLD_OWNER = new Uint8Array(16).fill(1);
const LANE = { startOffset: 0, topicId: 'memory/memory-topic-1' };

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

interface Taking {
  readonly world: World;
  readonly store: DataStore;
  readonly adoptedBy?: (adopted: AdoptedVersions) => void;
}

async function takeOverFirst({ world, store, adoptedBy = () => undefined }: Taking): Promise<OwnedPartition> {
  const client = world.broker.createClient('b');
  const probe = createLogProbe(client, () => undefined);
  const takeOver = createTakeOver({
    store,
    admin: client.createAdmin(),
    probe,
    topics: TOPICS,
    registry: {
      planOf: () => null,
      projectionOf(entity, adopted) {
        adoptedBy(adopted);
        return { entity, fold: null };
      },
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
  await probe.close();
  return owned;
}

it('the window of a new owner holds what the earlier one committed up to the very moment of the claim', async () => {
  const world = await World.create();
  await world.append(TOPICS.events, 0, { value: '{}', headers: NO_HEADERS });
  const store = createMemoryStore({ database: world.database });
  await store.claim([{ partition: 0, live: LANE, backfill: LANE, rejected: LANE }], OLD_OWNER);
  const racing: DataStore = {
    ...store,
    claim: async (requests, token) => {
      expect((await store.commit({ partitions: [lastCommit()] })).kind).toBe('committed');
      return store.claim(requests, token);
    },
  };

  const owned = await takeOverFirst({ world, store: racing });

  expect(owned.live.committed).toBe(1);
  expect(owned.window.offer(identityOf('e-0'), 0)).toBe('copy');
  await world.close();
});

it.each([
  ['by the versions that it has adopted, where it alone writes them', PARTITIONS, false],
  ['by every version that is known, where others of its class write them too', 2 * PARTITIONS, true],
])('an owner folds rows %s', async (_, count, isByAll) => {
  const world = await World.create();
  world.database.partitionCount = { first: PARTITIONS, count };
  const asked: AdoptedVersions[] = [];
  const store = createMemoryStore({ database: world.database });
  const owned = await takeOverFirst({ world, store, adoptedBy: (adopted) => asked.push(adopted) });
  owned.projectionOf(ordersOf(['order']));
  expect(asked.map((adopted) => adopted.has('acme orders 1'))).toEqual([isByAll]);
  expect(owned.sharedRows !== null).toBe(isByAll);
  await world.close();
});
