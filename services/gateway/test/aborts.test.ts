import type { ClientRequest, IncomingMessage } from 'node:http';
import { request as httpRequest } from 'node:http';
import { SCOPES } from '@tidegate/http';
import { systemClock } from '@tidegate/runtime';
import { afterEach, describe, expect, it } from 'vitest';
import type { GateOptions, GateUnderTest } from './gate-fixture.ts';
import { startGate } from './gate-fixture.ts';
import { answerWhenRead } from './recording-upstream.ts';

let gate: GateUnderTest;
afterEach(() => gate.close());

/** A request that the test goes on with, or leaves. */
function begin(method: string, path: string, headers: Record<string, string> = {}): ClientRequest {
  const client = httpRequest({ port: gate.port, host: '127.0.0.1', method, path, headers: { 'x-api-key': gate.key, ...headers } });
  client.on('error', () => undefined);
  return client;
}

async function statusOf(path: string, init: RequestInit = {}): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${gate.port}${path}`, { ...init, headers: { 'x-api-key': gate.key } });
  await answer.text();
  return answer.status;
}

async function inProgress(): Promise<number> {
  const text = await gate.metrics.expose();
  return Number(/^requests_in_progress\{[^}]*\} (\d+)$/m.exec(text)?.[1]);
}

describe('a client that leaves while its limit is looked up', () => {
  it.each([
    ['GET', '/v1/metrics'],
    ['POST', '/v1/admin/keys'],
  ])('gets nothing done, and its token stays spent: %s %s', async (method, path) => {
    const asked = Promise.withResolvers<void>();
    let held: Promise<void> | undefined;
    const release = Promise.withResolvers<void>();
    held = release.promise;
    const options: GateOptions = { perMinute: 2, scopes: SCOPES, beforeLimit: () => (asked.resolve(), held ?? Promise.resolve()) };
    gate = await startGate(options);
    const client = begin(method, path);
    client.end();
    await asked.promise;
    client.destroy();
    await expect.poll(inProgress).toBe(0);
    held = undefined;
    release.resolve();
    // Two tokens, one of them gone with who left.
    expect([await statusOf('/v1/status'), await statusOf('/v1/status')]).toEqual([200, 429]);
    expect([gate.upstream.seen.map(({ url }) => url), gate.handled]).toEqual([['/v1/status'], []]);
  });
});

describe('a fault of the program', () => {
  it('after a body was read whole fails that request alone', async () => {
    let isBroken = false;
    const nowMs = (): number => {
      if (isBroken) throw new Error('no time');
      return systemClock.nowMs();
    };
    gate = await startGate({ proxyClock: { ...systemClock, nowMs } });
    isBroken = true;
    const broken = await fetch(`http://127.0.0.1:${gate.port}/v1/query`, {
      method: 'POST',
      body: '{}',
      headers: { 'x-api-key': gate.key },
    });
    isBroken = false;
    const { code } = (await broken.json()) as { code: string };
    expect([broken.status, code, gate.upstream.seen]).toEqual([500, 'internal', []]);
    expect(await statusOf('/v1/query', { method: 'POST', body: '{}' })).toBe(200);
  });
});

describe('a body longer than a request may be', () => {
  const MAX = 100_000;

  it('is 413 at its first byte where it says so itself, and no service, key or limit is asked', async () => {
    gate = await startGate({ bodyBytesMax: MAX });
    const answer = await fetch(`http://127.0.0.1:${gate.port}/v1/events`, { method: 'POST', body: 'x'.repeat(MAX + 1) });
    expect([answer.status, answer.headers.get('x-ratelimit-limit'), await answer.json()]).toMatchObject([
      413,
      null,
      { code: 'body_too_large' },
    ]);
    expect(gate.upstream.seen).toEqual([]);
    expect(await statusOf('/v1/events', { method: 'POST', body: 'x'.repeat(MAX) })).toBe(200);
  });

  it('is 413 as soon as it is too long where it does not, and the service never takes it for whole', async () => {
    gate = await startGate({ bodyBytesMax: MAX });
    let wasWhole = false;
    const ended = Promise.withResolvers<void>();
    gate.upstream.respond = (request) => {
      request.on('end', () => (wasWhole = true));
      request.on('close', () => ended.resolve());
    };
    const client = begin('POST', '/v1/events');
    const answered = new Promise<IncomingMessage>((resolve) => client.on('response', resolve));
    client.write('x'.repeat(MAX));
    await expect.poll(() => gate.upstream.seen[0]?.body.length).toBe(MAX);
    client.write('x');
    const answer = await answered;
    const parts: Buffer[] = await answer.toArray();
    expect([answer.statusCode, Buffer.concat(parts).toString()]).toEqual([413, expect.stringContaining('"body_too_large"')]);
    await ended.promise;
    expect([wasWhole, gate.upstream.seen[0]?.body.length]).toEqual([false, MAX]);
    gate.upstream.respond = answerWhenRead;
    expect(await statusOf('/v1/metrics')).toBe(200);
  });
});

describe('more than may be under way to a service', () => {
  const gauge = async (name: string): Promise<number> =>
    Number(new RegExp(`^${name}\\{[^}]*upstream="query"[^}]*\\} (\\d+)$`, 'm').exec(await gate.metrics.expose())?.[1]);
  const ask = async (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`http://127.0.0.1:${gate.port}${path}`, { ...init, headers: { 'x-api-key': gate.key } });

  /** One goes on until told; so many more wait, each of which is thought to take 10 ms. */
  async function startBusy(waiting: number): Promise<{ readonly answers: readonly Promise<Response>[]; readonly goOn: () => void }> {
    gate = await startGate({ exchanges: { connections: 1, turnWithinMs: 25 } });
    const held = Promise.withResolvers<void>();
    gate.upstream.respond = (_request, response) => void held.promise.then(() => response.end('{}'));
    const answers = Array.from({ length: 1 + waiting }, async (_, at) => ask(`/v1/metrics?n=${at}`));
    await expect.poll(() => gauge('proxy_waiting')).toBe(waiting);
    return { answers, goOn: held.resolve };
  }

  it('waits for its turn, and is told to come again where that would be too late', async () => {
    const { answers, goOn } = await startBusy(2);
    const refused = await ask('/v1/query', { method: 'POST', body: '{}' });
    expect([refused.status, refused.headers.get('retry-after'), await refused.json()]).toMatchObject([503, '1', { code: 'overloaded' }]);
    expect([gate.upstream.seen.length, await gauge('proxy_refused_total')]).toEqual([1, 1]);
    // What goes to the other service has connections of its own.
    const sent = ask('/v1/events', { method: 'POST', body: '[]' });
    await expect.poll(() => gate.upstream.seen.length).toBe(2);
    goOn();
    expect((await Promise.all([...answers, sent])).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(gate.upstream.seen.map(({ url }) => url).toSorted()).toEqual(['/v1/events', ...[0, 1, 2].map((n) => `/v1/metrics?n=${n}`)]);
    await expect.poll(() => gauge('proxy_exchanges')).toBe(0);
  });

  it('is not sent on where its client has left meanwhile, and the next one has its turn', async () => {
    const { answers, goOn } = await startBusy(1);
    const client = begin('POST', '/v1/query');
    client.write('{');
    await expect.poll(() => gauge('proxy_waiting')).toBe(2);
    client.destroy();
    await expect.poll(inProgress).toBe(2);
    goOn();
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200]);
    expect(await statusOf('/v1/metrics')).toBe(200);
    expect(gate.upstream.seen.map(({ method }) => method)).toEqual(['GET', 'GET', 'GET']);
  });
});

describe('under load', () => {
  /** More than the 128 connections that the gateway opens to a service: any that stayed would stop it. */
  const TIMES = 150;
  const AT_ONCE = 50;

  it('clients that leave, in their bodies or waiting for answers, leave no connection to a service behind', async () => {
    gate = await startGate();
    gate.upstream.respond = () => undefined;
    for (let from = 0; from < TIMES; from += AT_ONCE) {
      const clients = Array.from({ length: AT_ONCE }, (_, at) => {
        if (at % 2 === 0) return begin('GET', '/v1/metrics').end();
        const client = begin('POST', '/v1/events');
        client.write('[');
        return client;
      });
      await expect.poll(() => gate.upstream.seen.length).toBe(from + AT_ONCE);
      for (const client of clients) client.destroy();
      await expect.poll(() => gate.upstream.sockets.size).toBe(0);
    }
    await expect.poll(inProgress).toBe(0);
    gate.upstream.respond = answerWhenRead;
    for (let i = 0; i < 5; i++) expect(await statusOf('/v1/metrics')).toBe(200);
    expect(gate.upstream.sockets.size).toBe(1);
  });

  it('a service that breaks off leaves none behind either, and what comes after is served', async () => {
    gate = await startGate();
    gate.upstream.respond = (request, response) => {
      if (request.method === 'POST') request.socket.destroy();
      else response.writeHead(200, { 'content-length': '9' }).write('half', () => request.socket.destroy());
    };
    for (let from = 0; from < TIMES; from += AT_ONCE) {
      const ends = Array.from({ length: AT_ONCE }, (_, at) =>
        at % 2 === 0 ? statusOf('/v1/metrics').catch(() => 'cut') : statusOf('/v1/events', { method: 'POST', body: '[]' }),
      );
      expect(new Set(await Promise.all(ends))).toEqual(new Set(['cut', 502]));
    }
    await expect.poll(() => gate.upstream.sockets.size).toBe(0);
    gate.upstream.respond = answerWhenRead;
    expect(await statusOf('/v1/metrics')).toBe(200);
    expect([gate.upstream.sockets.size, await inProgress()]).toEqual([1, 0]);
  });
});

describe('a connection to a service that no request uses', () => {
  it('is closed by the gateway long before the service would, so that none is sent on one that is being closed', async () => {
    gate = await startGate();
    expect(await statusOf('/v1/metrics')).toBe(200);
    expect(gate.upstream.sockets.size).toBe(1);
    await expect.poll(() => gate.upstream.sockets.size, { timeout: 20_000 }).toBe(0);
  }, 30_000);
});
