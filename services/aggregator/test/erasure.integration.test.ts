import { createPgStore } from '@tidegate/postgres';
import { createMigratedDatabase } from '@tidegate/postgres/scratch';
import type { ScratchDatabase } from '@tidegate/postgres/scratch';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { COLUMNS_OF_SHOP, expectedFigures, isOthers, REQUEST, SALES, sendSale, tellShop } from './sales.ts';
import { salesInTables } from './stored-sales.ts';
import { START_MS, World } from './world.ts';

let database: ScratchDatabase;
let world: World;

beforeAll(async () => {
  database = await createMigratedDatabase();
  await database.query('SELECT ensure_entity_table($1, $2, $3, $4)', [...COLUMNS_OF_SHOP]);
  world = await World.create();
  world.nowMs = START_MS + 60_000;
  world.openStore = () =>
    createPgStore({ databaseUrl: database.url, applicationName: 'tidegate-erasure-test', role: 'tidegate_aggregator' });
  await tellShop(world);
  await world.start('a');
  for (const sale of SALES) await sendSale(world, sale);
  await world.beat();
  await untilRow("SELECT sum(next_offset) FROM partition_progress WHERE lane = 'live'", String(SALES.length));
  await untilRow('SELECT count(*) > 0 FROM cell WHERE grain = 4', 'true');
}, 60_000);
afterAll(async () => {
  await world.close();
  await database.drop();
});

async function one(text: string, values: unknown[] = []): Promise<string> {
  const [row] = await database.query<Record<string, unknown>>(text, values);
  return String(Object.values(row ?? {})[0]);
}

async function untilRow(text: string, value: string): Promise<void> {
  for (const deadline = performance.now() + 30_000; (await one(text)) !== value; await new Promise((next) => setTimeout(next, 20)))
    if (performance.now() > deadline) throw new Error(`not ${value}: ${text}`);
}

it('takes a person out of every table, and leaves what everybody else alone would have given', async () => {
  expect(await salesInTables(database)).toEqual(expectedFigures(SALES));
  await database.query(
    `INSERT INTO person_key (tenant, subject, key_id, field_key_id, wrapped) VALUES ('acme', 'anna', '\\x0102030405060708', '\\x0102030405060708', '\\x00')`,
  );
  await database.query(`INSERT INTO erasure (request_id, tenant, subject, partition, requested_by) VALUES ($1, 'acme', 'anna', 1, 'k')`, [
    REQUEST,
  ]);
  await untilRow('SELECT events_at IS NOT NULL FROM erasure', 'true');
  expect(await salesInTables(database)).toEqual(expectedFigures(SALES.filter(isOthers)));
  const own = SALES.length - SALES.filter(isOthers).length;
  const counts = await database.query<{ what: string; removed: string }>('SELECT what, removed FROM erasure_count');
  expect(Object.fromEntries(counts.map(({ what, removed }) => [what, Number(removed)]))).toMatchObject({
    ...{ person_keys: 1, entity_rows: own, raw_events: own },
    // In each of her series one cell a quarter of an hour at least, and hours and days of what is closed.
    ...{ series: 2, cells: expect.any(Number), drift_rows: 0 },
  });
  for (const table of ['raw_event', 'series', 'person_key', '"entity.shop.order"', 'cell_drift', 'rejected_event']) {
    expect([table, await one(`SELECT count(*) FROM ${table} t WHERE t::text LIKE '%anna%'`)]).toEqual([table, '0']);
  }
  expect(await one("SELECT count(*) > 0 FROM restated_bucket WHERE cause = 'erasure'")).toBe('true');
  // Nobody was dropped before: no figure holds anything of her.
  expect(await one('SELECT figures_before IS NULL FROM erasure')).toBe('true');
});
