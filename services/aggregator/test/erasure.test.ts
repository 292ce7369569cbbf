import { createState, decodeState, encodeState, formatExact, GRAINS, mergeState, readMeasureAt } from '@tidegate/core';
import type { RollupState } from '@tidegate/core';
import { COMMIT_FAULT_POINTS } from '@tidegate/postgres';
import type { DataStore } from '@tidegate/postgres';
import { createMemoryStore } from '@tidegate/postgres/memory';
import { afterEach, describe, expect, it } from 'vitest';
import { expectedFigures, isOthers, METRICS, REQUEST, saleAt, SALES, sendSale, tellShop } from './sales.ts';
import type { Sale } from './sales.ts';
import { START_MS, until, World } from './world.ts';
import type { FaultPlan } from './world.ts';

describe('the erasure of a person', () => {
  let world: World;
  afterEach(() => world.close());

  async function begin(plan: FaultPlan = () => 'go on', wrap: (store: DataStore) => DataStore = (store) => store): Promise<void> {
    world = await World.create();
    world.nowMs = START_MS + 60_000;
    world.openStore = (options) => wrap(createMemoryStore(options));
    await tellShop(world);
    await world.start('a', plan, { cachedCellsMax: 64 });
    for (const sale of SALES) await send(sale);
    await counted();
    await until('days are sealed', () => [...world.database.cells.values()].some(({ grain }) => grain === GRAINS.day.code));
  }

  const send = (sale: Sale): Promise<void> => sendSale(world, sale);

  async function counted(): Promise<void> {
    await world.beat();
    await until('all is counted', () => world.isCounted(), 30_000);
  }

  function ask(): void {
    const erasure = { requestId: REQUEST, tenant: 'acme', subject: 'anna', partition: 1, visited: [], isBegun: false, isDone: false };
    world.database.erasures.set(REQUEST, { ...erasure, counts: new Map() });
  }

  const isDone = (): boolean => world.database.erasures.get(REQUEST)?.isDone === true;
  const erased = (): Promise<void> => until('the person is erased', isDone, 30_000);

  interface Shown {
    readonly metric: string;
    readonly state: RollupState;
    readonly place: string;
    readonly subject: string;
    readonly grain: number;
    readonly bucketS: number;
    readonly name: string;
  }

  function shown(): readonly Shown[] {
    return [...world.database.cells.values()].map((cell) => {
      const series = world.database.series.get(Buffer.from(cell.seriesId).toString('hex'));
      const metric = METRICS.get(series?.metric ?? '');
      const state = metric === undefined ? null : decodeState(cell.state, metric.measures);
      if (series === undefined || state === null) throw new Error('a cell of no series, or that cannot be read');
      const { grain, bucketS, partition } = cell;
      const place = `${partition} ${series.dims[0]} ${bucketS}`;
      return {
        metric: series.metric,
        state,
        place,
        subject: series.subject,
        grain,
        bucketS,
        name: `${partition} ${Buffer.from(series.id).toString('hex')}`,
      };
    });
  }

  /** Of the finest cells of everybody together that hold something. */
  function figures(): readonly string[] {
    const text = (value: unknown): string =>
      typeof value === 'object' && value !== null && 'unscaled' in value
        ? formatExact(value as Parameters<typeof formatExact>[0])
        : String(value);
    return shown()
      .filter(({ grain, subject }) => grain === GRAINS.quarter_hour.code && subject === '')
      .map(({ metric, place, state }) => [`${metric} ${place}`, text(readMeasureAt(state, 0)), text(readMeasureAt(state, 1))] as const)
      .filter(([, one]) => one !== '0' && one !== 'null')
      .map(([place, one, other]) => `${place}: ${one} ${other}`)
      .toSorted();
  }

  /** Coarse cells that are not what the finest of their series add up to. */
  function wrongCoarse(): readonly string[] {
    const all = shown();
    return all
      .filter(({ grain }) => grain !== GRAINS.quarter_hour.code)
      .filter(({ metric, state, name, bucketS, grain }) => {
        const seconds = grain === GRAINS.day.code ? 86_400 : 3_600;
        const sum = createState(METRICS.get(metric)?.measures ?? []);
        for (const one of all) {
          if (one.name !== name || one.grain !== GRAINS.quarter_hour.code || one.bucketS < bucketS || one.bucketS >= bucketS + seconds)
            continue;
          mergeState(sum, one.state);
        }
        return Buffer.compare(encodeState(sum), encodeState(state)) !== 0;
      })
      .map(({ metric, place }) => `${metric} ${place}`);
  }

  function expectErased(others: readonly Sale[]): void {
    expect(world.database.rawRows.filter(({ subject }) => subject === 'anna')).toEqual([]);
    expect([...(world.database.entities.get('entity.shop.order')?.values() ?? [])].filter(({ subject }) => subject === 'anna')).toEqual([]);
    expect([...world.database.series.values()].filter(({ subject }) => subject === 'anna')).toEqual([]);
    expect(figures()).toEqual(expectedFigures(others));
    expect(wrongCoarse()).toEqual([]);
  }

  it('leaves what everybody else alone would have given, and counts what it took', async () => {
    await begin();
    expect(figures()).toEqual(expectedFigures(SALES));
    ask();
    await erased();
    expectErased(SALES.filter(isOthers));
    const own = SALES.length - SALES.filter(isOthers).length;
    const counts = Object.fromEntries(world.database.erasures.get(REQUEST)?.counts ?? []);
    expect(counts).toMatchObject({ raw_events: own, entity_rows: own });
    expect(new Set([...world.database.restated.values()].map(({ cause }) => cause))).toContain('erasure');
  });

  it('refuses what comes later without keeping it, also after a take-over, and drops copies as before', async () => {
    await begin();
    ask();
    await erased();
    const fresh = (n: number): Sale => ({ ...saleAt(0), id: `later-${n}` });
    await send(fresh(1));
    await send(saleAt(0));
    await counted();
    const [first] = world.processes;
    if (first !== undefined) await world.kill(first);
    await world.start('b');
    await send(fresh(2));
    await send(saleAt(3));
    await counted();
    const rows = [...world.database.rejected.values()];
    expect(rows.map(({ tenant, code, sealed, lengthBytes }) => [tenant, code, sealed, lengthBytes])).toEqual([
      ['acme', 'erased', null, 0],
      ['acme', 'erased', null, 0],
    ]);
    expectErased(SALES.filter(isOthers));
  });

  it('is right while events of others come for the same buckets', async () => {
    await begin();
    ask();
    const more = SALES.filter(isOthers).map((sale) => ({ ...sale, id: `more-${sale.id}`, price: sale.price + 1 }));
    for (const sale of more) await send(sale);
    await erased();
    await counted();
    expectErased([...SALES.filter(isOthers), ...more]);
  });

  it('does not write what was recounted before another event came for the cell', async () => {
    // The same quarter of an hour, region and partition as the first sale, and dearer than all.
    const late: Sale = { ...saleAt(0), id: 'late', who: 'bert', price: 9_999 };
    let isSent = false;
    await begin(
      () => 'go on',
      (store) => ({
        ...store,
        async readPersonRows(asked) {
          const rows = await store.readPersonRows(asked);
          if (!isSent && rows.some(({ eventId }) => eventId === saleAt(0).id)) {
            isSent = true;
            await send(late);
            await until('it is counted', () => world.isCounted());
          }
          return rows;
        },
      }),
    );
    ask();
    await erased();
    expectErased([...SALES.filter(isOthers), late]);
  });

  it.each(COMMIT_FAULT_POINTS)(
    'is neither half done nor done twice where a process dies at %s',
    async (point) => {
      for (const commits of [1, 3]) {
        let left = Number.POSITIVE_INFINITY;
        await begin((at) => (at === point && (left -= 1) === 0 ? 'die' : 'go on'));
        left = commits;
        ask();
        await until('it is dead', () => world.processes[0]?.isDead === true, 30_000);
        await world.start('b');
        await world.beat();
        await erased();
        expectErased(SALES.filter(isOthers));
        const own = SALES.length - SALES.filter(isOthers).length;
        expect(world.database.erasures.get(REQUEST)?.counts.get('raw_events')).toBe(own);
        await world.close();
      }
    },
    60_000,
  );
});
