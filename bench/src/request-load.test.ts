import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { quantile } from './quantile.ts';
import { runLoad } from './request-load.ts';

const BODY = 'x'.repeat(50);
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return (server.address() as AddressInfo).port;
}

/** With a length, as an upstream of the bench sends it. */
function answer(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-length': body.length }).end(body);
}

const load = { request: 'GET / HTTP/1.1\r\nhost: bench\r\n\r\n', answerBytes: BODY.length };

test('a pause of the server is in the latency of every request that was due within it', async () => {
  let answered = 0;
  let wakesMs = 0;
  const port = await serve((_request, response) => {
    answered += 1;
    if (answered === 100) wakesMs = performance.now() + 500;
    setTimeout(() => answer(response, 200, BODY), Math.max(0, wakesMs - performance.now()));
  });
  const { answers, latenciesMs } = await runLoad({ ...load, port, connections: 2, forMs: 1_000, rate: 200 });
  expect(answers).toBe(200);
  // 200 a second for the pause of half a second: 100 requests were due in it and waited 250 ms on average. Two connections alone
  // waited in the pause, and a loop that only measures from the sending would have seen two slow requests.
  expect(latenciesMs.filter((ms) => ms > 100).length).toBeGreaterThanOrEqual(70);
  expect(quantile(latenciesMs, 0.99)).toBeGreaterThan(400);
});

test('at full speed each connection has one request under way', async () => {
  let under = 0;
  let most = 0;
  const port = await serve((_request, response) => {
    most = Math.max(most, (under += 1));
    setImmediate(() => {
      under -= 1;
      answer(response, 200, BODY);
    });
  });
  const { answers, latenciesMs } = await runLoad({ ...load, port, connections: 3, forMs: 200, rate: 0 });
  expect(most).toBeLessThanOrEqual(3);
  expect(latenciesMs).toHaveLength(answers);
});

test('another answer than the expected one ends the run', async () => {
  const refusing = await serve((_request, response) => answer(response, 429, BODY));
  await expect(runLoad({ ...load, port: refusing, connections: 1, forMs: 100, rate: 0 })).rejects.toThrow('answered HTTP/1.1 429');
  const short = await serve((_request, response) => answer(response, 200, 'short'));
  await expect(runLoad({ ...load, port: short, connections: 1, forMs: 100, rate: 10 })).rejects.toThrow('short');
  const chunked = await serve((_request, response) => response.writeHead(200).end(BODY));
  await expect(runLoad({ ...load, port: chunked, connections: 1, forMs: 100, rate: 10 })).rejects.toThrow('Transfer-Encoding');
});
