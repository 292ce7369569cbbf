import { afterEach, describe, expect, it } from 'vitest';
import type { GateOptions, GateUnderTest } from './gate-fixture.ts';
import { startGate } from './gate-fixture.ts';

/** What a browser asks and looks at (the Fetch standard, section 4.8 and 4.9), written out: `fetch` of Node asks nothing. */
const OURS = 'https://app.example.com';
const OTHERS = 'https://other.example.org';
const STRANGER = 'https://evil.example.net';

let gate: GateUnderTest;
afterEach(() => gate.close());

const start = async (options: GateOptions = {}): Promise<void> => {
  gate = await startGate({ origins: { acme: [OURS, 'http://localhost:5173'], beta: [OTHERS] }, ...options });
};
const url = (path: string): string => `http://127.0.0.1:${gate.port}${path}`;
const ask = (origin: string, path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(url(path), { headers: { origin, 'x-api-key': gate.key, ...headers } });
const preflight = (origin: string, path: string, method = 'POST'): Promise<Response> =>
  fetch(url(path), {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': 'content-type,x-api-key' },
  });
const names = (header: string | null): string[] => (header ?? '').split(',').map((name) => name.trim().toLowerCase());

describe('a browser that asks first', () => {
  it('may send from a page of some tenant what the path takes, and no service is asked', async () => {
    await start();
    const answer = await preflight(OURS, '/v1/events');
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe(OURS);
    expect(names(answer.headers.get('access-control-allow-methods'))).toEqual(['post']);
    expect(names(answer.headers.get('access-control-allow-headers'))).toEqual(
      expect.arrayContaining(['content-type', 'x-api-key', 'authorization', 'idempotency-key', 'last-event-id']),
    );
    expect(names(answer.headers.get('vary'))).toContain('origin');
    expect(Number(answer.headers.get('access-control-max-age'))).toBeGreaterThan(0);
    expect(gate.upstream.seen).toEqual([]);
  });

  it('is told all methods of the path, under /api/v1 too', async () => {
    await start();
    const methods = names((await preflight(OURS, '/api/v1/query', 'GET')).headers.get('access-control-allow-methods'));
    expect(methods.toSorted()).toEqual(['get', 'post']);
  });

  it.each([
    ['from a page of nobody', STRANGER, '/v1/events', 403, 'origin_refused'],
    ['from a page without an origin', 'null', '/v1/events', 403, 'origin_refused'],
    ['about a path that is none', OURS, '/v1/nothing', 404, 'not_found'],
  ])('%s is refused, and lets nothing be read', async (_, origin, path, status, code) => {
    await start();
    const answer = await preflight(origin, path);
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([status, code]);
    expect(answer.headers.get('access-control-allow-methods')).toBeNull();
  });

  it('is counted by address', async () => {
    await start({ policies: { ip: { limit: 2, burst: 2 } } });
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await preflight(OURS, '/v1/events')).status);
    expect(statuses).toEqual([204, 204, 429]);
  });
});

describe('a page', () => {
  it('of the tenant reads the answer and what it says of limits; cookies are no credential', async () => {
    await start();
    const answer = await ask(OURS, '/v1/metrics');
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, OURS]);
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    const exposed = names(answer.headers.get('access-control-expose-headers'));
    const told = [...answer.headers.keys()].filter((name) => /ratelimit|request-id/.test(name));
    expect(told).toContain('ratelimit-policy');
    expect(exposed).toEqual(expect.arrayContaining([...told, 'retry-after', 'etag', 'tidegate-receipt']));
  });

  it('of another tenant gets an answer that its browser keeps from it', async () => {
    await start();
    const answer = await ask(OTHERS, '/v1/metrics');
    expect([answer.status, answer.headers.get('access-control-allow-origin'), answer.headers.get('vary')]).toEqual([200, null, 'origin']);
  });

  it('reads why it was refused: 429, a wrong key, a path that is none', async () => {
    await start({ perMinute: 1 });
    await ask(OURS, '/v1/metrics');
    const answers = [
      await ask(OURS, '/v1/metrics'),
      await ask(OURS, '/v1/metrics', { 'x-api-key': 'wrong' }),
      await ask(OURS, '/v1/nothing'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([429, 401, 404]);
    expect(answers.map(({ headers }) => headers.get('access-control-allow-origin'))).toEqual([OURS, OURS, OURS]);
    expect(names(answers[0]?.headers.get('access-control-expose-headers') ?? null)).toContain('retry-after');
  });

  it('of any origin reads answers where the tenant says so', async () => {
    await start({ origins: { acme: ['*'] } });
    expect((await ask(STRANGER, '/v1/metrics')).headers.get('access-control-allow-origin')).toBe(STRANGER);
    expect((await preflight(STRANGER, '/v1/events')).status).toBe(204);
  });

  it('is let by the gateway alone, and by nothing that a service says; what else the answer varies with stays', async () => {
    await start();
    gate.upstream.respond = (_, response) =>
      response.writeHead(200, { 'access-control-allow-origin': '*', 'access-control-allow-credentials': 'true', vary: 'accept' }).end();
    const other = await ask(STRANGER, '/v1/metrics');
    const own = await ask(OURS, '/v1/metrics');
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
    expect([own.headers.get('access-control-allow-credentials'), own.headers.get('vary')]).toEqual([null, 'origin, accept']);
  });

  it('is nothing to a program, which sends no origin', async () => {
    await start();
    const answer = await fetch(url('/v1/metrics'), { headers: { 'x-api-key': gate.key } });
    expect([answer.headers.get('vary'), answer.headers.get('access-control-allow-origin')]).toEqual([null, null]);
  });
});
