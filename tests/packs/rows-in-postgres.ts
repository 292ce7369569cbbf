/** Tables of a shipped pack in a database of their own, and its views over them. */
import { readFileSync } from 'node:fs';
import { compilePack, entityTable, parsePack } from '@tidegate/core';
import type { CompiledEntity, CompiledPack, EntityRowState } from '@tidegate/core';
import { createEntityReader, createPool } from '@tidegate/postgres';
import { createMigratedDatabase } from '@tidegate/postgres/scratch';
import type { ScratchDatabase } from '@tidegate/postgres/scratch';
import { expect } from 'vitest';
import { parse } from 'yaml';
import { packFile, runPack } from './pack-in-process.ts';
import type { PackInProcess } from './pack-in-process.ts';
import { createRows } from './rows-of-events.ts';
import type { Logged } from './rows-of-events.ts';

export interface PackInPostgres extends Pick<PackInProcess, 'view'> {
  /** In place of what is there: the rows that these events make. */
  put(events: readonly Logged[]): Promise<void>;
  close(): Promise<void>;
}

/** A database with the tables of the pack's entities. */
export async function createTablesOf(name: string): Promise<TablesOfPack> {
  const parsed = parsePack(parse(readFileSync(packFile(name, 'pack.yaml'), 'utf8')));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
  const compiled = compilePack({ tenant: 'acme', version: 1, metricVersions: {}, pack: parsed.value });
  const database = await createMigratedDatabase();
  await makeTables(database.query, compiled);
  return { database, compiled };
}

/** As the owner of a database asks it. */
type Query = (text: string, values?: unknown[]) => Promise<readonly unknown[]>;

export async function makeTables(query: Query, { entities }: Pick<CompiledPack, 'entities'>): Promise<void> {
  for (const { pack, entity, fields, indexes } of entities.values()) {
    const columns = fields.map(({ columnName }) => columnName);
    const listed = indexes.map((index) => index.map((column) => `${column},`).join(''));
    const made = await query('SELECT ensure_entity_table($1, $2, $3, $4) AS outcome', [pack, entity, columns, listed]);
    expect(made).toEqual([{ outcome: 'ok' }]);
  }
}

/** In place of what is there: the rows that these events make. */
export async function putRows(query: Query, compiled: CompiledPack, events: readonly Logged[]): Promise<void> {
  const rows = createRows(compiled);
  for (const event of events) rows.add(event);
  for (const entity of compiled.entities.values()) {
    await query(`TRUNCATE "${entityTable(entity)}"`);
    await query(insertText(entity), [JSON.stringify(rows.of(entity).map((row) => toRecord(entity, row)))]);
  }
}

export interface TablesOfPack {
  readonly database: ScratchDatabase;
  readonly compiled: CompiledPack;
}

export async function runPackInPostgres(name: string): Promise<PackInPostgres> {
  const { database, compiled } = await createTablesOf(name);
  const options = { databaseUrl: database.url, applicationName: 'test', connectionsMax: 1, statementTimeoutMs: 20_000 };
  const pool = createPool({ ...options, role: 'tidegate_query' });
  return {
    view: runPack(name, createEntityReader(pool)).view,
    async put(events) {
      await putRows(database.query, compiled, events);
      await database.query('ANALYZE');
    },
    async close() {
      await pool.end();
      await database.drop();
    },
  };
}

const TYPES: Readonly<Record<CompiledEntity['fields'][number]['column'], string>> = {
  ...{ text: 'text', json: 'text', numeric: 'numeric', double: 'float8', boolean: 'boolean' },
  ...{ instant: 'timestamptz', date: 'date' },
};

function insertText(entity: CompiledEntity): string {
  const { fields } = entity;
  const names = fields.map(({ columnName }) => `, "${columnName}"`).join('');
  const types = fields.map(({ columnName, column }) => `, "${columnName}" ${TYPES[column]}`).join('');
  return `INSERT INTO "${entityTable(entity)}" (_tenant, _subject, _id, _created_at, _updated_at, _exists, _partition, _state${names})
    SELECT 'acme', subject, id, created_at, updated_at, true, 0, ''${names}
    FROM jsonb_to_recordset($1) r (subject text, id text, created_at timestamptz, updated_at timestamptz${types})`;
}

function toRecord({ fields }: CompiledEntity, { key, state }: EntityRowState): object {
  const isoOf = (ms: number): string => new Date(ms).toISOString();
  const values = fields.flatMap(({ columnName, column }) => {
    const value = state.values.get(columnName)?.value;
    if (value === undefined) return [];
    if (column === 'instant') return [[columnName, isoOf(Number(value))]];
    return [[columnName, column === 'date' ? isoOf(Number(value) * 86_400_000).slice(0, 10) : value]];
  });
  return { ...key, created_at: isoOf(state.createdMs ?? 0), updated_at: isoOf(state.live?.timeMs ?? 0), ...Object.fromEntries(values) };
}
