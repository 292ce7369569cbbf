import { createTcpProxy, tcpTargetOf, testServers } from '@tidegate/testkit';
import type { TcpProxy } from '@tidegate/testkit';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createPool } from '../src/pool.ts';
import type { PoolOptions } from '../src/pool.ts';

/** Longer than a test may take: without a test before use a statement would wait so long for a connection that is gone. */
const STATEMENT_TIMEOUT_MS = 600_000;

let proxy: TcpProxy;
let pool: pg.Pool;
let lost: string[];

beforeEach(async () => {
  proxy = await createTcpProxy(tcpTargetOf(testServers().databaseUrl));
  lost = [];
});
afterEach(async () => {
  await proxy.close();
  await pool.end();
});

function start(given: Partial<PoolOptions> = {}): void {
  const url = new URL(testServers().databaseUrl);
  url.port = String(proxy.port);
  pool = createPool({
    databaseUrl: url.href,
    ...{ applicationName: 'test', connectionsMax: 4, statementTimeoutMs: STATEMENT_TIMEOUT_MS, testAfterIdleMs: 0 },
    onError: (error) => void lost.push(error.message),
    ...given,
  });
}

/** The server's process behind each of so many connections, all in use at once. */
async function sessions(count: number): Promise<ReadonlySet<number>> {
  const clients = await Promise.all(Array.from({ length: count }, async () => pool.connect()));
  const answers = await Promise.all(clients.map(async (client) => client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')));
  for (const client of clients) client.release();
  return new Set(answers.map(({ rows }) => rows[0]?.pid ?? 0));
}

function isApart(one: ReadonlySet<number>, other: ReadonlySet<number>): boolean {
  return ![...one].some((pid) => other.has(pid));
}

const GONE = 'an idle connection did not answer, and was given up';

describe('a pool whose idle connections lead nowhere, which nobody said', () => {
  it.each([
    ['to who takes a connection', async () => sessions(1)],
    [
      'to who asks the pool',
      async () => new Set([(await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid ?? 0]),
    ],
  ])('gives a new one %s', async (_, ask) => {
    start();
    const before = await sessions(1);
    proxy.strand();
    const after = await ask();
    expect([after.size, isApart(before, after)]).toEqual([1, true]);
    expect(lost).toEqual([GONE]);
  });

  it('waits for the first of them alone: the others lay idle as long', async () => {
    start();
    const before = await sessions(4);
    proxy.strand();
    await sessions(1);
    const after = await sessions(4);
    expect([before.size, after.size, isApart(before, after)]).toEqual([4, 4, true]);
    expect(lost).toEqual([GONE]);
  });

  it('is told where there is no server either', async () => {
    start();
    await sessions(1);
    proxy.strand();
    proxy.leadTo({ host: '127.0.0.1', port: 1 });
    await expect(pool.query('SELECT 1')).rejects.toThrow(/terminated|ECONN/);
    proxy.leadTo(tcpTargetOf(testServers().databaseUrl));
    expect((await sessions(1)).size).toBe(1);
  });
});

describe('a pool whose connections are there', () => {
  it('keeps them through their tests, in the role and with the limits that they had', async () => {
    start({ role: 'tidegate_query', connectionsMax: 1 });
    const before = await sessions(1);
    expect(await sessions(1)).toEqual(before);
    const { rows } = await pool.query(`SELECT current_user AS role, current_setting('statement_timeout') AS timeout`);
    expect([rows, lost]).toEqual([[{ role: 'tidegate_query', timeout: '10min' }], []]);
  });

  it('tests what lay idle once each time that it is handed out, and not what came back just now', async () => {
    const asked = vi.spyOn(pg.Client.prototype, 'query');
    onTestFinished(() => asked.mockRestore());
    const tests = () => asked.mock.calls.filter(([text]) => String(text).includes('test before use')).length;
    start({ testAfterIdleMs: 600_000 });
    for (let at = 0; at < 3; at += 1) await pool.query('SELECT 1');
    await pool.end();
    expect(tests()).toBe(0);
    start();
    for (let at = 0; at < 3; at += 1) await pool.query('SELECT 1');
    // The first time the connection was made.
    expect(tests()).toBe(2);
  });

  it('has as many as it may and no more, while tests are under way and connections are given up', async () => {
    start({ connectionsMax: 2 });
    await sessions(2);
    proxy.strand();
    const asked = Array.from({ length: 20 }, async () => pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid'));
    const pids = new Set((await Promise.all(asked)).map(({ rows }) => rows[0]?.pid));
    expect(pids.size).toBe(2);
    expect(pool.totalCount).toBe(2);
  });
});
