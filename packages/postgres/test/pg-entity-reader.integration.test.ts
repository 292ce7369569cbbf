import { createPool } from '../src/pool.ts';
import { writeRows } from '../src/entity-rows.ts';
import { createEntityReader } from '../src/pg-entity-reader.ts';
import { migrate } from '../src/migrate.ts';
import { afterAll } from 'vitest';
import { entityReaderContract } from './entity-reader.contract.ts';
import { createScratchDatabase } from './scratch-database.ts';
import type { ScratchDatabase } from './scratch-database.ts';

const open: { database?: ScratchDatabase; pools: { end(): Promise<void> }[] } = { pools: [] };

afterAll(async () => {
  for (const pool of open.pools) await pool.end();
  await open.database?.drop();
});

entityReaderContract('Postgres', async (entity, rows) => {
  const database = await createScratchDatabase();
  open.database = database;
  await migrate({ databaseUrl: database.url });
  const columns = entity.fields.map(({ columnName }) => columnName);
  const indexes = entity.indexes.map((index) => index.map((column) => `${column},`).join(''));
  const ensured = await database.query('SELECT ensure_entity_table($1, $2, $3, $4) AS outcome', [
    entity.pack,
    entity.entity,
    columns,
    indexes,
  ]);
  if (JSON.stringify(ensured) !== '[{"outcome":"ok"}]') throw new Error('the table was not made');
  const options = { databaseUrl: database.url, applicationName: 'test', connectionsMax: 1, statementTimeoutMs: 10_000 };
  const writing = createPool({ ...options, role: 'tidegate_aggregator' });
  const reading = createPool({ ...options, role: 'tidegate_query' });
  open.pools.push(writing, reading);
  const client = await writing.connect();
  await writeRows(
    client,
    rows.map((row) => ({ entity: { ...entity, tenant: row.tenant }, partition: 0, rows: [{ key: row, state: row.state }] })),
  );
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
});
