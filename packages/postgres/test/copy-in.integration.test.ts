import { testServers } from '@tidegate/testkit';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { copyIn } from '../src/copy-in.ts';
import { createPool } from '../src/pool.ts';

const COPY = 'COPY copied FROM STDIN (FORMAT binary)';
/** Rows of more bytes than are handed to the socket at once. */
const MANY = 300_000;

/** Rows of one int4 column, as COPY BINARY has them. */
function rows(values: readonly number[]): Uint8Array {
  return Buffer.concat(
    values.map((value) => {
      const row = Buffer.from([0, 1, 0, 0, 0, 4, 0, 0, 0, 0]);
      row.writeInt32BE(value, 6);
      return row;
    }),
  );
}

describe.each([{ pipeline: false }, { pipeline: true }])('COPY from memory, pipeline: $pipeline', ({ pipeline }) => {
  let pool: pg.Pool;
  let client: pg.PoolClient;

  beforeAll(async () => {
    pool = createPool({ ...testServers(), applicationName: 'test', connectionsMax: 1, statementTimeoutMs: 5_000, pipeline });
    client = await pool.connect();
    await client.query('CREATE TEMP TABLE copied (n int4 CHECK (n >= 0))');
  });

  afterAll(async () => {
    client.release();
    await pool.end();
  });

  async function sum(): Promise<string | null | undefined> {
    return (await client.query<{ sum: string | null }>('SELECT sum(n)::text FROM copied')).rows[0]?.sum;
  }

  test('rows of any number and size arrive, and what is asked behind them sees them', async () => {
    const many = Array.from({ length: MANY }, () => 1);
    await copyIn(client, COPY, [rows([1, 2]), rows([]), rows(many)]);
    expect(await sum()).toBe(String(3 + MANY));
    await client.query('TRUNCATE copied');
  });

  test.each([
    { what: 'an unknown table, found before the rows are read', statement: COPY.replace('copied', 'nothing'), values: [1], code: '42P01' },
    { what: 'a row that the table refuses', statement: COPY, values: [1, -1, 2], code: '23514' },
  ])('$what fails with its SQLSTATE, and the connection goes on', async ({ statement, values, code }) => {
    const copied = copyIn(client, statement, [rows(values)]);
    await expect(copied).rejects.toMatchObject({ code });
    expect(await sum()).toBeNull();
  });

  test('a COPY that is over keeps neither its rows nor a timer', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    for (let at = 0; at < 20; at += 1) await copyIn(client, COPY, [rows([at])]);
    await expect(copyIn(client, COPY, [rows([-1])])).rejects.toMatchObject({ code: '23514' });
    expect(timers()).toBeLessThanOrEqual(before);
  });
});
