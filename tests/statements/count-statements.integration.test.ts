import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { testServers } from '@tidegate/testkit';
import pg from 'pg';
import { expect, test } from 'vitest';
import { COUNTED_HEADER, watchStatements } from './count-statements.ts';

test('a route that asks once more for each row is counted with all of it, and nothing that runs beside it', async () => {
  const watching = watchStatements();
  // Nobody waits for a connection: a pool of the driver calls back out of whoever gave one back.
  const pool = new pg.Pool({ connectionString: testServers().databaseUrl, max: 10 });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { rows } = await pool.query<{ n: number }>(`SELECT n FROM generate_series(1, ${request.url?.slice(1)}) n`);
    for (const { n } of rows) await pool.query('SELECT $1::int', [n]);
    response.end();
  };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const ask = async (rows: number, headers: Record<string, string>) =>
    (await fetch(`http://127.0.0.1:${port}/${rows}`, { headers })).text();
  try {
    await Promise.all([ask(3, { [COUNTED_HEADER]: 'three' }), ask(20, { [COUNTED_HEADER]: 'twenty' }), ask(9, {}), pool.query('SELECT 1')]);
    expect([watching.sent('three').length, watching.sent('twenty').length]).toEqual([1 + 3, 1 + 20]);
  } finally {
    watching.stop();
    server.closeAllConnections();
    server.close();
    await pool.end();
  }
});
