import { testServers } from '@tidegate/testkit';
import { expect, test } from 'vitest';
import { createPool } from '../src/pool.ts';

test('a connection whose life is over is replaced, and one that is in use only when it is given back', async () => {
  const pool = createPool({ ...testServers(), applicationName: 'test', connectionsMax: 1, statementTimeoutMs: 5_000, lifetimeS: 1 });
  try {
    const sessionOf = async (asked: Pick<typeof pool, 'query'>): Promise<unknown> =>
      (await asked.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid;
    const client = await pool.connect();
    const first = await sessionOf(client);
    await client.query('SELECT pg_sleep(1.2)');
    expect(await sessionOf(client)).toBe(first);
    client.release();
    // Asked without a pause, so it is never idle for long enough to be closed for that.
    await expect.poll(() => sessionOf(pool)).not.toBe(first);
  } finally {
    await pool.end();
  }
});
