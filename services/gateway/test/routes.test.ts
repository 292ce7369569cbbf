import type { NamedRoute } from '@tidegate/http';
import { listRoutes, SCOPES } from '@tidegate/http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GateUnderTest } from './gate-fixture.ts';
import { startGate } from './gate-fixture.ts';

/** Who signs in cannot say yet who they are; what they may try is limited. */
const SIGN_IN = ['login', 'loginUser', 'registerUser', 'refresh'];
/** Requirement N-27 by name: what may be asked without a key and as often as one likes. `/metrics` has a port of its own. */
const EXEMPT = ['/health', '/health/live', '/health/ready', '/api/v1/health', '/docs', '/openapi.json'];

const guarded = listRoutes().filter(({ scope }) => scope !== null);
const titleOf = ({ method, path }: NamedRoute): string => `${method} ${path}`;
const cases = guarded.map((route): [string, NamedRoute] => [titleOf(route), route]);
/** What stands for a `{name}` that is not just any word. */
const NAMES: Readonly<Record<string, string>> = {
  receipt: 'tgr1.any',
  key: 'key_any',
  gap: 'live-1-2-3',
  issuer: 'any',
  user: 'usr_any',
  job: '0199c1d2-0000-7000-8000-000000000000',
  id: '0199c1d2-0000-7000-8000-000000000000',
  no: '0',
  ref: 'i-1-2-3',
  pseudonym: 'a'.repeat(64),
};
/** A request path of the route, also under `/api` where it has that alias. */
const formsOf = ({ path }: NamedRoute): string[] => {
  const concrete = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => NAMES[name] ?? 'any');
  return concrete.startsWith('/v1/') ? [concrete, `/api${concrete}`] : [concrete];
};

/** All routes are asked from one address, several times each: more in a minute than one address may. */
const PATIENT = { user: { burst: 10_000 } } as const;

let gate: GateUnderTest;

async function ask(route: NamedRoute, path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${gate.port}${path}`, { method: route.method, headers });
}

describe('every declared route', () => {
  beforeAll(async () => {
    gate = await startGate({ policies: PATIENT, scopes: SCOPES });
  });
  afterAll(() => gate.close());

  it.each(cases)('%s answers 401 without a key, counted by address, and nothing of it reaches a service', async (_, route) => {
    const before = gate.upstream.seen.length;
    for (const path of formsOf(route)) {
      const answer = await ask(route, path);
      const told = answer.headers.get('ratelimit-policy') ?? '';
      expect([answer.status, told.startsWith('"ip";q='), told.includes('api_key'), told.includes('global')]).toEqual([
        401,
        true,
        false,
        false,
      ]);
      expect(await answer.json()).toMatchObject({ code: 'credentials_missing' });
    }
    expect(gate.upstream.seen.length).toBe(before);
  });

  it.each(cases)('%s is limited, in the class of its kind, under /v1 and under /api/v1 alike', async (_, route) => {
    // What takes events has a class of its own (H-59), all else counts as calls of the key.
    const limitClass = route.limitClass === 'ingest' ? 'ingest' : 'api_key';
    for (const path of formsOf(route)) {
      const answer = await ask(route, path, { 'x-api-key': gate.key });
      const byAddress = limitClass === 'ingest' ? '' : '"ip";q=6000000;w=60, ';
      expect([answer.status, answer.headers.get('ratelimit-policy')]).toEqual([200, `${byAddress}"${limitClass}";q=100000;w=60`]);
      if (route.answers === 'gateway') expect(await answer.json()).toEqual({ route: route.name });
      else expect(gate.upstream.seen.at(-1)).toMatchObject({ method: route.method, url: formsOf(route)[0] });
    }
  });
});

describe('every declared route, for a key without scopes', () => {
  beforeAll(async () => {
    gate = await startGate({ scopes: [] });
  });
  afterAll(() => gate.close());

  it.each(cases)('%s is 403', async (_, route) => {
    for (const path of formsOf(route)) {
      const answer = await ask(route, path, { 'x-api-key': gate.key });
      expect([answer.status, await answer.json()]).toMatchObject([403, { code: 'scope_missing' }]);
    }
    expect(gate.upstream.seen).toEqual([]);
  });
});

describe('every declared route, for a person who may see only their own rows', () => {
  const person = { tenant: 'acme', keyId: 'issuer_idp', scopes: SCOPES.filter((scope) => scope !== 'events:read'), subject: 'user-17' };
  const all = { ...person, subject: 'user-18', scopes: SCOPES };
  beforeAll(async () => {
    gate = await startGate({ policies: PATIENT, readToken: (token) => ({ ok: true, caller: token === 'eyJall' ? all : person }) });
  });
  afterAll(() => gate.close());

  /** By hand: where answers are held to the person's rows, or hold nobody's. All else is closed, so a new route shows nothing. */
  const OPEN = [
    ...['sendEvents', 'segmentTrack', 'segmentIdentify', 'segmentPage', 'segmentScreen', 'segmentGroup', 'segmentAlias', 'segmentBatch'],
    ...[
      'askQuestion',
      'askKept',
      'askBatch',
      'askFunnel',
      'readView',
      'runWrite',
      'listInsights',
      'watch',
      'listMetrics',
      'readMetric',
      'readReceipt',
      'readRecentEvents',
    ],
    ...['listFunnels', 'listExperiments', 'readExperiment', 'readAssignment'],
    ...[
      'applyPack',
      'validatePack',
      'diffPack',
      'rollbackPack',
      'defineEventType',
      'changeEventType',
      'createKey',
      'listKeys',
      'rotateKey',
      'revokeKey',
      'putIssuer',
      'listIssuers',
      'removeIssuer',
      'readLimits',
      'explainLimits',
      'readTenantLimits',
      'putTenantLimits',
      'readInstallationLimits',
      'putInstallationLimits',
      'readOrigins',
      'putOrigins',
    ],
    ...['deleteAccount', 'deleteAccountByPost', 'readOwnErasure', 'exportOwn', 'exportOwnByPost', 'readOwnExport'],
    ...['logout', 'logoutUser', 'createUser', 'listUsers', 'changeUser', 'disableUser', 'listRoles'],
  ];

  it.each(cases)('%s is open or closed as the list says, and open to who may see all', async (_, route) => {
    for (const path of formsOf(route)) {
      const before = gate.upstream.seen.length;
      const own = await ask(route, path, { authorization: 'Bearer eyJown' });
      if (OPEN.includes(route.name)) expect(own.status).toBe(200);
      else {
        expect([own.status, await own.json()]).toMatchObject([
          403,
          { code: route.scope === 'events:read' ? 'scope_missing' : 'row_refused' },
        ]);
        expect(gate.upstream.seen.length).toBe(before);
      }
      expect((await ask(route, path, { authorization: 'Bearer eyJall' })).status).toBe(200);
    }
  });
});

describe('a path that can name nothing', () => {
  beforeAll(async () => {
    gate = await startGate({ policies: PATIENT, scopes: SCOPES });
  });
  afterAll(() => gate.close());

  it.each(['/v1/receipts/tgr2.x', '/v1/receipts/tgr1.', `/v1/metrics/${'m'.repeat(201)}`, '/v1/admin/keys/tg_live_x'])(
    'is 404 before any work: %s',
    async (path) => {
      const method = path.includes('admin') ? 'DELETE' : 'GET';
      const answer = await fetch(`http://127.0.0.1:${gate.port}${path}`, { method, headers: { 'x-api-key': gate.key } });
      expect([answer.status, answer.headers.get('x-ratelimit-limit')]).toEqual([404, '100']);
      expect(gate.upstream.seen).toEqual([]);
    },
  );
});

describe('events count in a class of their own', () => {
  beforeAll(async () => {
    gate = await startGate({ perMinute: 1 });
  });
  afterAll(() => gate.close());

  it('so that neither questions nor events take from the bucket of the other', async () => {
    const statuses: number[] = [];
    for (const name of ['listMetrics', 'listMetrics', 'sendEvents', 'sendEvents', 'readStatus']) {
      const route = guarded.find((declared) => declared.name === name);
      if (route !== undefined) statuses.push((await ask(route, route.path, { 'x-api-key': gate.key })).status);
    }
    expect(statuses).toEqual([200, 429, 200, 429, 429]);
  });
});

/** Its link is what lets in, and guessing is bounded as guessing at passwords is. */
const LINKED = 'downloadExport';

describe('the exempt paths', () => {
  beforeAll(async () => {
    gate = await startGate({ perMinute: 1 });
  });
  afterAll(() => gate.close());

  it('are these and no others', () => {
    const asked: readonly string[] = [...SIGN_IN, LINKED];
    const open = listRoutes().filter(({ name, scope, limitClass }) => !asked.includes(name) && (scope === null || limitClass === null));
    expect(open.map((route) => formsOf(route).at(-1)).toSorted()).toEqual(EXEMPT.toSorted());
    expect(open.filter(({ scope, limitClass }) => scope !== null || limitClass !== null)).toEqual([]);
    expect(listRoutes().find(({ name }) => name === LINKED)).toMatchObject({ scope: null, limitClass: 'login' });
    expect(SIGN_IN.map((name) => listRoutes().find((route) => route.name === name)?.limitClass)).toEqual([
      ...['login', 'login', 'login'],
      'api_key',
    ]);
  });

  it.each(EXEMPT)('%s answers without a key, beyond any limit, and tells no numbers', async (path) => {
    for (const headers of [{}, {}, { 'x-api-key': gate.key }, { 'x-api-key': 'not a key' }]) {
      const answer = await fetch(`http://127.0.0.1:${gate.port}${path}`, { headers });
      expect([answer.status, answer.headers.get('x-ratelimit-limit'), answer.headers.get('ratelimit')]).toEqual([200, null, null]);
      await answer.text();
    }
  });

  it.each(['/docs/x', '/DOCS', '/health/x', '/api/v1/health/x', '/metrics', '/api/health'])('%s is none of them', async (path) => {
    const answer = await fetch(`http://127.0.0.1:${gate.port}${path}`);
    expect(answer.status).toBe(404);
  });

  it.each(['/docs/', '/api/v1/health/'])('%s is one of them: a slash at the end says nothing', async (path) => {
    expect((await fetch(`http://127.0.0.1:${gate.port}${path}`)).status).toBe(200);
  });

  it('the page at /docs is HTML under a policy that lets it load nothing', async () => {
    const answer = await fetch(`http://127.0.0.1:${gate.port}/docs`);
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(await answer.text()).toContain('POST /v1/events');
  });

  it('/api/v1/health says status, version, checks and how far events are counted, the same as /health', async () => {
    const [short, long] = await Promise.all(
      ['/api/v1/health', '/health'].map(async (path) => (await fetch(`http://127.0.0.1:${gate.port}${path}`)).json()),
    );
    expect(short).toEqual({
      ...{ status: 'ok', version: '1.2.3', checks: { kafka: 'connected', postgres: 'connected', redis: 'connected' } },
      progress: { partitions: 12, complete_through: '2026-11-04T10:00:00.000Z', as_of: '2026-11-04T10:00:01.000Z' },
    });
    expect(short).toEqual(long);
  });
});
