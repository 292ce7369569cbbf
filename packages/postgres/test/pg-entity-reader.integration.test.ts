import type { CompiledEntity } from '@tidegate/core';
import { createPool } from '../src/pool.ts';
import { writeRows } from '../src/entity-rows.ts';
import { createEntityReader } from '../src/pg-entity-reader.ts';
import { afterAll } from 'vitest';
import type { EntityReader } from '../src/entity-reader.ts';
import { entityFiguresContract } from './entity-figures.contract.ts';
import type { SeededEntity } from './entity-figures.contract.ts';
import { entityReaderContract } from './entity-reader.contract.ts';
import { createMigratedDatabase } from './scratch-database.ts';
import type { ScratchDatabase } from './scratch-database.ts';

const open: { readonly databases: ScratchDatabase[]; readonly pools: { end(): Promise<void> }[] } = { databases: [], pools: [] };

afterAll(async () => {
  for (const pool of open.pools) await pool.end();
  for (const database of open.databases) await database.drop();
});

interface Opened {
  readonly reader: EntityReader;
  /** Statements sent since the last look. */
  statements(): number;
}

async function openRows(seeds: readonly SeededEntity[]): Promise<Opened> {
  const database = await createMigratedDatabase();
  open.databases.push(database);
  for (const { entity } of seeds) await ensureTable(database, entity);
  const options = { databaseUrl: database.url, applicationName: 'test', connectionsMax: 1, statementTimeoutMs: 10_000 };
  const writing = createPool({ ...options, role: 'tidegate_aggregator' });
  const reading = createPool({ ...options, role: 'tidegate_query' });
  open.pools.push(writing, reading);
  const client = await writing.connect();
  const writes = seeds.flatMap(({ entity, rows }) =>
    rows.map((row) => ({ entity: { ...entity, tenant: row.tenant }, partition: 0, rows: [{ key: row, state: row.state }] })),
  );
  await writeRows(client, writes);
  client.release();
  let statements = 0;
  const counted = {
    query: ((...args: Parameters<typeof reading.query>) => {
      statements += 1;
      return reading.query(...args);
    }) as typeof reading.query,
  };
  return {
    reader: createEntityReader(counted),
    statements() {
      const seen = statements;
      statements = 0;
      return seen;
    },
  };
}

async function ensureTable(database: ScratchDatabase, entity: CompiledEntity): Promise<void> {
  const columns = entity.fields.map(({ columnName }) => columnName);
  const indexes = entity.indexes.map((index) => index.map((column) => `${column},`).join(''));
  const ensured = await database.query('SELECT ensure_entity_table($1, $2, $3, $4) AS outcome', [
    entity.pack,
    entity.entity,
    columns,
    indexes,
  ]);
  if (JSON.stringify(ensured) !== '[{"outcome":"ok"}]') throw new Error('the table was not made');
}

entityReaderContract('Postgres', (entity, rows) => openRows([{ entity, rows }]));
entityFiguresContract('Postgres', async (seeds) => (await openRows(seeds)).reader);
