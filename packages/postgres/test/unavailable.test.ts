import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { expect, test } from 'vitest';
import { createPool } from '../src/pool.ts';
import { createReadStore } from '../src/read-store.ts';
import { isOverTime, isUnavailable } from '../src/unavailable.ts';

/** What a reading fails with at a server that does `onConnection`; without one nobody listens. */
async function failure(onConnection: ((socket: Socket) => void) | null): Promise<unknown> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.resume().on('error', () => undefined));
    onConnection?.(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => new Promise((resolve) => server.close(resolve));
  if (onConnection === null) await close();
  const databaseUrl = `postgres://nobody@127.0.0.1:${port}/none`;
  const pool = createPool({ databaseUrl, applicationName: 'test', connectionsMax: 1, statementTimeoutMs: 1_000 });
  try {
    return await createReadStore(pool).readProgress();
  } catch (error) {
    return error;
  } finally {
    await pool.end();
    for (const socket of sockets) socket.destroy();
    if (onConnection !== null) await close();
  }
}

/** ErrorResponse of the wire protocol with severity, code and text. */
function errorResponse(code: string): Buffer {
  const fields = Buffer.from(`SFATAL\0C${code}\0Mno\0\0`);
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}

test('a server that is down, breaks off, is starting or is full is told from a fault of our own', async () => {
  expect(isUnavailable(await failure(null))).toBe(true);
  expect(isUnavailable(await failure((socket) => socket.destroy()))).toBe(true);
  expect(isUnavailable(await failure((socket) => socket.end(errorResponse('57P03'))))).toBe(true);
  expect(isUnavailable(await failure((socket) => socket.end(errorResponse('53300'))))).toBe(true);
  expect(isUnavailable(await failure((socket) => socket.end(errorResponse('28P01')))), 'a wrong password').toBe(false);
  expect(isUnavailable(new Error('a bug'))).toBe(false);
  expect(isUnavailable(new Error('wrapped', { cause: Object.assign(new Error('no'), { code: 'ECONNREFUSED' }) }))).toBe(true);
});

test('a statement that was ended for its time is told from a server that is away', async () => {
  const ended = await failure((socket) => socket.end(errorResponse('57014')));
  expect([isOverTime(ended), isUnavailable(ended)]).toEqual([true, false]);
  expect(isOverTime(new Error('wrapped', { cause: ended }))).toBe(true);
  expect(isOverTime(await failure(null))).toBe(false);
});
