import { request } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { createHttpServer, sendJson, signCaller } from '@tidegate/http';
import type { Handler, HttpListener } from '@tidegate/http';
import { systemClock as clock } from '@tidegate/runtime';
import { createMetrics, createTracing, silentLogger as log } from '@tidegate/telemetry';
import { afterEach, expect, test } from 'vitest';
import { createEtag } from '../src/answer-body.ts';
import { createDelivery } from '../src/small-answers.ts';

const callerKey = new Uint8Array(32).fill(1);
let server: HttpListener;

async function serve(handle: Handler): Promise<number> {
  const delivery = createDelivery({ etagOf: createEtag(new Uint8Array(32).fill(2)), step: (_name, action) => action() });
  const traced = { metrics: createMetrics('query'), tracing: createTracing({ service: 'query' }) };
  server = createHttpServer({
    handlers: { listJobs: handle, cancelJob: handle, listInsights: handle },
    callerKey,
    delivery,
    clock,
    log,
    ...traced,
  });
  return server.listen({ host: '127.0.0.1', port: 0 });
}
afterEach(() => server.close(0));

interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

/** As it goes over the wire: nothing is unpacked. */
function get(
  port: number,
  headers: Readonly<Record<string, string>> = {},
  { method = 'GET', path = '/v1/jobs', tenant = 'acme' } = {},
): Promise<Got> {
  const caller = signCaller(callerKey, { tenant, keyId: 'k', scopes: ['query:read'] }, clock.nowMs());
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method, headers: { 'x-tidegate-caller': caller, ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

const LONG = { jobs: Array.from({ length: 200 }, (_, n) => ({ job_id: n, state: 'completed' })) };

test('a long list goes out smaller to who takes it so, and a short one as it is', async () => {
  const port = await serve((exchange) => sendJson(exchange, LONG));
  const plain = await get(port);
  expect(plain.headers['content-encoding']).toBeUndefined();
  expect(JSON.parse(plain.body.toString())).toEqual(LONG);
  const zipped = await get(port, { 'accept-encoding': 'gzip' });
  expect(zipped.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'authorization, x-api-key, accept-encoding' });
  expect(zipped.body.length).toBeLessThan(plain.body.length / 4);
  expect(gunzipSync(zipped.body)).toEqual(plain.body);
  const smaller = await get(port, { 'accept-encoding': 'br' });
  expect(brotliDecompressSync(smaller.body)).toEqual(plain.body);
  await server.close(0);
  const short = await get(await serve((exchange) => sendJson(exchange, { jobs: [] })), { 'accept-encoding': 'gzip, br' });
  expect([short.headers['content-encoding'], short.body.toString()]).toEqual([undefined, '{"jobs":[]}']);
});

test('who has the list as it is now is told so, in either form, and of one that changed or is another tenant’s is told all', async () => {
  let list: object = LONG;
  const port = await serve((exchange) => sendJson(exchange, list, { headers: { 'x-cache': 'HIT' } }));
  const { headers } = await get(port);
  const etag = String(headers['etag']);
  expect(headers).toMatchObject({ 'cache-control': 'private, no-cache', 'x-cache': 'HIT', 'content-type': 'application/json' });
  expect(await get(port, { 'if-none-match': etag })).toMatchObject({ status: 304, headers: { etag }, body: Buffer.alloc(0) });
  const packed = String((await get(port, { 'accept-encoding': 'gzip' })).headers['etag']);
  expect(packed).toBe(`W/${etag}`);
  expect((await get(port, { 'if-none-match': packed })).status).toBe(304);
  expect((await get(port, { 'if-none-match': etag }, { tenant: 'other' })).status).toBe(200);
  list = { jobs: [] };
  expect((await get(port, { 'if-none-match': etag })).status).toBe(200);
});

test('what nobody may keep has no ETag; answers to other methods and other statuses go out as they are', async () => {
  const headers = { 'cache-control': 'no-store' };
  const unkept = await get(await serve((exchange) => sendJson(exchange, LONG, { headers })), { 'accept-encoding': 'gzip' });
  expect([unkept.headers['etag'], unkept.headers['cache-control']]).toEqual([undefined, 'no-store']);
  expect(JSON.parse(gunzipSync(unkept.body).toString())).toEqual(LONG);
  await server.close(0);
  const port = await serve((exchange) => sendJson(exchange, LONG, { status: 202 }));
  const accepted = await get(port, { 'accept-encoding': 'gzip' });
  expect([accepted.status, accepted.headers['etag'], accepted.headers['content-encoding']]).toEqual([202, undefined, undefined]);
  await server.close(0);
  const deleting = await serve((exchange) => sendJson(exchange, LONG));
  const ended = await get(
    deleting,
    { 'accept-encoding': 'gzip' },
    { method: 'DELETE', path: '/v1/jobs/0192f0aa-0000-7000-8000-000000000001' },
  );
  expect([ended.status, ended.headers['etag'], ended.headers['content-encoding']]).toEqual([200, undefined, undefined]);
});

test('a route that does not declare 304 never answers it, whatever its handler forgot to say', async () => {
  const port = await serve((exchange) => sendJson(exchange, LONG));
  const got = await get(port, { 'if-none-match': '*', 'accept-encoding': 'gzip' }, { path: '/v1/insights/healthtrack' });
  expect([got.status, got.headers['etag'], got.headers['content-encoding']]).toEqual([200, undefined, 'gzip']);
  expect((await get(port, { 'if-none-match': '*' })).status).toBe(304);
});
