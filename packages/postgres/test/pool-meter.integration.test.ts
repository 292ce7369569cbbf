import type { Metrics } from '@tidegate/telemetry';
import { createMetrics } from '@tidegate/telemetry';
import { testServers } from '@tidegate/testkit';
import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { copyIn } from '../src/copy-in.ts';
import { createPoolMeter } from '../src/pool-meter.ts';
import { createPool } from '../src/pool.ts';
import { run, statement } from '../src/statements.ts';

describe('a pool that is measured', () => {
  let metrics: Metrics;
  let nowMs: number;
  let pools: readonly [pg.Pool, pg.Pool];

  beforeEach(() => {
    metrics = createMetrics('test');
    nowMs = 0;
    const meter = createPoolMeter(metrics, () => nowMs);
    const shared = { ...testServers(), applicationName: 'test', statementTimeoutMs: 5_000, meter };
    pools = [createPool({ ...shared, connectionsMax: 3 }), createPool({ ...shared, connectionsMax: 1, pipeline: true })];
  });
  afterEach(async () => {
    await Promise.all(pools.map(async (pool) => pool.end()));
  });

  async function value(series: string): Promise<number> {
    const line = (await metrics.expose()).split('\n').find((text) => text.startsWith(`${series} `));
    return line === undefined ? Number.NaN : Number(line.split(' ').at(-1));
  }
  const count = async (name: string): Promise<number> => value(`db_query_duration_seconds_count{service="test",statement="${name}"}`);
  const sum = async (name: string): Promise<number> => value(`db_query_duration_seconds_sum{service="test",statement="${name}"}`);
  const active = async (): Promise<number> => value('db_connections_active{service="test"}');
  const usage = async (): Promise<number> => value('db_connection_pool_usage{service="test"}');

  test('shows the connections in use of all its pools, and their share of what all may have', async () => {
    expect([await active(), await usage()]).toEqual([0, 0]);
    const one = await pools[0].connect();
    const two = await pools[1].connect();
    expect([await active(), await usage()]).toEqual([2, 2 / 4]);
    one.release();
    expect([await active(), await usage()]).toEqual([1, 1 / 4]);
    two.release();
    expect([await active(), await usage()]).toEqual([0, 0]);
  });

  test('counts each statement once by its name, whether asked of the pool or of a session, answered or refused', async () => {
    const client = await pools[0].connect();
    await client.query('BEGIN');
    // No such table in this database: refused, and so is the statement after it.
    await expect(run(client, 'read-live-progress', [])).rejects.toThrow('partition_progress');
    await client.query('ROLLBACK');
    client.release();
    await pools[0].query('SELECT 1');
    await pools[0].query({ text: 'SELECT $1::int', values: [2] });
    await expect(pools[0].query('SELECT nothing')).rejects.toThrow('nothing');
    expect(await Promise.all(['begin', 'read-live-progress', 'rollback', 'other', 'commit'].map(count))).toEqual([1, 1, 1, 3, Number.NaN]);
  });

  test('counts a COPY and what is sent behind it without waiting', async () => {
    const client = await pools[1].connect();
    const refused = copyIn(client, statement('copy-raw-rows'), []);
    const behind = client.query('SELECT 1');
    await expect(refused).rejects.toThrow('raw_event');
    await behind;
    client.release();
    expect([await count('copy-raw-rows'), await count('other')]).toEqual([1, 1]);
  });

  test('tells the time from the question to its answer, in seconds', async () => {
    const client = await pools[0].connect();
    const asked = client.query('COMMIT');
    nowMs = 1_500;
    await asked;
    client.release();
    expect([await count('commit'), await sum('commit')]).toEqual([1, 1.5]);
  });
});

test('an idle connection that ends is out of the pool before anybody is given it, and the first one is told', async () => {
  let connected = 0;
  const options = { ...testServers(), applicationName: 'test', connectionsMax: 2, statementTimeoutMs: 5_000 };
  const [pool, other] = [createPool({ ...options, onConnected: () => (connected += 1) }), createPool(options)];
  try {
    const pid = Number((await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid);
    expect([connected, pool.totalCount, pool.options.idleTimeoutMillis]).toEqual([1, 1, 30_000]);
    await other.query('SELECT pg_terminate_backend($1)', [pid]);
    await expect.poll(() => pool.totalCount).toBe(0);
    const { rows } = await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    expect([rows.length, rows[0]?.pid === pid, connected]).toEqual([1, false, 1]);
  } finally {
    await Promise.all([pool.end(), other.end()]);
  }
});
