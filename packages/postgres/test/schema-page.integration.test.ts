import { afterAll, beforeAll, expect, test } from 'vitest';
import { drawSchema } from './schema-picture.ts';
import type { SchemaPart, UnheldReference } from './schema-picture.ts';
import { createMigratedDatabase } from './scratch-database.ts';
import type { ScratchDatabase } from './scratch-database.ts';

// docs/reference/schema.md is drawn from the migrated database. `npx vitest run --project integration <this file> -u` draws it anew.

const PARTS: readonly SchemaPart[] = [
  {
    title: 'Events and figures',
    tables: ['raw_event', 'raw_day', 'raw_pruned', 'arrival_day', 'series', 'cell', 'cell_floor', 'restated_bucket'],
  },
  {
    title: 'What is counted once',
    tables: [
      'partition_progress',
      'commit_journal',
      'dedup_generation',
      'dedup_block',
      'partition_task',
      'partition_count',
      'ended_log',
      'log_gap',
    ],
  },
  { title: 'What is refused', tables: ['rejected_event', 'rejected_day', 'rejected_beyond'] },
  {
    title: 'Bounds, checks and findings',
    tables: ['dimension_budget', 'dimension_value', 'recount_request', 'cell_drift', 'insight_finding', 'stream_tally'],
  },
  { title: 'Persons', tables: ['person_key', 'erasure', 'erasure_count', 'person_export', 'person_export_part'] },
  {
    title: 'Tenants, packs and access',
    tables: [
      ...['tenant', 'pack', 'pack_version', 'api_key', 'api_key_earlier_secret', 'user_account', 'user_session', 'refresh_token'],
      ...['token_issuer', 'control_record', 'publisher_lease'],
    ],
  },
  { title: 'Audit', tables: ['audit_chain', 'audit_record', 'audit_position', 'audit_source'] },
  {
    title: 'Jobs, archive, exports and indexes to be made',
    tables: ['entity_index', 'job', 'job_schedule', 'archive_run', 'raw_archive', 'warehouse_export', 'warehouse_file'],
  },
];
const UNHELD: readonly UnheldReference[] = [
  { from: 'cell', to: 'series', column: 'series_id' },
  { from: 'cell_drift', to: 'series', column: 'series_id' },
];
const INTRODUCTION = `# Schema

Drawn from a migrated database (\`packages/postgres/test/schema-page.integration.test.ts\`); a test fails when it is not as the database is. A line stands for a reference that Postgres holds, a dashed one for a reference that nothing holds: cells are written too often for that. [Tables](../operations/tables.md) says what each grows with and who deletes from it, [the road](../design/road.md) what the bytes in them mean.

Not drawn: a table \`entity.<pack>.<entity>\` for each entity of the packs ([entities](../design/entities.md)), a partition of \`raw_event\` for each day, and the tables of the job queue, which are its library's.

`;

let database: ScratchDatabase;
beforeAll(async () => {
  database = await createMigratedDatabase();
});
afterAll(async () => database?.drop());

test('every table is in one picture', async () => {
  const rows = await database.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class
     WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = current_schema()::regnamespace`,
  );
  const ours = rows.map(({ name }) => name).filter((name) => name !== 'schema_migration');
  expect(PARTS.flatMap(({ tables }) => tables).toSorted()).toEqual(ours.toSorted());
});

test('the page has the tables, columns and references of the migrated database', async () => {
  await expect(INTRODUCTION + (await drawSchema(database, PARTS, UNHELD))).toMatchFileSnapshot('../../../docs/reference/schema.md');
});

test('a table, a column and a reference that are new show in the picture', async () => {
  await database.query('CREATE TABLE planted (planted_id int PRIMARY KEY, day date REFERENCES raw_day (day), job_id uuid[])');
  try {
    const part = { title: 'Planted', tables: ['planted', 'raw_day', 'job'] };
    const drawn = await drawSchema(database, [part], [{ from: 'planted', to: 'job', column: 'job_id' }]);
    expect(drawn).toContain('  planted {\n    integer planted_id PK\n    date day FK\n    uuid_list job_id\n  }');
    expect(drawn).toContain('  raw_day ||--o{ planted : "day"');
    expect(drawn).toContain('  job ||..o{ planted : "job_id"');
    const gone = { from: 'planted', to: 'raw_day', column: 'job_id' };
    await expect(drawSchema(database, [part], [gone])).rejects.toThrow('planted and raw_day have no job_id');
  } finally {
    await database.query('DROP TABLE planted');
  }
});
