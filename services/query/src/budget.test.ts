import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { DeadlinePassed } from '@tidegate/runtime';
import { within } from './budget.ts';

test('what does not come in time is given up', async () => {
  await expect(within(5, async () => new Promise(() => undefined))).rejects.toBeInstanceOf(DeadlinePassed);
});

test('an answer that has arrived while this process was busy is not late', async () => {
  const server = createServer((socket) => socket.end('here')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const coming = once(socket, 'data');
  // Accepting and answering are this process's own doing here, so they go first; the answer then waits in the socket.
  await once(server, 'connection');
  const answer = within(20, async () => {
    const untilMs = performance.now() + 60;
    while (performance.now() < untilMs);
    return coming;
  });
  expect(String(await answer)).toBe('here');
  server.close();
});
