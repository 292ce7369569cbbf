import { describe, expect, it } from 'vitest';
import type { EffectiveLimits, LimitLayer } from './limits-tree.ts';
import { compileLimits, lintReach, SHIPPED_LAYER } from './limits-tree.ts';
import type { LimitSubject } from './plan-levels.ts';
import { planLevels } from './plan-levels.ts';
import { compileRoutePattern } from './route-pattern.ts';

function compiled(...layers: Partial<LimitLayer>[]): EffectiveLimits {
  const result = compileLimits([
    SHIPPED_LAYER,
    ...layers.map((layer, at) => ({ source: `layer ${at}`, policies: {}, classes: [], ...layer })),
  ]);
  if (!result.ok) throw new Error(JSON.stringify(result.fault));
  return result.value;
}

const NOBODY: LimitSubject = { address: '198.51.100.1', network: null, tenant: null, keyId: null, userId: null, account: null };
const KEY: LimitSubject = { ...NOBODY, tenant: 'acme', keyId: 'key_1' };
const USER: LimitSubject = { ...NOBODY, tenant: 'acme', userId: 'jane', network: '2001:db8:1::/48' };

function names(limits: EffectiveLimits, route: string, who: LimitSubject, hasFailed = false): string[] {
  const [method = '', path = ''] = route.split(' ');
  return planLevels({ limits, limitClass: limits.classOf(method, path), route, who, hasFailed }).map(
    ({ policy, stage }) => `${stage} ${policy.name}`,
  );
}

describe('the shipped limits', () => {
  // The merged table of rate-limit classes: class, requests, window in seconds, burst.
  it.each([
    ['login', 5, 60, 5],
    ['login_account', 5, 60, 5],
    ['analytics', 30, 60, 30],
    ['patient_data', 60, 60, 60],
    ['api_key', 1_000, 60, 1_000],
    ['ip', 600, 60, 10],
    ['user', 100, 60, 100],
    ['endpoint', 100, 60, 100],
    ['global', 10_000, 60, 1_000],
    ['ingest', 60_000, 60, 60_000],
  ])('%s', (name, limit, windowS, burst) => {
    expect(compiled().policies.get(name)).toMatchObject({ limit, windowS, burst, mode: 'enforce', source: 'shipped' });
  });

  it.each([
    ['POST /v1/query', KEY, ['1 ip', '1 global', '2 api_key']],
    ['POST /v1/query', USER, ['1 ip', '1 network', '1 global', '2 user', '2 endpoint']],
    ['POST /v1/query', NOBODY, ['1 ip', '1 global', '2 user', '2 endpoint']],
    ['POST /v1/events', KEY, ['2 ingest']],
    ['POST /v1/segment/track', KEY, ['2 ingest']],
    ['POST /v1/events', NOBODY, ['1 ip', '1 global']],
    ['GET /v1/analytics/diagnoses/distribution', USER, ['1 ip', '1 network', '1 global', '2 analytics', '2 user', '2 endpoint']],
    ['GET /v1/analytics/diagnoses/distribution', KEY, ['1 ip', '1 global', '2 api_key']],
    ['GET /v1/patients/{id}', USER, ['1 ip', '1 network', '1 global', '2 patient_data', '2 user', '2 endpoint']],
    ['POST /v1/auth/login', NOBODY, ['1 ip', '1 global', '1 login']],
    ['POST /v1/auth/login', { ...NOBODY, account: 'jane' }, ['1 ip', '1 global', '1 login', '2 login_account']],
    ['GET /health', NOBODY, []],
    ['GET /health', KEY, []],
  ])('%s is asked of these levels, in this order: %j', (route, who, expected) => {
    expect(names(compiled(), route, who)).toEqual(expected);
  });

  it('a wrong credential pays for itself and touches nobody’s own limits', () => {
    expect(names(compiled(), 'POST /v1/query', NOBODY, true)).toEqual(['1 ip', '1 global', '1 auth_failure']);
    expect(names(compiled(), 'POST /v1/events', NOBODY, true)).toEqual(['1 ip', '1 global', '1 auth_failure']);
  });
});

describe('the hierarchy', () => {
  it('a later voice changes what it names and nothing else, and is named as the source', () => {
    const limits = compiled(
      { source: 'pack shop', policies: { 'shop.carts': { scope: 'user', limit: 60, window_s: 3_600, burst: 6 } } },
      { source: 'tenant', policies: { 'shop.carts': { limit: 600 }, user: { mode: 'shadow' } } },
      { source: 'key', policies: { api_key: { limit: 7, without_redis: 'closed' } } },
    );
    // 600 in place of 60 an hour: the burst keeps its proportion.
    expect(limits.policies.get('shop.carts')).toMatchObject({ scope: 'user', limit: 600, windowS: 3_600, burst: 60, source: 'tenant' });
    expect(limits.policies.get('user')).toMatchObject({ limit: 100, mode: 'shadow', source: 'tenant' });
    expect(limits.policies.get('api_key')).toMatchObject({ limit: 7, burst: 7, withoutRedis: 'closed', source: 'key' });
    expect(limits.policies.get('ip')).toMatchObject({ limit: 600, burst: 10, source: 'shipped' });
  });

  it('classes of later voices are asked first, those of one voice in their order', () => {
    const limits = compiled(
      { source: 'pack', classes: [{ class: 'p', routes: ['GET /v1/analytics/**', '* /v1/x/*'], policies: ['user'] }] },
      {
        source: 'tenant',
        classes: [
          { class: 't1', routes: ['POST /v1/x/{id}'], policies: ['user'], cost: 5 },
          { class: 't2', routes: ['POST /v1/x/*'], policies: [] },
        ],
      },
    );
    const classes = ['GET /v1/analytics/a/b', 'POST /v1/x/{id}', 'GET /v1/x/{id}', 'GET /v1/x', 'GET /v1/y'].map((route) => {
      const [method = '', path = ''] = route.split(' ');
      return limits.classOf(method, path).name;
    });
    expect(classes).toEqual(['p', 't1', 'p', 'default', 'default']);
    expect(limits.classOf('POST', '/v1/x/{id}').cost).toBe(5);
  });

  it('a limit of a tenant counts all its requests, a policy that is off none', () => {
    const limits = compiled({ policies: { all: { scope: 'tenant', limit: 10 }, ip: { mode: 'off' }, api_key: { mode: 'off' } } });
    expect(names(limits, 'POST /v1/query', KEY)).toEqual(['1 global', '2 all']);
    expect(names(limits, 'POST /v1/events', KEY)).toEqual(['2 all', '2 ingest']);
    expect(names(limits, 'GET /health', KEY)).toEqual([]);
  });

  it.each([
    ['a policy without a limit', { policies: { own: { scope: 'user' as const } } }],
    [
      'a policy that cannot be counted exactly',
      { policies: { own: { scope: 'user' as const, limit: 1, window_s: 2_678_400, burst: 4_000 } } },
    ],
    ['a class of a policy that there is not', { classes: [{ class: 'c', routes: ['* /**'], policies: ['none'] }] }],
    ['a class that costs more than a bucket holds', { classes: [{ class: 'c', routes: ['* /**'], policies: ['analytics'], cost: 31 }] }],
  ])('%s is refused', (_, layer) => {
    expect(compileLimits([SHIPPED_LAYER, { source: 'tenant', policies: {}, classes: [], ...layer }])).toMatchObject({
      ok: false,
      fault: [{ code: 'limits_invalid', path: expect.stringMatching(/^tenant\./) }],
    });
  });

  it('no tenant reaches what counts before it is known who asks, nor the classes of the installation', () => {
    const reach = (policies: LimitLayer['policies'], classes: LimitLayer['classes'] = []): number =>
      lintReach({ policies, classes }, 'tenant').length;
    expect(reach({ ip: { limit: 1 } })).toBe(1);
    expect(reach({ own: { scope: 'global', limit: 1 } })).toBe(1);
    expect(reach({ login: { limit: 1_000 } })).toBe(1);
    expect(reach({}, [{ class: 'exempt', routes: ['* /**'], policies: [] }])).toBe(1);
    expect(reach({ user: { limit: 1 }, own: { scope: 'tenant', limit: 1 } }, [{ class: 'mine', routes: ['* /**'], policies: [] }])).toBe(0);
  });
});

describe('a route pattern', () => {
  it.each([
    ['GET /v1/a', 'GET', '/v1/a', true],
    ['GET /v1/a', 'POST', '/v1/a', false],
    ['* /v1/a', 'POST', '/v1/a', true],
    ['* /v1/*', 'GET', '/v1/{metric}', true],
    ['* /v1/{x}', 'GET', '/v1/a', true],
    ['* /v1/*', 'GET', '/v1/a/b', false],
    ['* /v1/**', 'GET', '/v1/a/b', true],
    ['* /v1/**', 'GET', '/v1', true],
    ['* /v1/**', 'GET', '/v2/a', false],
    ['* /**', 'GET', '/anything/at/all', true],
    ['* /v1/admin/**', 'GET', '/v1/administration', false],
  ])('%s and %s %s: %s', (pattern, method, path, expected) => {
    expect(compileRoutePattern(pattern)(method, path)).toBe(expected);
  });
});
