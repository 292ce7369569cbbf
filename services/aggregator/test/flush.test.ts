import { UNSEALED } from '@tidegate/core';
import type { CommitOutcome, ProgressRow } from '@tidegate/postgres';
import { silentLogger } from '@tidegate/telemetry';
import { describe, expect, it } from 'vitest';
import { createFlush } from '../src/flush.ts';
import { freeze } from '../src/frozen-batch.ts';
import type { FrozenBatch } from '../src/frozen-batch.ts';
import { partOf } from '../src/open-batch.ts';
import type { OwnedPartition } from '../src/owned-partition.ts';
import { ownedPartition, slabOf } from './steps.ts';
import { START_MS, until, World } from './world.ts';

const TOKEN = new Uint8Array(16).fill(3);
/** Any record: the store of these tests does not look at its digest. */
const LAST = { slab: slabOf([0]), index: 0 };

/** A partition with `records` folded records, taken for a flush. */
function frozenOf(partition: number, records: number): FrozenBatch {
  const owned = ownedPartition({ partition, token: TOKEN });
  owned.window.offer(new Uint8Array(12).fill(7), 0);
  owned.batch.records = records;
  Object.assign(owned.batch.live, { last: LAST, arrivalFromMs: 1_000, arrivalToMs: 2_000 });
  owned.live.folded = records;
  return freeze(owned, { nowMs: 5_000, closedAfterS: 86_400 });
}

/** A flush against a store that answers from a script; what it does is written down in order. */
function scripted(outcomes: CommitOutcome[], row: Partial<ProgressRow> = {}) {
  const steps: string[] = [];
  const note = (what: string) => (owned: OwnedPartition) => void steps.push(`${what} ${owned.partition}`);
  const position = { nextOffset: 0, logGeneration: 1, topicId: 't', lastRecordSha256: null };
  const flush = createFlush({
    store: {
      ensureRawDays: async () => void steps.push('days'),
      commit: async ({ partitions }) => {
        steps.push(`commit ${partitions.map((p) => p.partition).join('+')}`);
        return outcomes.shift() ?? { kind: 'committed', writes: new Map() };
      },
      readProgress: async (partitions) => {
        steps.push('read back');
        return partitions.map((partition) => ({
          ...{
            partition,
            term: 1,
            commitNo: 0,
            completeThroughMs: null,
            owner: TOKEN,
            live: position,
            backfill: position,
            backfillThroughMs: null,
            rejected: position,
            seals: UNSEALED,
          },
          ...row,
        }));
      },
    },
    announceRejected: async () => undefined,
    restart: note('restart'),
    onLost: note('lost'),
    onFailure: () => undefined,
    onRejectedBeyond: () => undefined,
    rejectedBytesMax: 1_000_000_000,
    recordLimit: 100,
    clock: { nowMs: () => 0, monotonicMs: () => 0 },
    random: () => 0,
    pause: async () => undefined,
    isStopping: () => false,
    log: silentLogger,
  });
  return { flush, steps };
}

const FAILED: CommitOutcome = { kind: 'failed', commitSent: true, message: 'the connection broke' };
const REFUSED: CommitOutcome = { kind: 'data_error', sqlState: '22021', message: 'a byte that no text may hold' };

describe('a batch that is taken for a flush', () => {
  it('is complete through what the live lane brought, whatever came later in the backfill lane', () => {
    const completeThroughOf = (live: object): number | null => {
      const owned = ownedPartition({ partition: 1, token: TOKEN });
      Object.assign(partOf(owned.batch, 'backfill'), { last: LAST, arrivalFromMs: 3_000, arrivalToMs: 4_000 });
      Object.assign(owned.batch.live, live);
      return freeze(owned, { nowMs: 5_000, closedAfterS: 86_400 }).commit.completeThroughMs;
    };
    expect(completeThroughOf({})).toBe(null);
    expect(completeThroughOf({ last: LAST, arrivalFromMs: 1_000, arrivalToMs: 2_000 })).toBe(2_000);
  });
});

describe('a flush', () => {
  it('whose answer was lost is tried again only after the row was read back, and then from the committed offset', async () => {
    const { flush, steps } = scripted([FAILED]);
    const frozen = frozenOf(0, 8);
    expect(await flush([frozen])).toEqual([]);
    expect(steps).toEqual(['days', 'commit 0', 'read back', 'restart 0']);
    expect(frozen.owned.live).toMatchObject({ committed: 0, folded: 0 });
    expect(frozen.owned.window.offer(new Uint8Array(12).fill(7), 0), 'the window holds nothing of it').toBe('first');
  });

  it('whose answer was lost but which the row shows as committed is settled, not repeated', async () => {
    const live = { nextOffset: 8, logGeneration: 1, topicId: 't', lastRecordSha256: null };
    const { flush, steps } = scripted([FAILED], { commitNo: 1, live });
    const frozen = frozenOf(0, 8);
    expect(await flush([frozen])).toEqual([frozen]);
    expect(steps).toEqual(['days', 'commit 0', 'read back']);
    expect(frozen.owned).toMatchObject({ commitNo: 1, live: { committed: 8, folded: 8 } });
    expect(frozen.owned.window.offer(new Uint8Array(12).fill(7), 0)).toBe('copy');
  });

  it('whose row stands where nobody put it gives the partition up', async () => {
    const live = { nextOffset: 5, logGeneration: 1, topicId: 't', lastRecordSha256: null };
    const { flush, steps } = scripted([FAILED], { commitNo: 1, live });
    expect(await flush([frozenOf(0, 8)])).toEqual([]);
    expect(steps).toEqual(['days', 'commit 0', 'read back', 'lost 0']);
  });

  it('goes on without the partitions that were lost', async () => {
    const { flush, steps } = scripted([{ kind: 'lost', partitions: [1] }]);
    const kept = frozenOf(0, 3);
    expect(await flush([kept, frozenOf(1, 3)])).toEqual([kept]);
    expect(steps).toEqual(['days', 'commit 0+1', 'lost 1', 'commit 0']);
  });

  it('with a value that the database refuses is cut down to the partition, then to half the records', async () => {
    const { flush, steps } = scripted([REFUSED, { kind: 'committed', writes: new Map() }, REFUSED]);
    const [sound, sick] = [frozenOf(0, 9), frozenOf(1, 9)];
    expect(await flush([sound, sick])).toEqual([sound]);
    expect(steps).toEqual(['days', 'commit 0+1', 'commit 0', 'commit 1', 'restart 1']);
    expect(sick.owned).toMatchObject({ recordLimit: 5, live: { searchUntil: 9 } });
    expect(sick.owned.live.refused.size).toBe(0);
  });

  it('into a day that a failover took away makes the day again, and only then calls a record unstorable', async () => {
    const noPlace: CommitOutcome = { kind: 'data_error', sqlState: '23514', message: 'no partition of relation "raw_event" found for row' };
    const { flush, steps } = scripted([{ kind: 'committed', writes: new Map() }, noPlace, noPlace]);
    await flush([frozenOf(0, 3)]);
    const later = frozenOf(1, 1);
    await flush([later]);
    expect(steps).toEqual(['days', 'commit 0', 'commit 1', 'days', 'commit 1', 'restart 1']);
    expect([...later.owned.live.refused]).toEqual([0]);
  });

  it('into a day whose place is gone while the owner believes in it counts what it held all the same', async () => {
    const world = await World.create();
    await world.tellPack();
    await world.start('a');
    const event = (id: string) => ({ id, region: 'north', cents: 100, timeMs: START_MS });
    await world.send(event('e-1'));
    await until('it is counted', () => world.isCounted());
    world.database.rawDays.clear();
    await world.send(event('e-2'));
    await until('what comes then is counted too', () => world.isCounted());
    expect(world.database.rawRows.map(({ eventId }) => eventId).toSorted()).toEqual(['e-1', 'e-2']);
    expect([...world.database.rejected.values()]).toEqual([]);
    await world.close();
  });

  it('of one record that the database refuses names that record', async () => {
    const { flush } = scripted([REFUSED]);
    const sick = frozenOf(1, 1);
    await flush([sick]);
    expect([...sick.owned.live.refused]).toEqual([0]);
  });
});
