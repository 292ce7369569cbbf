import { FAULTS } from '@tidegate/core';
import { createMetrics, createTracing, silentLogger as log } from '@tidegate/telemetry';
import fc from 'fast-check';
import { isInnerList, parseList } from 'structured-headers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Handler, HttpListener, RouteNameOf } from '../src/index.ts';
import {
  createCallerVerifier,
  createHttpServer,
  createRouter,
  listRoutes,
  normalisePath,
  openApiDocument,
  rateLimitHeaders,
  readJsonBody,
  sendJson,
  sendProblem,
  signCaller,
} from '../src/index.ts';

const KEY = new Uint8Array(32).fill(1);
const CALLER = { tenant: 'acme', keyId: 'key_1', scopes: ['query:read'] };
const NOW_MS = 1_800_000_000_000;
const at = (nowMs: number): ReturnType<typeof createCallerVerifier> =>
  createCallerVerifier(KEY, { nowMs: () => nowMs, monotonicMs: () => 0 });

describe('the signed caller', () => {
  const header = signCaller(KEY, CALLER, NOW_MS);

  it('says who calls, for 60 seconds', () => {
    expect(at(NOW_MS)(header)).toEqual({ ok: true, caller: CALLER });
    expect(at(NOW_MS + 60_000)(header)).toMatchObject({ ok: true });
    expect(at(NOW_MS + 60_001)(header)).toEqual({ ok: false, reason: 'stale' });
    expect(at(NOW_MS - 5_001)(header)).toEqual({ ok: false, reason: 'stale' });
  });

  it('is as old as it is, also where it was checked before', () => {
    let nowMs = NOW_MS;
    const verify = createCallerVerifier(KEY, { nowMs: () => nowMs, monotonicMs: () => 0 });
    expect(verify(header)).toEqual({ ok: true, caller: CALLER });
    nowMs += 60_000;
    expect(verify(header)).toEqual({ ok: true, caller: CALLER });
    nowMs += 1;
    expect(verify(header)).toEqual({ ok: false, reason: 'stale' });
    expect(verify(`${header.slice(0, -2)}${header.at(-2) === 'A' ? 'B' : 'A'}${header.at(-1)}`)).toEqual({ ok: false, reason: 'forged' });
  });

  it('with any one character changed is refused', () => {
    for (let i = 0; i < header.length - 1; i++) {
      const changed = `${header.slice(0, i)}${header[i] === 'A' ? 'B' : 'A'}${header.slice(i + 1)}`;
      expect(at(NOW_MS)(changed).ok).toBe(false);
    }
  });

  it('of another key, without signature, or absent is refused', () => {
    expect(at(NOW_MS)(signCaller(new Uint8Array(32), CALLER, NOW_MS))).toEqual({ ok: false, reason: 'forged' });
    expect(at(NOW_MS)(header.split('.')[0])).toEqual({ ok: false, reason: 'malformed' });
    expect(at(NOW_MS)(undefined)).toEqual({ ok: false, reason: 'missing' });
  });
});

describe('the router', () => {
  it('prefers a literal segment to a parameter, in whatever order the routes stand', () => {
    const paths = ['/a/{x}', '/a/b', '/{y}/b', '/a/{x}/c', '/a/b/{z}'];
    fc.assert(
      fc.property(fc.shuffledSubarray(paths, { minLength: paths.length }), (shuffled) => {
        const match = createRouter(shuffled.map((path) => ({ method: 'GET', path })));
        const found = (path: string): string | null => {
          const result = match('GET', path);
          return result.kind === 'found' ? result.route.path : null;
        };
        expect(['/a/b', '/a/q', '/q/b', '/a/q/c', '/a/b/c', '/q/q'].map(found)).toEqual([
          '/a/b',
          '/a/{x}',
          '/{y}/b',
          '/a/{x}/c',
          '/a/b/{z}',
          null,
        ]);
      }),
    );
  });

  it('decodes what a parameter holds, and takes no empty one', () => {
    const match = createRouter([{ method: 'GET', path: '/m/{name}' }]);
    expect(match('HEAD', '/m/wiki%20edits')).toMatchObject({ params: { name: 'wiki edits' } });
    expect([match('GET', '/m/').kind, match('GET', '/m/%ff').kind]).toEqual(['not_found', 'not_found']);
    expect(match('POST', '/m/a')).toEqual({ kind: 'method_not_allowed', allow: ['GET'] });
  });
});

describe('the declared routes', () => {
  it('have a schema for each segment that a caller fills in, and for no other', () => {
    for (const { path, params } of listRoutes()) {
      const segments = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect([path, Object.keys(params?.shape ?? {})]).toEqual([path, segments]);
    }
  });

  it('that take a body have a schema for it which refuses what is no object and no list, and GET and DELETE take none but where one confirms', () => {
    for (const { name, method, path, body } of listRoutes()) {
      expect([path, body !== undefined]).toEqual([path, method === 'POST' || method === 'PUT' || name === 'deleteAccount']);
      for (const wrong of [1, 'text', null]) expect([path, body?.schema.safeParse(wrong).success ?? false]).toEqual([path, false]);
    }
  });

  it('that have a query refuse a value of the wrong kind in it', () => {
    for (const { path, query } of listRoutes()) {
      for (const name of Object.keys(query?.shape ?? {})) expect([path, query?.safeParse({ [name]: {} }).success]).toEqual([path, false]);
    }
  });
});

describe('a path', () => {
  it('that is taken means the same to a reader that decodes and resolves it', () => {
    const piece = fc.constantFrom('/', '.', '..', '%2e', '%2F', '%5c', '\\', 'v1', 'api', 'a', '%00', '%20', ';', ' ', '%');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const read = normalisePath(`/${pieces.join('')}`);
        if (!read.ok) return;
        // The platform's URL parser is the second reader; decoding must not bring forth another separator or dot segment.
        const other = new URL(`http://h${read.path}`).pathname;
        expect(other).toBe(read.path);
        expect(decodeURIComponent(other).split('/').length).toBe(read.path.split('/').length);
        expect(decodeURIComponent(other).split('/')).not.toContain('..');
      }),
      { numRuns: 2_000 },
    );
  });

  it('under /api/v1 is the one under /v1', () => {
    expect(normalisePath('/api/v1/query?q=1')).toEqual({ ok: true, path: '/v1/query', search: '?q=1' });
    expect(normalisePath('/api/v2/query')).toEqual({ ok: true, path: '/api/v2/query', search: '' });
  });
});

describe('limit headers', () => {
  it('are structured fields that another parser reads back', () => {
    const key = {
      policy: 'api_key',
      limit: 1_000,
      windowS: 60,
      remaining: 998,
      resetEpochS: 1_800_000_001,
      resetAfterS: 1,
      retryAfterS: 0,
    };
    // Refused: `t` is when there is enough, which Retry-After must not come before.
    const ip = { policy: 'ip', limit: 600, windowS: 60, remaining: 0, resetEpochS: 1_800_000_009, resetAfterS: 9, retryAfterS: 2 };
    const headers = rateLimitHeaders(ip, [key, ip]);
    const read = (field: string): unknown[] =>
      parseList(headers[field] ?? '').map((item) => {
        if (isInnerList(item)) throw new Error('not a list of items');
        return [item[0], Object.fromEntries(item[1])];
      });
    expect(read('ratelimit-policy')).toEqual([
      ['api_key', { q: 1_000, w: 60 }],
      ['ip', { q: 600, w: 60 }],
    ]);
    expect(read('ratelimit')).toEqual([
      ['api_key', { r: 998, t: 1 }],
      ['ip', { r: 0, t: 2 }],
    ]);
    expect([headers['x-ratelimit-limit'], headers['x-ratelimit-remaining'], headers['x-ratelimit-reset']]).toEqual([
      '600',
      '0',
      '1800000009',
    ]);
  });
});

describe('the API document', () => {
  const document = JSON.parse(JSON.stringify(openApiDocument({ version: '1.2.3' }))) as {
    components: { schemas: Record<string, unknown> };
    paths: Record<
      string,
      Record<
        string,
        {
          operationId: string;
          responses: Record<string, unknown>;
          parameters?: { name: string }[];
          requestBody?: { content: Record<string, { schema: Record<string, unknown> }> };
        }
      >
    >;
  };

  it('has every declared route and no other, each with its refusals', () => {
    const operations = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => `${method.toUpperCase()} ${path} ${operation.operationId}`),
    );
    expect(operations.toSorted()).toEqual(
      listRoutes()
        .map(({ method, path, name }) => `${method} ${path} ${name}`)
        .toSorted(),
    );
    expect(Object.keys(document.paths['/v1/query']?.['post']?.responses ?? {})).toEqual(
      expect.arrayContaining(['200', '400', '401', '403', '422', '429', '500', '502', '503', '504']),
    );
    expect(document.paths['/v1/receipts/{receipt}']?.['get']?.parameters?.map(({ name }) => name)).toEqual([
      'receipt',
      'wait_ms',
      'If-None-Match',
    ]);
  });

  it('has no reference that leads nowhere', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, target]) => target);
    const components = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect(components.toSorted()).toEqual([...new Set(references)].toSorted());
    expect(JSON.stringify(document)).not.toContain('$defs');
  });

  it('describes the question, every analysis and every journey with the members that they have', () => {
    const schema = document.paths['/v1/query']?.['post']?.requestBody?.content['application/json']?.schema;
    const named = [...JSON.stringify(schema).matchAll(/#\/components\/schemas\/(\w+)/g)].map((match) => match[1]);
    const analyses = ['Trend', 'Anomalies', 'Forecast', 'Correlate', 'Compare', 'Distribution'];
    const journeys = ['Funnel', 'Retention', 'Cohort', 'Stratify', 'Sessions', 'Experiment'];
    expect(named).toEqual(['Question', ...[...analyses, ...journeys].map((kind) => `${kind}Question`)]);
    expect(document.components.schemas['Question']).toMatchObject({
      type: 'object',
      properties: { metric: { type: 'string' }, group_by: { type: 'array' }, wait_ms: { default: 1_000 } },
      required: ['metric'],
    });
    expect(document.components.schemas['TrendQuestion']).toMatchObject({ required: ['kind', 'metric', 'measure'] });
  });
});

describe('a service behind the gateway', () => {
  let server: HttpListener;
  let port: number;
  const gone = Promise.withResolvers<void>();
  const handlers: Readonly<Record<RouteNameOf<'query'>, Handler>> = {
    exportOwn: (exchange) => sendJson(exchange, {}),
    exportOwnByPost: (exchange) => sendJson(exchange, {}),
    createWarehouseExport: (exchange) => sendJson(exchange, {}),
    readWarehouseExport: (exchange) => sendJson(exchange, {}),
    readWarehouseManifest: (exchange) => sendJson(exchange, {}),
    readWarehouseFile: (exchange) => sendJson(exchange, {}),
    exportPerson: (exchange) => sendJson(exchange, {}),
    readOwnExport: (exchange) => sendJson(exchange, {}),
    readExport: (exchange) => sendJson(exchange, {}),
    downloadExport: (exchange) => sendJson(exchange, {}),
    askKept: (exchange) => sendJson(exchange, {}),
    askFunnel: (exchange) => sendJson(exchange, {}),
    listFunnels: (exchange) => sendJson(exchange, {}),
    listExperiments: (exchange) => sendJson(exchange, {}),
    readExperiment: (exchange) => sendJson(exchange, {}),
    readAssignment: (exchange) => sendJson(exchange, {}),
    watch: (exchange) => sendJson(exchange, {}),
    askBatch: (exchange) => sendJson(exchange, {}),
    previewPack: (exchange) => sendJson(exchange, {}),
    readView: (exchange) => sendJson(exchange, {}),
    runWrite: (exchange) => sendJson(exchange, {}),
    listInsights: (exchange) => sendJson(exchange, {}),
    listRejected: (exchange) => sendJson(exchange, {}),
    listBudgets: (exchange) => sendJson(exchange, {}),
    listRestatements: (exchange) => sendJson(exchange, {}),
    readRejected: (exchange) => sendJson(exchange, {}),
    readAudit: (exchange) => sendJson(exchange, {}),
    verifyAudit: (exchange) => sendJson(exchange, {}),
    readRecounts: (exchange) => sendJson(exchange, {}),
    readEvent: (exchange) => sendJson(exchange, {}),
    readEventStats: (exchange) => sendJson(exchange, {}),
    readRecentEvents: (exchange) => sendJson(exchange, {}),
    askRecount: (exchange) => sendJson(exchange, {}),
    listEventTypes: (exchange) => sendJson(exchange, {}),
    listGaps: (exchange) => sendJson(exchange, {}),
    readCacheStats: (exchange) => sendJson(exchange, {}),
    resetCacheStats: (exchange) => sendJson(exchange, {}),
    readCache: (exchange) => sendJson(exchange, {}),
    listKeptNames: (exchange) => sendJson(exchange, {}),
    adviseCache: (exchange) => sendJson(exchange, {}),
    dropKept: (exchange) => sendJson(exchange, {}),
    acknowledgeGap: (exchange) => sendJson(exchange, {}),
    listJobs: (exchange) => sendJson(exchange, {}),
    readJob: (exchange) => sendJson(exchange, {}),
    readJobResult: (exchange) => sendJson(exchange, {}),
    cancelJob: (exchange) => sendJson(exchange, {}),
    askQuestion: async (exchange) => {
      const body = await readJsonBody(exchange.request, 100);
      if (body.ok) sendJson(exchange, { echo: body.value, tenant: exchange.caller.tenant });
      else sendProblem(exchange.response, body.fault, exchange.context);
    },
    readReceipt: ({ signal }) => {
      signal.addEventListener('abort', () => gone.resolve());
    },
    readMetric: () => Promise.reject(new Error('a secret cause')),
    readStatus: (exchange) => sendJson(exchange, {}),
    listMetrics: (exchange) => sendJson(exchange, Object.fromEntries(exchange.query)),
    listPacks: (exchange) => sendJson(exchange, exchange.context),
    readPack: (exchange) => sendJson(exchange, exchange.params),
  };

  beforeAll(async () => {
    const clock = { nowMs: () => NOW_MS, monotonicMs: () => performance.now() };
    server = createHttpServer({
      handlers,
      callerKey: KEY,
      clock,
      log,
      metrics: createMetrics('query'),
      tracing: createTracing({ service: 'query' }),
    });
    port = await server.listen({ host: '127.0.0.1', port: 0 });
  });
  afterAll(() => server.close());

  const call = (path: string, init: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> } = {}): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      ...init,
      headers: { 'x-tidegate-caller': signCaller(KEY, CALLER, NOW_MS), ...init.headers },
    });

  it('answers nobody but the gateway, not even which routes there are', async () => {
    const answers = await Promise.all([fetch(`http://127.0.0.1:${port}/v1/packs`), fetch(`http://127.0.0.1:${port}/v1/none`)]);
    expect(answers.map(({ status }) => status)).toEqual([401, 401]);
  });

  it('hands parameters, query and identity of the request on', async () => {
    expect(await (await call('/v1/packs/wikipedia')).json()).toEqual({ pack: 'wikipedia' });
    expect(await (await call('/v1/metrics?a=1')).json()).toEqual({ a: '1' });
    const named = await call('/v1/packs', {
      headers: { 'x-request-id': 'request-0001', traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` },
    });
    expect(await named.json()).toMatchObject({ requestId: 'request-0001', traceId: 'a'.repeat(32) });
  });

  it('tells what is wrong with a body as a problem', async () => {
    const post = (body: string | Uint8Array<ArrayBuffer>, type = 'application/json'): Promise<Response> =>
      call('/v1/query', { method: 'POST', body, headers: { 'content-type': type } });
    expect(await (await post('{"a":1}')).json()).toEqual({ echo: { a: 1 }, tenant: 'acme' });
    const codes = await Promise.all(
      [post('{'), post(new Uint8Array([0x22, 0xff, 0x22])), post('1'.repeat(101)), post('a', 'text/csv')].map(async (answer) => {
        const response = await answer;
        const problem = (await response.json()) as Record<string, unknown>;
        expect(response.headers.get('content-type')).toBe('application/problem+json');
        expect(problem).toMatchObject({
          status: response.status,
          request_id: response.headers.get('x-request-id'),
          trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
        });
        expect([problem['title'], problem['detail']]).toEqual([
          FAULTS[problem['code'] as keyof typeof FAULTS].title,
          FAULTS[problem['code'] as keyof typeof FAULTS].next,
        ]);
        return [response.status, problem['code'], problem['type']];
      }),
    );
    expect(codes).toEqual([
      [400, 'bad_json', '/problems/bad-json'],
      [400, 'bad_utf8', '/problems/bad-utf8'],
      [413, 'body_too_large', '/problems/body-too-large'],
      [415, 'unsupported_format', '/problems/unsupported-format'],
    ]);
  });

  it('a handler that fails is a 500 that tells nothing of the cause', async () => {
    const answer = await call('/v1/metrics/any');
    const text = await answer.text();
    expect([answer.status, text.includes('secret cause')]).toEqual([500, false]);
  });

  it('tells the handler when the client has gone', async () => {
    const abort = new AbortController();
    const asked = call('/v1/receipts/r', { signal: abort.signal }).catch(() => undefined);
    const timer = setInterval(() => abort.abort(), 50);
    await expect(gone.promise).resolves.toBeUndefined();
    clearInterval(timer);
    await asked;
  });
});
