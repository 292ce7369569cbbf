import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { tableParquet } from '../src/index.ts';

let folder = '';
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'table-parquet-'))));
afterAll(async () => rm(folder, { recursive: true }));

/** What DuckDB reads in a file, as texts; the first row is the types. */
async function readBack(file: Buffer, select: string): Promise<string[][]> {
  const path = join(folder, 'read.parquet');
  await writeFile(path, file);
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    const result = await connection.runAndReadAll(select.replaceAll('FILE', `'${path}'`));
    return result.getRows().map((row) => row.map(String));
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const COLUMNS = [
  { name: 'bucket', type: 'time' },
  { name: 'page "a"', type: 'string' },
  { name: 'n', type: 'integer' },
  { name: 'mean', type: 'number' },
  { name: 'is_robot', type: 'boolean' },
  { name: 'top', type: 'top_k' },
];
const ROWS = [
  ['2026-11-01T00:00:00.000+01:00', "O'slo", 1, 0.1, true, [{ value: 'x', count: 2 }]],
  ['2026-11-01T01:00:00.000+01:00', '', '9223372036854775807', -2.5, false, []],
  [null, null, null, null, null, null],
];
const TABLE = { columns: COLUMNS, rows: ROWS, about: `{"note":"it's"}` };

it('rows come back from DuckDB with their types, instants and digits, nothing as NULL', async () => {
  const file = await tableParquet(TABLE);
  expect(await readBack(file, 'SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet(FILE))')).toEqual([
    ['bucket', 'TIMESTAMP WITH TIME ZONE'],
    ['page "a"', 'VARCHAR'],
    ['n', 'BIGINT'],
    ['mean', 'DOUBLE'],
    ['is_robot', 'BOOLEAN'],
    ['top', 'VARCHAR'],
  ]);
  expect(await readBack(file, `SELECT epoch_ms(bucket), "page ""a""", n, mean, is_robot, top FROM read_parquet(FILE)`)).toEqual([
    [String(Date.UTC(2026, 9, 31, 23)), "O'slo", '1', '0.1', 'true', '[{"value":"x","count":2}]'],
    [String(Date.UTC(2026, 10, 1)), '', '9223372036854775807', '-2.5', 'false', '[]'],
    ['null', 'null', 'null', 'null', 'null', 'null'],
  ]);
  expect(await readBack(file, 'SELECT decode(key), decode(value) FROM parquet_kv_metadata(FILE)')).toEqual([
    ['tidegate', `{"note":"it's"}`],
  ]);
});

it.each([
  ['integer', ['9223372036854775808', 1]],
  ['number', ['0.10000000000000000001', 1.5]],
])('of type %s a value that no number of the format holds makes texts of its column, digit by digit', async (type, values) => {
  const file = await tableParquet({ columns: [{ name: 'v', type }], rows: values.map((value) => [value]), about: '' });
  expect(await readBack(file, 'SELECT v FROM read_parquet(FILE)')).toEqual(values.map((value) => [String(value)]));
});

it('the same table is the same bytes, and one without rows is a table', async () => {
  expect((await tableParquet(TABLE)).equals(await tableParquet(TABLE))).toBe(true);
  expect(await readBack(await tableParquet({ ...TABLE, rows: [] }), 'SELECT count(*) FROM read_parquet(FILE)')).toEqual([['0']]);
});
