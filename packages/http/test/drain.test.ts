import { Agent, request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { createListener } from '../src/index.ts';

const agent = new Agent({ keepAlive: true });
afterEach(() => agent.destroy());

interface Answer {
  readonly connection: string | undefined;
  readonly body: string;
}

function ask(port: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, agent }, (answer: IncomingMessage) => {
      let body = '';
      answer.on('data', (chunk: Buffer) => (body += chunk.toString()));
      answer.on('end', () => resolve({ connection: answer.headers.connection, body }));
      answer.on('error', reject);
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** Longer than any stop here should take, far shorter than the 65 s for which idle connections are kept. */
const GRACE_MS = 10_000;

/** How long stopping takes while `finish` is still to be called on one request; `begin` is called when it arrives. */
async function stopWhileBusy(begin: (response: ServerResponse) => void, finish: (response: ServerResponse) => void) {
  const arrived = Promise.withResolvers<ServerResponse>();
  const listener = createListener((_request, response) => {
    begin(response);
    arrived.resolve(response);
  });
  const port = await listener.listen({ host: '127.0.0.1', port: 0 });
  const answer = ask(port);
  const response = await arrived.promise;
  listener.drain();
  const closed = listener.close(GRACE_MS);
  const startedMs = performance.now();
  finish(response);
  await closed;
  return { answer: await answer, tookMs: performance.now() - startedMs };
}

test('a kept connection ends with the answer that was being made when draining began', async () => {
  const { answer, tookMs } = await stopWhileBusy(
    () => undefined,
    (response) => response.end('whole'),
  );
  expect(answer).toEqual({ connection: 'close', body: 'whole' });
  expect(tookMs).toBeLessThan(GRACE_MS / 2);
});

test('an answer whose headers were out already is finished, and its connection ends with it', async () => {
  const { answer, tookMs } = await stopWhileBusy(
    (response) => response.write('who'),
    (response) => response.end('le'),
  );
  expect(answer).toEqual({ connection: 'keep-alive', body: 'whole' });
  expect(tookMs).toBeLessThan(GRACE_MS / 2);
});

test('a request that its client sends over a kept connection while the server drains is answered, and is the last of it', async () => {
  const listener = createListener((_request, response) => response.end('whole'));
  const port = await listener.listen({ host: '127.0.0.1', port: 0 });
  expect((await ask(port)).connection).toBe('keep-alive');
  listener.drain();
  const closed = listener.close(GRACE_MS);
  expect(await ask(port)).toEqual({ connection: 'close', body: 'whole' });
  await closed;
  await expect(ask(port)).rejects.toThrow('ECONNREFUSED');
});

/** Of a connection that is kept: what becomes of its next request, sent as soon as the listener has begun to close. */
async function askWhileItEnds(lingerMs: number): Promise<string> {
  const listener = createListener((_request, response) => response.end('whole'), { lingerMs });
  const port = await listener.listen({ host: '127.0.0.1', port: 0 });
  await ask(port);
  listener.drain();
  const closed = listener.close(GRACE_MS);
  const [{ body }] = await Promise.all([
    ask(port).catch((error: unknown) => ({ body: String(Reflect.get(Object(error), 'code')) })),
    closed,
  ]);
  return body;
}

test('connections without a request are left open for as long as is set, for their clients to use or to leave', async () => {
  expect(await askWhileItEnds(60_000)).toBe('whole');
  expect(await askWhileItEnds(0)).toMatch(/ECONN/);
});

test('a kept connection that nobody uses does not hold the end up', async () => {
  const listener = createListener((_request, response) => response.end('whole'));
  const port = await listener.listen({ host: '127.0.0.1', port: 0 });
  await ask(port);
  const startedMs = performance.now();
  listener.drain();
  await listener.close(GRACE_MS);
  expect(performance.now() - startedMs).toBeLessThan(GRACE_MS / 2);
});
