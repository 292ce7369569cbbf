import { createCallerVerifier } from '@tidegate/http';
import { systemClock } from '@tidegate/runtime';
import { afterEach, describe, expect, it } from 'vitest';
import { createPackRoutes } from '../src/pack-routes.ts';
import type { PackRoutes } from '../src/pack-routes.ts';
import type { GateUnderTest } from './gate-fixture.ts';
import { CALLER_KEY, startGate } from './gate-fixture.ts';

const views = {
  goals: { route: 'GET /v1/goals/{user_id}', scope: 'patient:read', params: {}, queries: {}, answer: {} },
  latest: { route: 'GET /v1/goals/latest', params: {}, queries: {}, answer: {} },
  overview: { route: 'GET /api/analytics/overview', params: {}, queries: {}, answer: {} },
  plain: { params: {}, queries: {}, answer: {} },
};

let gate: GateUnderTest | null = null;
afterEach(async () => {
  await gate?.close();
  gate = null;
});

async function startWith(
  scopes: readonly string[],
  tenant = 'acme',
): Promise<{ get: (path: string) => Promise<Response>; gate: GateUnderTest; packRoutes: PackRoutes }> {
  const packRoutes = createPackRoutes();
  packRoutes.put(tenant, 'health', { pack: 'health', views });
  const started = await startGate({ scopes, packRoutes });
  gate = started;
  return {
    gate: started,
    packRoutes,
    get: (path) => fetch(`http://127.0.0.1:${started.port}${path}`, { headers: { 'x-api-key': started.key } }),
  };
}

describe('a route of the analytics, where they are switched off', () => {
  it('is 404 with a code of its own by each of its ways, unless its pack has a class for it; all others go on', async () => {
    const packRoutes = createPackRoutes();
    const outcomes = { params: {}, queries: {}, answer: {} };
    const analytics = {
      outcomes: { ...outcomes, route: 'GET /api/v1/analytics/outcomes' },
      trends: { ...outcomes, route: 'GET /v1/analytics/trends' },
    };
    packRoutes.put('acme', 'health', { pack: 'health', views: { ...views, ...analytics } });
    const started = await startGate({ scopes: ['query:read'], packRoutes, enableAnalytics: false });
    gate = started;
    const own = { policies: {}, classes: [{ class: 'health.trends', routes: ['GET /v1/analytics/trends'], policies: ['api_key'] }] };
    started.limits.book.putPack('acme', 'health', { source: { limits: own } });
    const codeOf = async (path: string, key = started.key): Promise<unknown[]> => {
      const response = await fetch(`http://127.0.0.1:${started.port}${path}`, { headers: { 'x-api-key': key } });
      return [response.status, response.ok ? null : ((await response.json()) as { code: string }).code];
    };
    const off = [404, 'feature_disabled'];
    for (const path of ['/api/v1/analytics/outcomes', '/v1/analytics/outcomes', '/v1/views/health/outcomes'])
      expect(await codeOf(path)).toEqual(off);
    expect(await codeOf('/v1/analytics/outcomes', 'tg_live_wrong')).toEqual([401, 'credentials_invalid']);
    for (const path of ['/v1/analytics/trends', '/v1/goals/latest', '/v1/metrics']) expect(await codeOf(path)).toEqual([200, null]);
  });
});

describe('a route that a pack declares', () => {
  it('goes on as its view, with what stands in its path as parameters, under each of its names', async () => {
    const { get, gate: started } = await startWith(['query:read', 'patient:read']);
    for (const path of ['/v1/goals/u%20%261?status=active', '/api/v1/goals/u%20%261?status=active', '/v1/goals/u%20%261/?status=active']) {
      expect((await get(path)).status).toBe(200);
      expect(started.upstream.seen.at(-1)?.url).toBe('/v1/views/health/goals?user_id=u+%261&status=active');
    }
    await get('/api/analytics/overview');
    expect(started.upstream.seen.at(-1)?.url).toBe('/v1/views/health/overview');
    await get('/v1/views/health/plain?a=1');
    expect(started.upstream.seen.at(-1)?.url).toBe('/v1/views/health/plain?a=1');
  });

  it('that writes goes on as its write, by POST whatever its method, with its body, and needs its own scope', async () => {
    const packRoutes = createPackRoutes();
    const event = { type: 'goal.set', data: {} };
    const write = { params: {}, body: {}, checks: {}, rules: [], events_max: 500, waits: true, reads: {}, event };
    const writes = {
      set: { ...write, route: 'POST /v1/goals' },
      change: { ...write, route: 'PATCH /api/v1/goals/{goal_id}', scope: 'goals:write' },
    };
    packRoutes.put('acme', 'health', { pack: 'health', views, writes });
    const started = await startGate({ scopes: ['ingest:write'], packRoutes });
    gate = started;
    const call = async (method: string, path: string) =>
      fetch(`http://127.0.0.1:${started.port}${path}`, { method, body: '{"a":1}', headers: { 'x-api-key': started.key } });
    expect((await call('POST', '/api/v1/goals/')).status).toBe(200);
    expect(started.upstream.seen.at(-1)).toMatchObject({ method: 'POST', url: '/v1/writes/health/set', body: '{"a":1}' });
    expect((await call('PATCH', '/v1/goals/g-1')).status).toBe(403);
    expect((await call('POST', '/v1/writes/health/set')).status).toBe(200);
    expect((await call('PATCH', '/v1/writes/health/set')).status).toBe(405);
    expect((await call('DELETE', '/v1/goals/g-1')).status).toBe(405);
    expect(started.audited.map(({ action, resource_type: type }) => `${action} ${type}`)).toContain('create writes');
    packRoutes.put('acme', 'health', { pack: 'health', writes: { change: { ...writes.change, scope: 'ingest:write' } } });
    expect((await call('PATCH', '/v1/goals/g-1?dry=1')).status).toBe(200);
    expect(started.upstream.seen.at(-1)).toMatchObject({ method: 'POST', url: '/v1/writes/health/change?goal_id=g-1&dry=1' });
  });

  it('can be all that a key may call, by each of its names, and the service is told the same', async () => {
    const packRoutes = createPackRoutes();
    const write = {
      params: {},
      body: {},
      checks: {},
      rules: [],
      events_max: 500,
      waits: false,
      reads: {},
      event: { type: 'a.b', data: {} },
    };
    const writes = { track: { ...write, route: 'POST /api/analytics/events/track' }, other: { ...write, route: 'POST /v1/other' } };
    packRoutes.put('acme', 'health', { pack: 'health', views, writes });
    const started = await startGate({ scopes: ['ingest:write', 'query:read'], keyRoutes: ['health.track', 'health.overview'], packRoutes });
    gate = started;
    const statusOf = async (method: string, path: string): Promise<number> => {
      const body = method === 'POST' ? { body: '{}' } : {};
      return (await fetch(`http://127.0.0.1:${started.port}${path}`, { method, ...body, headers: { 'x-api-key': started.key } })).status;
    };
    const open = [
      ['POST', '/api/analytics/events/track'],
      ['POST', '/v1/writes/health/track'],
      ['GET', '/api/analytics/overview'],
      ['GET', '/v1/views/health/overview'],
    ] as const;
    for (const [method, path] of open) expect([path, await statusOf(method, path)]).toEqual([path, 200]);
    const verify = createCallerVerifier(CALLER_KEY, systemClock);
    const told = started.upstream.seen.map(({ headers }) => verify(String(headers['x-tidegate-caller'])));
    expect(told).toEqual(open.map(() => ({ ok: true, caller: expect.objectContaining({ routes: ['health.track', 'health.overview'] }) })));
    const closed = [
      ...[
        ['POST', '/v1/other'],
        ['POST', '/v1/writes/health/other'],
        ['POST', '/v1/events'],
        ['GET', '/v1/goals/latest'],
      ],
      ...[
        ['GET', '/v1/views/health/latest'],
        ['GET', '/v1/metrics'],
        ['POST', '/v1/query'],
        ['GET', '/v1/limits'],
        ['POST', '/v1/auth/tokens'],
      ],
    ] as const;
    for (const [method = '', path = ''] of closed) expect([path, await statusOf(method, path)]).toEqual([path, 403]);
    expect(started.upstream.seen).toHaveLength(open.length);
  });

  it('is found by its literal segments before its parameters', async () => {
    const { get, gate: started } = await startWith(['query:read']);
    expect((await get('/v1/goals/latest')).status).toBe(200);
    expect(started.upstream.seen.at(-1)?.url).toBe('/v1/views/health/latest');
  });

  it('needs the scope of its view, by whichever name it is asked', async () => {
    const { get, gate: started } = await startWith(['query:read']);
    for (const path of ['/v1/goals/u-1', '/v1/views/health/goals?user_id=u-1']) {
      const answer = await get(path);
      expect([answer.status, await answer.json()]).toMatchObject([403, { code: 'scope_missing' }]);
    }
    expect(started.upstream.seen).toEqual([]);
  });

  it('is nothing to a key of another tenant, nor without a key', async () => {
    const { get, gate: started } = await startWith(['query:read', 'patient:read'], 'other');
    expect((await get('/v1/goals/u-1')).status).toBe(404);
    expect((await get('/v1/views/health/goals')).status).toBe(404);
    expect((await fetch(`http://127.0.0.1:${started.port}/v1/goals/u-1`)).status).toBe(401);
    expect(started.upstream.seen).toEqual([]);
  });

  it('is gone with its pack, and there again with the next, without a restart', async () => {
    const { get, packRoutes } = await startWith(['query:read', 'patient:read']);
    packRoutes.put('acme', 'health', null);
    expect((await get('/v1/goals/u-1')).status).toBe(404);
    packRoutes.put('acme', 'health', { pack: 'health', views: { other: { ...views.goals, route: 'GET /v1/targets/{user_id}' } } });
    expect([(await get('/v1/goals/u-1')).status, (await get('/v1/targets/u-1')).status]).toEqual([404, 200]);
  });

  it('stands in the API document and on its page while the pack is there, and in no document that shows another tenant', async () => {
    const { get, packRoutes } = await startWith(['query:read']);
    packRoutes.put('other', 'secret', { pack: 'secret', views: { hidden: { ...views.goals, route: 'GET /v1/hidden/{user_id}' } } });
    const paths = async (): Promise<Record<string, unknown>> =>
      ((await (await get('/openapi.json')).json()) as { paths: Record<string, unknown> }).paths;
    expect(await paths()).toMatchObject({
      '/v1/goals/{user_id}': { get: { 'x-required-scope': 'patient:read', tags: ['health'] } },
      '/v1/views/health/plain': {},
      '/v1/query': {},
    });
    expect(await paths()).not.toHaveProperty(['/v1/hidden/{user_id}']);
    expect(await (await get('/docs')).text()).toContain('/v1/goals/{user_id}');
    packRoutes.put('acme', 'health', null);
    expect(await paths()).not.toHaveProperty(['/v1/goals/{user_id}']);
  });

  it('tells which methods it has', async () => {
    const { gate: started } = await startWith(['query:read']);
    const answer = await fetch(`http://127.0.0.1:${started.port}/v1/goals/u-1`, { method: 'POST', headers: { 'x-api-key': started.key } });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET']);
  });

  it('declares scopes that keys may have', () => {
    const routes = createPackRoutes();
    routes.put('acme', 'health', { pack: 'health', views });
    expect([[...routes.scopes('acme')].toSorted(), [...routes.scopes('other')]]).toEqual([['patient:read', 'query:read'], []]);
  });
});
