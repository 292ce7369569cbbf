import { request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { createCallerVerifier } from '@tidegate/http';
import { mintApiKey } from '@tidegate/postgres';
import { systemClock } from '@tidegate/runtime';
import type { Step } from '@tidegate/telemetry';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GateUnderTest } from './gate-fixture.ts';
import { CALLER_KEY, startGate } from './gate-fixture.ts';
import { answerWhenRead } from './recording-upstream.ts';
import { sendRaw, statusesOf } from './raw-client.ts';

let gate: GateUnderTest;
beforeEach(async () => {
  gate = await startGate();
});
afterEach(() => gate.close());

const verify = createCallerVerifier(CALLER_KEY, systemClock);
const url = (path: string): string => `http://127.0.0.1:${gate.port}${path}`;
const authorized = (headers: Record<string, string> = {}): Record<string, string> => ({ 'x-api-key': gate.key, ...headers });
const raw = (lines: readonly string[], body = ''): Promise<string> => sendRaw(gate.port, `${lines.join('\r\n')}\r\n\r\n${body}`);

describe('who calls', () => {
  it('is found out in a step of its own, for those who look at the time that a request takes', async () => {
    const steps: string[] = [];
    const step: Step = (name, action) => {
      steps.push(name);
      return action();
    };
    await gate.close();
    gate = await startGate({ step });
    await fetch(url('/v1/metrics'), { headers: authorized() });
    expect(steps).toEqual(['authenticate']);
  });

  it.each([
    ['Bearer', (key: string) => ({ authorization: `Bearer ${key}` })],
    ['X-API-Key', (key: string) => ({ 'x-api-key': key })],
    ['Basic', (key: string) => ({ authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}` })],
  ])('is told by %s, reaches the service signed, and the key itself does not', async (_, headers) => {
    const response = await fetch(url('/v1/metrics'), { headers: headers(gate.key) });
    expect(response.status).toBe(200);
    const [seen] = gate.upstream.seen;
    expect(verify(String(seen?.headers['x-tidegate-caller']))).toEqual({
      ok: true,
      caller: { tenant: 'acme', keyId: 'key_1', scopes: ['ingest:write', 'query:read'] },
    });
    expect(seen?.rawHeaders.join('\n')).not.toContain(gate.key.slice(8));
  });

  it('a request without, with a mistyped, or with an unknown key is refused and reaches no service', async () => {
    const typo = `${gate.key.slice(0, -1)}${gate.key.endsWith('a') ? 'b' : 'a'}`;
    const unknown = mintApiKey('live').secret;
    const answers = await Promise.all([
      fetch(url('/v1/metrics')),
      fetch(url('/v1/metrics'), { headers: { 'x-api-key': typo } }),
      fetch(url('/v1/metrics'), { headers: { 'x-api-key': unknown } }),
      fetch(url('/v1/metrics'), { headers: { authorization: `Digest ${gate.key}`, 'x-api-key': gate.key } }),
    ]);
    const problems = await Promise.all(answers.map(async (answer) => [answer.status, ((await answer.json()) as { code: string }).code]));
    expect(problems).toEqual([
      [401, 'credentials_missing'],
      [401, 'credentials_invalid'],
      [401, 'credentials_invalid'],
      [401, 'credentials_invalid'],
    ]);
    expect(answers[0]?.headers.get('www-authenticate')).toContain('Bearer');
    expect(gate.upstream.seen).toEqual([]);
  });

  it('a key without the scope of the route is refused with 403', async () => {
    const response = await fetch(url('/v1/admin/keys'), { headers: authorized() });
    expect([response.status, await response.json()]).toMatchObject([403, { code: 'scope_missing', status: 403 }]);
  });

  it('a client cannot say who it is, nor take away what the gateway says', async () => {
    await raw([
      'GET /v1/metrics HTTP/1.1',
      'host: x',
      `x-api-key: ${gate.key}`,
      'x-tidegate-caller: forged',
      'X-Tidegate-Caller: forged-again',
      'x-user-id: admin',
      'x-forwarded-for: 10.0.0.1',
      'connection: close, x-tidegate-caller, traceparent, x-request-id, x-secret-hop',
      'x-secret-hop: 1',
      'x-harmless: kept',
    ]);
    const [seen] = gate.upstream.seen;
    expect(verify(String(seen?.headers['x-tidegate-caller']))).toMatchObject({ ok: true, caller: { keyId: 'key_1' } });
    expect(seen?.rawHeaders.filter((name) => name.toLowerCase() === 'x-tidegate-caller')).toHaveLength(1);
    expect(seen?.headers).toMatchObject({
      'x-harmless': 'kept',
      'x-request-id': expect.any(String),
      traceparent: expect.stringMatching(/^00-/),
    });
    expect(Object.keys(seen?.headers ?? {})).not.toEqual(expect.arrayContaining(['x-user-id']));
    expect(seen?.headers).not.toHaveProperty('x-forwarded-for');
    expect(seen?.headers).not.toHaveProperty('x-secret-hop');
  });
});

describe('one reading of a request', () => {
  it('two requests in one packet are two requests, whatever the first one says of its connection', async () => {
    const first = [
      'POST /v1/events HTTP/1.1',
      'host: x',
      `x-api-key: ${gate.key}`,
      'connection: keep-alive, content-length',
      'content-length: 5',
    ];
    const second = ['GET /v1/packs HTTP/1.1', 'host: x', `x-api-key: ${gate.key}`];
    const received = await raw(first, `hello${second.join('\r\n')}\r\n\r\n`);
    expect(statusesOf(received)).toEqual([200, 200]);
    expect(gate.upstream.seen.map(({ method, url: seenUrl, body }) => [method, seenUrl, body])).toEqual([
      ['POST', '/v1/events', 'hello'],
      ['GET', '/v1/packs', ''],
    ]);
  });

  it('what is checked is what is forwarded, /api/v1 being /v1', async () => {
    await fetch(url('/api/v1/receipts/tgr1.abc?wait_ms=5'), { headers: authorized() });
    await fetch(url('/v1/receipts/tgr1.abc'), { headers: authorized() });
    expect(gate.upstream.seen.map((seen) => seen.url)).toEqual(['/v1/receipts/tgr1.abc?wait_ms=5', '/v1/receipts/tgr1.abc']);
  });

  it('an unknown path is 404, and a known one under another method is 405 with the methods it has', async () => {
    const unknown = await fetch(url('/v1/nothing'), { headers: authorized() });
    const wrong = await fetch(url('/v1/events'), { method: 'DELETE', headers: authorized() });
    expect([unknown.status, wrong.status, wrong.headers.get('allow')]).toEqual([404, 405, 'POST']);
  });

  it('a client may name its request, but not with anything but letters and digits', async () => {
    const named = await fetch(url('/v1/metrics'), { headers: authorized({ 'x-request-id': 'build-4711-abc' }) });
    const person = await fetch(url('/v1/metrics'), { headers: authorized({ 'x-request-id': 'jane@example.com' }) });
    expect(named.headers.get('x-request-id')).toBe('build-4711-abc');
    expect(person.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('a trace that came in goes on, in the answer to a fault too', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
    await fetch(url('/v1/metrics'), { headers: authorized(headers) });
    const refused = (await (await fetch(url('/v1/metrics'), { headers })).json()) as { trace_id: string };
    expect(gate.upstream.seen[0]?.headers['traceparent']).toMatch(new RegExp(`^00-${traceId}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`));
    expect(refused.trace_id).toBe(traceId);
  });
});

describe('how much', () => {
  it('is as much as one likes where limits are off, and no answer tells of any', async () => {
    await gate.close();
    gate = await startGate({ perMinute: 1, isLimited: false });
    for (let i = 0; i < 3; i++) {
      const { status, headers } = await fetch(url('/v1/metrics'), { headers: authorized() });
      expect([status, headers.get('x-ratelimit-limit')]).toEqual([200, null]);
    }
  });

  it('a limited answer tells the numbers, and the 429 what to do; nothing refused reaches a service', async () => {
    await gate.close();
    gate = await startGate({ perMinute: 3 });
    const answers = [];
    for (let i = 0; i < 4; i++) answers.push(await fetch(url('/v1/metrics'), { headers: authorized() }));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    expect(answers.map(({ headers }) => headers.get('x-ratelimit-remaining'))).toEqual(['2', '1', '0', '0']);
    const [first, , , last] = answers;
    // One of 3 tokens taken, one flows in every 20 s.
    expect(Object.fromEntries(first?.headers ?? [])).toMatchObject({
      'x-ratelimit-limit': '3',
      'ratelimit-policy': '"ip";q=6000000;w=60, "api_key";q=3;w=60',
      ratelimit: expect.stringMatching(/^"ip";r=\d+;t=1, "api_key";r=2;t=20$/),
    });
    expect(Math.abs(Number(first?.headers.get('x-ratelimit-reset')) - systemClock.nowMs() / 1_000 - 20)).toBeLessThan(5);
    expect(Number(last?.headers.get('retry-after'))).toBeGreaterThanOrEqual(19);
    expect(await last?.json()).toMatchObject({
      code: 'quota_exceeded',
      class: 'api_key',
      scope: 'api_key',
      limit: 3,
      window_s: 60,
      retry_after_s: Number(last?.headers.get('retry-after')),
      'violated-policies': ['api_key'],
    });
    expect(last?.headers.get('cache-control')).toBe('no-store');
    expect(gate.upstream.seen).toHaveLength(3);
    const counted = (await gate.metrics.expose()).match(/^limiter_decisions_total\{.*class="default".*$/gm);
    expect(counted?.map((line) => [/result="(\w+)"/.exec(line)?.[1], line.split(' ').at(-1)])).toEqual([
      ['allowed', '3'],
      ['denied', '1'],
    ]);
  });
});

describe('the way through', () => {
  it('a body streams both ways without being held', async () => {
    const megabyte = 'x'.repeat(1 << 20);
    gate.upstream.respond = (request, response) => {
      response.writeHead(200);
      // Echoed while it arrives: the client would never see the first byte if the gateway waited for the last.
      request.pipe(response);
    };
    const begun = Promise.withResolvers<IncomingMessage>();
    const client = httpRequest(url('/v1/events'), { method: 'POST', headers: authorized() }, begun.resolve);
    client.write(megabyte);
    const answer = await begun.promise;
    let received = 0;
    answer.on('data', (chunk: Buffer) => (received += chunk.length));
    await expect.poll(() => received).toBe(1 << 20);
    client.end(megabyte);
    await new Promise((resolve) => answer.on('end', resolve));
    expect(received).toBe(2 << 20);
  });

  it('a short body reaches the service once all of it has come, and not at all where the client leaves before', async () => {
    const begin = async (): Promise<ClientRequest> => {
      const client = httpRequest(url('/v1/query'), { method: 'POST', headers: authorized({ 'content-length': '7' }) });
      client.on('error', () => undefined);
      await new Promise((sent) => client.write('{"a"', sent));
      return client;
    };
    const leaving = await begin();
    const staying = await begin();
    const answered = new Promise<IncomingMessage>((resolve) => staying.on('response', resolve));
    staying.end(':1}');
    expect((await answered).statusCode).toBe(200);
    leaving.destroy();
    // Behind it, so that the gateway has seen the other leave.
    expect((await fetch(url('/v1/metrics'), { headers: authorized() })).status).toBe(200);
    expect(gate.upstream.seen.map(({ url: target, body }) => [target, body])).toEqual([
      ['/v1/query', '{"a":1}'],
      ['/v1/metrics', ''],
    ]);
  });

  it('a client that goes away ends the request to the service', async () => {
    const reached = Promise.withResolvers<void>();
    gate.upstream.respond = (request) => {
      reached.resolve();
      request.socket.once('close', () => closed.resolve('closed'));
    };
    const closed = Promise.withResolvers<string>();
    const client = httpRequest(url('/v1/query'), { method: 'POST', headers: authorized({ 'content-length': '2' }) });
    client.on('error', () => undefined);
    client.end('{}');
    await reached.promise;
    client.destroy();
    expect(await closed.promise).toBe('closed');
  });

  it('a service that breaks off before it answers is one 502, and what may have acted is not sent again', async () => {
    gate.upstream.respond = (request) => void request.socket.destroy();
    const post = await fetch(url('/v1/events'), { method: 'POST', headers: authorized(), body: '{}' });
    expect([post.status, ((await post.json()) as { code: string }).code]).toEqual([502, 'upstream_unreachable']);
    expect(gate.upstream.seen).toHaveLength(1);
  });

  it('a service that breaks off within its answer breaks the answer: it never looks whole', async () => {
    gate.upstream.respond = (_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half of', () => response.socket?.destroy());
    };
    const answer = await fetch(url('/v1/metrics'), { headers: authorized() });
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow('terminated');
  });

  it('a service that is away is a 502 with the limit headers and an advice', async () => {
    await gate.upstream.close();
    const answer = await fetch(url('/v1/metrics'), { headers: authorized() });
    expect(await answer.json()).toMatchObject({
      status: 502,
      code: 'upstream_unreachable',
      request_id: answer.headers.get('x-request-id'),
    });
    expect(answer.headers.get('x-ratelimit-limit')).toBe('100000');
  });

  it('an answer that comes before the body was read reaches the client, and the connection does not mix bodies up', async () => {
    gate.upstream.respond = (request, response) => {
      if (request.url !== '/v1/events') return answerWhenRead(request, response);
      response.writeHead(413).end('too much');
    };
    const refused = await fetch(url('/v1/events'), { method: 'POST', headers: authorized(), body: 'y'.repeat(300_000) });
    expect([refused.status, await refused.text()]).toEqual([413, 'too much']);
    const next = await fetch(url('/v1/metrics'), { headers: authorized() });
    expect(next.status).toBe(200);
  });
});
