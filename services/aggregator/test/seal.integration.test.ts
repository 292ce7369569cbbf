import { piecesOfPlan, parseQuestion, planQuestion, readMeasureAt, decodeState, unpackCells } from '@tidegate/core';
import type { SealedThrough } from '@tidegate/core';
import { createPgStore, createPool, createReadStore } from '@tidegate/postgres';
import type { StoredCell } from '@tidegate/postgres';
import { createMigratedDatabase } from '@tidegate/postgres/scratch';
import type { ScratchDatabase } from '@tidegate/postgres/scratch';
import { createSeededRandom } from '@tidegate/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wrongCoarseCells } from './sealed-cells.ts';
import { BY_MINUTE, MEASURES, SealingOwner, SERIES, START_MS } from './sealing-owner.ts';

describe('sealing in Postgres', () => {
  let database: ScratchDatabase;
  let pool: ReturnType<typeof createPool>;
  let store: ReturnType<typeof createPgStore>;
  let failAt: string | null = null;

  beforeAll(async () => {
    database = await createMigratedDatabase();
    const shared = { databaseUrl: database.url, applicationName: 'tidegate-seal-test' };
    pool = createPool({ ...shared, role: 'tidegate_query', connectionsMax: 1, statementTimeoutMs: 10_000 });
    store = createPgStore({
      ...{ ...shared, role: 'tidegate_aggregator' },
      fault: (point) => {
        if (point !== failAt) return;
        failAt = null;
        throw new Error(`failed at ${point}`);
      },
    });
  });
  afterAll(async () => {
    await store.close();
    await pool.end();
    await database.drop();
  });

  async function storedCells(): Promise<StoredCell[]> {
    const rows = await database.query<{ id: Buffer; grain: StoredCell['grain']; bucket_s: string; state: Buffer; revision: number }>(
      'SELECT uuid_send(series_id) AS id, grain, bucket_s, state, revision FROM cell WHERE partition = 0',
    );
    return rows.map(({ id, grain, bucket_s: bucketS, state, revision }) => ({
      ...{ seriesId: id, grain, bucketS: Number(bucketS), state, revision, term: 1, commitNo: 1 },
    }));
  }

  /** Counts per zone day, and the cells that they were made of. */
  async function daysOf(zone: string, isCoarse: boolean): Promise<{ days: Map<number, number>; cells: number }> {
    const input = { metric: BY_MINUTE.metric, kind: 'series', grain: 'day', from: '2026-02-20', to: '2026-03-20', zone, measures: ['n'] };
    const parsed = parseQuestion(input);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
    const ask = {
      metric: { ...BY_MINUTE, grains: isCoarse ? BY_MINUTE.grains : BY_MINUTE.grains.slice(0, 1) },
      subject: null,
      cursor: null,
    };
    const plan = planQuestion({ ...ask, question: parsed.question, nowMs: START_MS, bucketsMax: 1_000 });
    if (!plan.ok) throw new Error(plan.fault.code);
    const { range, buckets } = plan.value;
    const piecesOf = (sealed: SealedThrough) => piecesOfPlan(plan.value, sealed);
    const cells = unpackCells((await createReadStore(pool).readCells(range, 100_000, piecesOf)).cells);
    const days = new Map<number, number>();
    for (const { bucketS, state } of cells) {
      const startMs = buckets?.startsMs.findLast((start) => start <= bucketS * 1_000) ?? 0;
      const n = Number(readMeasureAt(decodeState(state, MEASURES) ?? [], 0));
      days.set(startMs, (days.get(startMs) ?? 0) + n);
    }
    return { days, cells: cells.length };
  }

  it('slices of any size between late events, lost answers and take-overs leave coarse cells that answer like minutes', async () => {
    const random = createSeededRandom(7);
    const below = (limit: number): number => Math.floor(random() * limit);
    const pick = <T>(of: readonly [T, T, T]): T => of[below(3)] ?? of[0];
    const owner = new SealingOwner(store, BY_MINUTE);
    await owner.takeOver();
    const act = async (kind: number): Promise<void> => {
      if (kind < 0.35) {
        await owner.flush(Array.from({ length: 1 + below(12) }, () => ({ series: below(SERIES.length), hoursAgo: random() * 100 })));
      } else if (kind < 0.8) await owner.slice(pick([1, 8, 1_000]));
      else if (kind < 0.9) owner.nowMs += (1 + below(12)) * 3_600_000;
      else if (kind < 0.95) await owner.takeOver();
      else failAt = pick(['flush.fenced', 'flush.cells_written', 'flush.committed']);
    };
    for (let step = 0; step < 90; step += 1) {
      await act(random());
      if (step % 10 === 9) expect(wrongCoarseCells(await storedCells(), owner.seals, MEASURES)).toEqual([]);
    }
    failAt = null;
    for (let slices = 0; await owner.slice(30); slices += 1) expect(slices).toBeLessThan(500);
    expect(wrongCoarseCells(await storedCells(), owner.seals, MEASURES)).toEqual([]);
    const counted = [...owner.truth.values()].reduce((sum, n) => sum + n, 0);
    for (const zone of ['UTC', 'Europe/Oslo', 'Asia/Kolkata']) {
      const [coarse, fine] = [await daysOf(zone, true), await daysOf(zone, false)];
      expect([...coarse.days].toSorted()).toEqual([...fine.days].toSorted());
      expect([...coarse.days.values()].reduce((sum, n) => sum + n, 0)).toBe(counted);
      expect(coarse.cells).toBeLessThan(fine.cells);
    }
    expect(await database.query('SELECT * FROM partition_task')).toEqual([]);
  });
});
