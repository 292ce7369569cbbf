import { readFileSync } from 'node:fs';
import { compilePack, entityTable, parsePack } from '@tidegate/core';
import type { CompiledEntity, EntityColumn } from '@tidegate/core';
import { createMigratedDatabase, type ScratchDatabase } from '@tidegate/postgres/scratch';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { packFile } from './pack-in-process.ts';

// Made-up rows in the tables of every shipped pack: what Postgres itself plans for who asks by the columns of a declared index.

const PACKS = ['novamind', 'studyin', 'marb', 'healthtrack', 'fitness'];
const ROWS = 4_000;
const VALUES = 400;
let database: ScratchDatabase;

const entities: readonly CompiledEntity[] = PACKS.flatMap((name) => {
  const parsed = parsePack(parse(readFileSync(packFile(name, 'pack.yaml'), 'utf8')));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
  return [...compilePack({ tenant: 'acme', version: 1, metricVersions: {}, pack: parsed.value }).entities.values()];
});
const declared = entities.flatMap((entity) =>
  entity.indexes.map((columns) => [`${entity.pack} ${entity.entity} by ${columns.join(', ')}`, entity, columns] as const),
);

beforeAll(async () => {
  database = await createMigratedDatabase();
  for (const entity of entities) {
    await makeTable(entity, entity.indexes);
    await database.query(filling(entity));
  }
  await database.query('ANALYZE');
}, 120_000);

afterAll(async () => database?.drop());

async function makeTable({ pack, entity, fields }: CompiledEntity, indexes: CompiledEntity['indexes']): Promise<void> {
  const columns = fields.map(({ columnName }) => columnName);
  const listed = indexes.map((index) => index.map((column) => `${column},`).join(''));
  const made = await database.query('SELECT ensure_entity_table($1, $2, $3, $4) AS outcome', [pack, entity, columns, listed]);
  expect(made).toEqual([{ outcome: 'ok' }]);
}

/** Ten rows have the same value of a column, and each column its own ones. */
function filling(entity: CompiledEntity): string {
  const drawn = (column: string): string => `abs(hashtext('${column}' || i) % ${VALUES})`;
  const written: Readonly<Record<EntityColumn, (column: string) => string>> = {
    text: (column) => `'v' || ${drawn(column)}`,
    numeric: drawn,
    double: drawn,
    boolean: (column) => `${drawn(column)} < 3`,
    instant: (column) => `TIMESTAMPTZ '2026-01-01 00:00:00Z' + ${drawn(column)} * INTERVAL '1 hour'`,
    date: (column) => `DATE '2026-01-01' + ${drawn(column)}`,
    json: () => `'[]'`,
  };
  const own = {
    ...{ _tenant: `'acme'`, _subject: entity.hasSubject ? written.text('_subject') : `''`, _id: `'i' || i` },
    ...{ _created_at: written.instant('_created_at'), _updated_at: written.instant('_updated_at') },
    ...{ _exists: 'true', _partition: '0', _state: `''` },
  };
  const all = [
    ...Object.entries(own),
    ...entity.fields.map(({ columnName, column }) => [columnName, written[column](columnName)] as const),
  ];
  return `INSERT INTO "${entityTable(entity)}" (${all.map(([name]) => `"${name}"`).join(', ')})
    SELECT ${all.map(([, text]) => text).join(', ')} FROM generate_series(1, ${ROWS}) i`;
}

interface PlanNode {
  readonly 'Index Name'?: string;
  readonly Plans?: readonly PlanNode[];
}

function indexesOf(node: PlanNode): readonly string[] {
  const name = node['Index Name'];
  return [...(name === undefined ? [] : [name]), ...(node.Plans ?? []).flatMap(indexesOf)];
}

/** The columns of the indexes by which Postgres finds rows like one of them: equal in all columns but the last of several, and there not before it. */
async function usedFor(entity: CompiledEntity, columns: readonly string[]): Promise<readonly string[]> {
  const table = `"${entityTable(entity)}"`;
  const of = columns.map((column) => `quote_literal("${column}"::text) AS "${column}"`).join(', ');
  const [row = {}] = await database.query<Record<string, string>>(`SELECT ${of} FROM ${table} WHERE _id = 'i1'`);
  const alike = columns
    .map((column, at) => `"${column}" ${at > 0 && at === columns.length - 1 ? '>=' : '='} ${row[column] ?? 'NULL'}`)
    .join(' AND ');
  const [planned] = await database.query<{ 'QUERY PLAN': readonly { Plan: PlanNode }[] }>(
    `EXPLAIN (FORMAT JSON) SELECT _id FROM ${table} WHERE _exists AND _tenant = 'acme' AND ${alike}`,
  );
  const names = indexesOf(planned?.['QUERY PLAN'][0]?.Plan ?? {});
  const found = await database.query<{ columns: string }>(
    `SELECT string_agg(a.attname, ' ' ORDER BY k.place) AS columns FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
     JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum WHERE c.relname = ANY ($1) GROUP BY c.oid`,
    [names],
  );
  return found.map(({ columns: one }) => one);
}

async function stateOfIndexes(): Promise<readonly object[]> {
  return database.query(`SELECT indexrelid::regclass::text AS name, indisvalid, pg_get_indexdef(indexrelid) AS text FROM pg_index
    WHERE indrelid::regclass::text LIKE '%entity.%' ORDER BY 1`);
}

async function countRows(): Promise<readonly object[]> {
  const of = entities.map((entity) => `SELECT '${entity.pack}.${entity.entity}' AS name, count(*)::int AS n FROM "${entityTable(entity)}"`);
  return database.query(`${of.join(' UNION ALL ')} ORDER BY name`);
}

test('the five packs declare indexes, the number that was asked for of claims and of health at least', () => {
  const of = (pack: string): number => declared.filter(([, entity]) => entity.pack === pack).length;
  expect(of('marb')).toBeGreaterThanOrEqual(14);
  expect(of('healthtrack')).toBeGreaterThanOrEqual(8);
  for (const pack of PACKS) expect(of(pack)).toBeGreaterThan(0);
});

describe('rows are found by the index that is declared for them, or one that begins with it', () => {
  test.each(declared)('%s', async (_name, entity, columns) => {
    const used = await usedFor(entity, columns);
    const wanted = `_tenant ${columns.join(' ')}`;
    expect(
      used.some((one) => one === wanted || one.startsWith(`${wanted} `)),
      `${wanted} is not among ${used.join('; ')}`,
    ).toBe(true);
  });
});

test('without its index the same question goes by no such index', async () => {
  const entity = entities.find((one) => one.pack === 'fitness' && one.entity === 'nutrition_entry');
  if (entity === undefined) throw new Error('no such entity');
  const [column] = entity.fields.filter((field) => field.column === 'numeric').map(({ columnName }) => columnName);
  expect((await usedFor(entity, [column ?? ''])).filter((one) => one.includes(column ?? ''))).toEqual([]);
});

test('making the tables again, with data in them, leaves rows and indexes as they are, and adds what is new', async () => {
  const [indexes, rows] = [await stateOfIndexes(), await countRows()];
  for (const entity of entities) await makeTable(entity, entity.indexes);
  expect(await stateOfIndexes()).toEqual(indexes);
  expect(await countRows()).toEqual(rows);
  const entity = entities.find((one) => one.pack === 'fitness' && one.entity === 'nutrition_entry');
  if (entity === undefined) throw new Error('no such entity');
  const more = ['_subject', '_created_at'];
  for (let at = 0; at < 2; at += 1) await makeTable(entity, [...entity.indexes, more]);
  expect(await stateOfIndexes()).toHaveLength(indexes.length + 1);
  expect(await countRows()).toEqual(rows);
  expect(await usedFor(entity, more)).toEqual(['_tenant _subject _created_at']);
});
