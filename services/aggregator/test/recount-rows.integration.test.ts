import { fromRecountJson } from '@tidegate/core';
import type { RecountRound } from '@tidegate/core';
import { createAuditStore, createPgStore, createPool } from '@tidegate/postgres';
import { createMigratedDatabase } from '@tidegate/postgres/scratch';
import type { ScratchDatabase } from '@tidegate/postgres/scratch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  changesOf,
  COLUMNS_OF_SHOP,
  expectedOrders,
  orderRows,
  salesOfOrders,
  sendSale,
  tellAgingOrders,
  tellShop,
  youngSales,
} from './sales.ts';
import type { Sale } from './sales.ts';
import { salesInTables } from './stored-sales.ts';
import { PARTITIONS, START_MS, World } from './world.ts';

const SALES = salesOfOrders(60);
const CHANGES = changesOf(SALES);
/** Anna and Bert's. */
const PARTITION = 1;

describe('recounts of rows of entities in Postgres', () => {
  let database: ScratchDatabase;
  let pool: ReturnType<typeof createPool>;
  let audit: ReturnType<typeof createAuditStore>;
  let world: World;
  let sent = 0;
  /** Called when rows of the partition are read, before its cells are. */
  let onRowsRead: () => Promise<void> = async () => undefined;

  beforeAll(async () => {
    database = await createMigratedDatabase();
    await database.query('SELECT ensure_entity_table($1, $2, $3, $4)', [...COLUMNS_OF_SHOP]);
    const shared = { databaseUrl: database.url, applicationName: 'tidegate-recount-rows-test' };
    pool = createPool({ ...shared, role: 'tidegate_query', connectionsMax: 1, statementTimeoutMs: 10_000 });
    audit = createAuditStore(pool);
    world = await World.create();
    world.nowMs = START_MS + 60_000;
    world.openStore = () => {
      const store = createPgStore({ ...shared, role: 'tidegate_aggregator' });
      return {
        ...store,
        async readEntityRows(ask) {
          const page = await store.readEntityRows(ask);
          if (ask.partitions.includes(PARTITION) && page.last === null) await onRowsRead();
          return page;
        },
      };
    };
    await tellShop(world);
    await world.start('a');
    await count(SALES);
    // Else a day would be made of a damaged cell.
    await untilRow(`SELECT count(*) FROM partition_progress WHERE sealed_day >= ${START_MS / 1_000 - 129_600}`, String(PARTITIONS));
  }, 60_000);
  afterAll(async () => {
    await world.close();
    await pool.end();
    await database.drop();
  });

  async function count(sales: readonly Sale[]): Promise<void> {
    for (const sale of sales) await sendSale(world, sale);
    await world.beat();
    sent += sales.length;
    await untilRow("SELECT sum(next_offset) FROM partition_progress WHERE lane = 'live'", String(sent));
  }

  async function untilRow(text: string, value: string): Promise<void> {
    for (const deadline = performance.now() + 20_000; ; await new Promise((next) => setTimeout(next, 20))) {
      const [row] = await database.query<Record<string, unknown>>(text);
      if (String(Object.values(row ?? {})[0]) === value) return;
      if (performance.now() > deadline) throw new Error(`not ${value}: ${text}`);
    }
  }

  async function recounted(): Promise<Pick<RecountRound, 'drift' | 'repaired' | 'cellsMoved'>> {
    const requestNo = await audit.request({ tenant: 'acme', metric: 'orders', askedBy: 'k' });
    for (const deadline = performance.now() + 20_000; ; await new Promise((next) => setTimeout(next, 20))) {
      const tasks = (await audit.readRecounts('acme')).flatMap((row) => fromRecountJson(row) ?? []);
      const rounds = tasks.filter(({ version }) => version.metric === 'orders').flatMap(({ last }) => last ?? []);
      if (rounds.filter((round) => round.requestNo >= requestNo).length === PARTITIONS) {
        const sum = (of: (round: RecountRound) => number): number => rounds.reduce((total, round) => total + of(round), 0);
        return { drift: sum(({ drift }) => drift), repaired: sum(({ repaired }) => repaired), cellsMoved: sum((one) => one.cellsMoved) };
      }
      if (performance.now() > deadline) throw new Error('not recounted in time');
    }
  }

  const orders = async (): Promise<readonly string[]> => (await salesInTables(database)).filter((figure) => figure.startsWith('orders '));
  const drifts = () => audit.listDrifts({ tenant: 'acme', metric: 'orders', rowsMax: 100 });

  it('finds a damaged cell of a metric over an entity, repairs it, and says so', async () => {
    expect(await recounted()).toEqual({ drift: 0, repaired: 0, cellsMoved: 0 });
    const before = await orders();
    expect(before).toEqual(expectedOrders(SALES));
    const oldest = (
      which: string,
    ): string => `SELECT c.series_id, c.grain, c.bucket_s, c.partition FROM cell c JOIN series USING (series_id)
      WHERE metric = 'orders' AND grain = 2 AND c.partition = ${PARTITION} ORDER BY bucket_s ${which}, series_id LIMIT 1`;
    await database.query(
      `UPDATE cell SET state = (SELECT state FROM cell JOIN series USING (series_id) WHERE metric = 'sales' AND grain = 4 ORDER BY length(state) DESC LIMIT 1)
       WHERE (series_id, grain, bucket_s, partition) IN (${oldest('')})`,
    );
    await database.query(`DELETE FROM cell WHERE (series_id, grain, bucket_s, partition) IN (${oldest('DESC')})`);
    expect(await recounted()).toEqual({ drift: 2, repaired: 2, cellsMoved: 0 });
    expect(await orders()).toEqual(before);
    const found = await drifts();
    expect(found.map(({ kind, partition, grain }) => [kind, partition, grain]).toSorted()).toEqual([
      ['differs', PARTITION, 2],
      ['missing', PARTITION, 2],
    ]);
    for (const { repairedAtMs } of found) expect(repairedAtMs).not.toBeNull();
    expect(await recounted()).toEqual({ drift: 0, repaired: 0, cellsMoved: 0 });
  });

  it('repairs nothing wrongly where flushes change the rows between the reading of them and of their cells', async () => {
    const known = (await drifts()).length;
    let isRaced = false;
    onRowsRead = async () => {
      if (isRaced) return;
      isRaced = true;
      await count(CHANGES);
    };
    const during = await recounted();
    expect([during.drift, during.repaired, isRaced]).toEqual([0, 0, true]);
    expect(during.cellsMoved).toBeGreaterThan(0);
    expect(await orders()).toEqual(expectedOrders([...SALES, ...CHANGES]));
    expect(await recounted()).toEqual({ drift: 0, repaired: 0, cellsMoved: 0 });
    expect((await drifts()).length).toBe(known);
  });
  it('finds the rows right that are left when others are past their time', async () => {
    onRowsRead = async () => undefined;
    const left = youngSales([...SALES, ...CHANGES], { sinceMs: world.nowMs - 86_400_000, which: 'first' });
    await tellAgingOrders(world, 2, { days: 1, at: '_created_at' });
    await world.beat();
    await untilRow('SELECT count(*) FROM "entity.shop.order"', String(orderRows(left).length));
    expect([left.length > 0, left.length < SALES.length + CHANGES.length]).toEqual([true, true]);
    expect(await orders()).toEqual(expectedOrders(left));
    expect(await recounted()).toEqual({ drift: 0, repaired: 0, cellsMoved: 0 });
    const causes = await database.query("SELECT DISTINCT cause FROM restated_bucket WHERE metric = 'orders' ORDER BY 1");
    expect(causes).toContainEqual({ cause: 'retention' });
  });
});
