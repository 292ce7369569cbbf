import { compilePack, parsePack } from '@tidegate/core';
import type { CompiledMetric } from '@tidegate/core';
import type { DataStore } from '@tidegate/postgres';
import { createMemoryStore } from '@tidegate/postgres/memory';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recountUnit } from '../src/recount/recount-unit.ts';
import type { UnitAsk, UnitResult } from '../src/recount/recount-unit.ts';
import { repairSlice } from '../src/recount/repair-slice.ts';
import { controlRecord } from './records.ts';
import { ownedPartition } from './steps.ts';
import { START_MS, until, World } from './world.ts';

const DAY_S = 86_400;
const EVENT_DAY = START_MS / 1_000 / DAY_S - 4.5;

function metricOf(): CompiledMetric {
  const { source, metrics } = (JSON.parse(controlRecord(1)) as { value: { source: unknown; metrics: Record<string, number> } }).value;
  const pack = parsePack(source);
  if (!pack.ok) throw new Error('the pack is refused');
  const metric = compilePack({ tenant: 'acme', version: 1, metricVersions: metrics, pack: pack.value }).metrics.get('shop.sales');
  if (metric === undefined) throw new Error('the pack has no such metric');
  return metric;
}

describe('a unit of a recount', () => {
  const metric = metricOf();
  let world: World;
  let store: DataStore;

  beforeEach(async () => {
    world = await World.create();
    await world.tellPack();
    await world.start('a');
    for (let i = 0; i < 24; i += 1)
      await world.send(
        { id: `e-${i}`, region: 'abcdef'[i % 6] ?? null, cents: i, timeMs: (EVENT_DAY * DAY_S + i * 3_000) * 1_000 },
        { partition: 0 },
      );
    await until('all is counted', () => world.isCounted());
    store = createMemoryStore({ database: world.database });
  });
  afterEach(() => world.close());

  function unit(
    on: DataStore = store,
    { cellsMax = 1_000, commitNo = world.database.live.get(0)?.commitNo ?? 0 } = {},
  ): Promise<UnitResult> {
    const ask: UnitAsk = {
      ...{ partition: 0, others: [], metric, eventDay: EVENT_DAY, fromS: EVENT_DAY * DAY_S, toS: (EVENT_DAY + 1) * DAY_S },
      cut: { commitNo, bound: { live: { logGeneration: 1, offset: 24 }, backfill: { logGeneration: 1, offset: 0 } }, seals: sealsOf() },
      commitNoNow: () => world.database.live.get(0)?.commitNo ?? 0,
    };
    return recountUnit({ store: on, budgetedOf: () => [], step: (work) => work(), cellsMax }, ask);
  }

  function sealsOf(): UnitAsk['cut']['seals'] {
    const seals = world.database.live.get(0)?.seals;
    if (seals === undefined) throw new Error('partition 0 is nobody’s');
    return seals;
  }

  const finest = () => [...world.database.cells].filter(([, cell]) => cell.partition === 0 && cell.grain === 2);

  it('says the same in however many passes the day is read', async () => {
    const [key, cell] = finest()[7] ?? [];
    if (key === undefined || cell === undefined) throw new Error('too few cells');
    world.database.cells.set(key, { ...cell, state: finest()[8]?.[1].state ?? cell.state });
    const whole = await unit();
    expect([whole.isKept, whole.drifts.map(({ kind, bucketS }) => [kind, bucketS])]).toEqual([true, [['differs', cell.bucketS]]]);
    expect(whole.buckets).toBe(24);
    expect(await unit(store, { cellsMax: 5 })).toEqual(whole);
  });

  it('takes no cell for missing that retention takes away before it is read', async () => {
    const dropping: DataStore = {
      ...store,
      async readSpanCells(ask) {
        world.database.floors.set('acme shop.sales 1', new Map([[2, (EVENT_DAY + 1) * DAY_S]]));
        for (const [key] of finest()) world.database.cells.delete(key);
        return store.readSpanCells(ask);
      },
    };
    expect((await unit(dropping)).drifts).toEqual([]);
  });

  it('is void where a raw day is dropped while it is read', async () => {
    const dropping: DataStore = {
      ...store,
      async readRawRows() {
        world.database.rawDays.clear();
        return [];
      },
    };
    expect((await unit(dropping)).isKept).toBe(false);
  });

  it('passes over cells of later commits, and believes no commit number that was not given yet', async () => {
    const before = await unit(store, { commitNo: 0 });
    expect([before.cells, before.cellsMoved, before.drifts]).toEqual([0, before.cellsMoved, []]);
    expect(before.cellsMoved).toBeGreaterThanOrEqual(24);
    const [key, cell] = finest()[0] ?? [];
    if (key === undefined || cell === undefined) throw new Error('no cell');
    world.database.cells.set(key, { ...cell, commitNo: 1_000_000, state: finest()[8]?.[1].state ?? cell.state });
    expect((await unit()).drifts.map(({ kind }) => kind)).toEqual(['differs']);
  });

  it('is repaired but where a later commit has changed the cell meanwhile', async () => {
    const spoiled = finest().slice(0, 2);
    for (const [key, cell] of spoiled) world.database.cells.set(key, { ...cell, state: Uint8Array.of(0) });
    const { drifts } = await unit();
    const told: boolean[] = [];
    const slice = repairSlice(ownedPartition(), { metric, drifts }, (rows) => told.push(...rows.map(({ isRepaired }) => isRepaired)));
    const [first, second] = drifts.flatMap(({ stored }) => stored ?? []);
    if (first === undefined || second === undefined) throw new Error('too few findings');
    const writes = slice.commit.cells?.resolve([first, { ...second, commitNo: second.commitNo + 1 }]);
    expect(writes?.map(({ bucketS, revision }) => [bucketS, revision])).toEqual([[first.bucketS, first.revision + 1]]);
    expect(slice.committed().writes).toEqual(writes);
    expect(told).toEqual([true, false]);
  });
});
