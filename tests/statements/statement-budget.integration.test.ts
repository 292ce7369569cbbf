import { readFileSync } from 'node:fs';
import { compilePack, compileViews, parsePack } from '@tidegate/core';
import type { CompiledParam, CompiledView, PackSource } from '@tidegate/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { RunningQuery } from '../../services/query/src/app.ts';
import { createPseudonyms } from '../../services/query/src/pseudonyms.ts';
import { createWorld, SECRET, until } from '../../services/query/test/world.ts';
import type { World } from '../../services/query/test/world.ts';
import { listServedRoutes } from '../../packages/http/src/routes/routes.ts';
import { packFile } from '../packs/pack-in-process.ts';
import { COUNTED_HEADER, watchStatements } from './count-statements.ts';
import { fillTables, SAMPLE } from './fill-tables.ts';

// docs/reference/statements.md declares how many statements each route of the query service sends to Postgres. Here two tenants are
// asked the same of 3 rows and of 60 in each table: both have to send as many as the page says.

const SIZES = { few: 3, many: 60 } as const;
type Tenant = keyof typeof SIZES;
const TENANTS = Object.keys(SIZES) as readonly Tenant[];
const PACKS = ['fitness', 'healthtrack', 'marb', 'novamind', 'studyin', 'wikipedia', 'traces'] as const;
const PERSON = 'person-1';
const FINDING = JSON.stringify({ rank: 1, rule: 'rule', category: 'activity', title: 'A finding', message: 'Found.', priority: 'low' });
const page = readFileSync(new URL('../../docs/reference/statements.md', import.meta.url), 'utf8');
const JOBS = { few: '00000000-0000-4000-8000-000000000001', many: '00000000-0000-4000-8000-000000000002' } as const;

const sources = new Map(PACKS.map((name) => [name, sourceOf(name)]));
const views = [...sources.values()].flatMap((source) => [...compileViews(source).values()]);
const SCOPES = [
  'query:read',
  'events:read',
  'live:read',
  'cache:read',
  'tenant:admin',
  'ops:admin',
  ...new Set(views.map(({ scope }) => scope)),
];
const watching = watchStatements();
let world: World;
let service: RunningQuery;
let calls = 0;

beforeAll(async () => {
  world = await createWorld(1);
  await world.sql('SELECT ensure_raw_day(current_date)');
  for (const tenant of TENANTS) {
    const person = createPseudonyms(Buffer.from(SECRET))(tenant, PERSON);
    for (const [name, source] of sources) {
      const metricVersions = Object.fromEntries(Object.keys(source.metrics ?? {}).map((metric) => [metric, 1]));
      const pack = compilePack({ tenant, version: 1, metricVersions, pack: source });
      await fillTables({ pack, size: SIZES[tenant], person, sql: world.sql });
      const value = { pack: name, version: 1, source, metrics: metricVersions };
      await world.sendJson(world.topics.control, `pack/${tenant}/${name}`, { version: 1, value });
    }
    await fillLists(tenant, person);
  }
  await world.sql('ANALYZE');
  service = await world.start({ DATABASE_CONNECTIONS: '1', ANSWER_WITHIN_MS: '30000', ENABLE_REDIS_CACHE: 'false' });
  for (const tenant of TENANTS) {
    await until(
      async () => (await call(tenant, '/v1/packs')).text,
      (text) => text.includes('"traces"'),
    );
  }
});
afterAll(async () => {
  watching.stop();
  await world?.close();
});

function sourceOf(name: string): PackSource {
  const parsed = parsePack(parse(readFileSync(packFile(name, 'pack.yaml'), 'utf8')));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
  return parsed.value;
}

/** What other routes list, by the statement that makes a row of each `n`. */
async function fillLists(tenant: Tenant, person: string): Promise<void> {
  const lane = TENANTS.indexOf(tenant);
  const zeros = `decode(repeat('00', 32), 'hex')`;
  const lists = {
    'rejected_event (tenant, topic, log_generation, partition, log_offset, code, path, lane, length, sha256, received_at)': `'${tenant}', '${world.topics.rejected}', 1, ${lane}, n, 'event_unreadable', '', 'ingest', 1, ${zeros}, now()`,
    'restated_bucket (tenant, metric, version, bucket_s, cause, partition)': `'${tenant}', 'wiki.edits', 1, n * 900, 'repair', 0`,
    'stream_tally (tenant, minute, what, name, events, last_at)': `'${tenant}', date_trunc('minute', now()) - n * INTERVAL '1 minute', 'type', 'wiki.edit', 1, now()`,
    'dimension_budget (tenant, metric, dimension, event_day, admitted, values_max, spent_at)': `'${tenant}', 'wiki.edits', 'page', current_date - n::int, 9, 9, now()`,
    'cell_drift (tenant, metric, version, partition, grain, bucket_s, series_id, subject, dims, kind)': `'${tenant}', 'wiki.edits', 1, 0, 2, n * 900, gen_random_uuid(), '', '{}', 'stray'`,
    'job (job_id, tenant, owner, kind, params, params_sha256, state, finished_at, expires_at)': `CASE WHEN n = 1 THEN '${JOBS[tenant]}'::uuid ELSE gen_random_uuid() END, '${tenant}', 'k1', 'answer', '{}', ${zeros}, 'completed', now(), now() + INTERVAL '1 day'`,
    'insight_finding (tenant, subject, pack, insight, finding_id, rule, about, rank, finding, created_at, seen_at)': `'${tenant}', '${person}', 'healthtrack', 'recommendations', gen_random_uuid(), 'rule', n::text, n, '${FINDING}', now(), now()`,
    'log_gap (lane, partition, log_generation, from_offset, to_offset)': `'live', ${lane}, 1, n, n + 1`,
  };
  for (const [table, values] of Object.entries(lists))
    await world.sql(`INSERT INTO ${table} SELECT ${values} FROM generate_series(1, ${SIZES[tenant]}) n`);
}

interface Asked {
  readonly body?: unknown;
}

async function call(tenant: Tenant, path: string, { body }: Asked = {}) {
  calls += 1;
  const name = `call-${calls}`;
  const answer = await world.call(service, path, { tenant, as: { scopes: SCOPES }, headers: { [COUNTED_HEADER]: name }, body });
  return { ...answer, sent: watching.sent(name) };
}

function textOf({ type, values, min, default: value }: CompiledParam): string {
  if (type === 'subject') return PERSON;
  if (value !== undefined) return String(value);
  if (type === 'list') return listed(values, min ?? 1).join(',');
  if (type === 'integer' || type === 'number') return String(min ?? 1);
  return values?.[0] ?? SAMPLE;
}

function listed(values: readonly string[] | undefined, count: number): readonly string[] {
  return values?.slice(0, count) ?? Array.from({ length: count }, (_, at) => (at === 0 ? SAMPLE : `${SAMPLE}-${at + 1}`));
}

function pathOf({ pack, view, params }: CompiledView): string {
  const given = params.filter(({ type, isOptional, default: value }) => type === 'subject' || (!isOptional && value === undefined));
  const query = new URLSearchParams(given.map((param): [string, string] => [param.name, textOf(param)]));
  return `/v1/views/${pack}/${view}?${query.toString()}`;
}

const WEEK = { metric: 'wiki.edits', last: '7d' } as const;
const STEP = { event: 'wiki.edit' } as const;
const FUNNEL = { kind: 'funnel', last: '30d', steps: [STEP, STEP] } as const;
const TABLE = { ...WEEK, kind: 'table', group_by: ['channel'] } as const;

interface AskedRoute {
  readonly path: string | ((tenant: Tenant) => string);
  readonly body?: unknown;
}
const question = (body: object): AskedRoute => ({ path: '/v1/query', body });

/** What is asked, by the words that the page has for it. */
const ROUTES: Readonly<Record<string, AskedRoute>> = {
  'POST /v1/query: summary': question({ ...WEEK, kind: 'summary' }),
  'POST /v1/query: series': question({ ...WEEK, kind: 'series', grain: 'day' }),
  'POST /v1/query: table': question(TABLE),
  'POST /v1/query: funnel': question(FUNNEL),
  'POST /v1/query: retention': question({ kind: 'retention', last: '30d', start: STEP, return: STEP, grain: 'day' }),
  'POST /v1/query: sessions': question({ kind: 'sessions', last: '30d', events: [STEP] }),
  'POST /v1/funnels': { path: '/v1/funnels', body: { last: '30d', steps: [STEP, STEP] } },
  'POST /v1/query/batch: two tables': { path: '/v1/query/batch', body: { questions: [TABLE, { ...TABLE, last: '3d' }] } },
  'GET /v1/query': { path: `/v1/query?q=${encodeURIComponent(JSON.stringify(TABLE))}` },
  'GET /v1/events/stats': { path: '/v1/events/stats' },
  'GET /v1/events/recent': { path: '/v1/events/recent' },
  'GET /v1/events/{id}': { path: '/v1/events/wiki.edit-1' },
  'GET /v1/receipts/{receipt}': { path: (tenant) => `/v1/receipts/${world.receipt(0, 1, tenant)}` },
  'GET /v1/rejected': { path: '/v1/rejected' },
  'GET /v1/rejected/{ref}': { path: (tenant) => `/v1/rejected/i-1-${TENANTS.indexOf(tenant)}-1` },
  'GET /v1/jobs': { path: '/v1/jobs' },
  'GET /v1/jobs/{job}': { path: (tenant) => `/v1/jobs/${JOBS[tenant]}` },
  'GET /v1/budgets': { path: '/v1/budgets' },
  'GET /v1/restatements': { path: '/v1/restatements?metric=wiki.edits' },
  'GET /v1/audit/reconcile': { path: '/v1/audit/reconcile' },
  'GET /v1/admin/audit': { path: '/v1/admin/audit' },
  'GET /v1/admin/gaps': { path: '/v1/admin/gaps' },
  'GET /v1/insights/{pack}': { path: `/v1/insights/healthtrack?subject=${PERSON}` },
  'GET /v1/status': { path: '/v1/status' },
  'GET /v1/packs': { path: '/v1/packs' },
  'GET /v1/packs/{pack}': { path: '/v1/packs/marb' },
  'GET /v1/metrics': { path: '/v1/metrics' },
  'GET /v1/metrics/{metric}': { path: '/v1/metrics/wiki.edits' },
  'GET /v1/event-types': { path: '/v1/event-types' },
  'GET /v1/funnels': { path: '/v1/funnels' },
  'GET /v1/experiments': { path: '/v1/experiments' },
};

/** What is about events one by one or about their order; figures are read from cells and rows (S-39). */
const READ_EVENTS: ReadonlySet<string> = new Set([
  ...['POST /v1/query: funnel', 'POST /v1/query: retention', 'POST /v1/query: sessions', 'POST /v1/funnels'],
  ...['GET /v1/events/recent', 'GET /v1/events/{id}'],
]);

const VIEWS: Readonly<Record<string, AskedRoute>> = Object.fromEntries(
  views.map((view) => [`${view.pack}/${view.view}`, { path: pathOf(view) }]),
);

/** Rows of the page's table under a heading: the first cell without its marks, and the last. */
function tableOf(heading: string): Readonly<Record<string, string>> {
  const [, section = ''] = page.split(`\n## ${heading}\n`);
  const rows = (section.split('\n## ')[0] ?? '').matchAll(/^\| `([^`]+)` +\| (.+?) +\|$/gm);
  return Object.fromEntries([...rows].map(([, name = '', value = '']) => [name, value]));
}

async function sentFor(tenant: Tenant, { path, body }: AskedRoute, budget: number) {
  const { status, headers, text, sent } = await call(tenant, typeof path === 'string' ? path : path(tenant), { body });
  // What a request leaves behind it (recent events are put into Redis) counts too.
  if (sent.length < budget)
    await until(
      async () => sent.length,
      (count) => count >= budget,
      5_000,
    ).catch(() => undefined);
  const readsEvents = sent.some((statement) => statement.includes('raw_event'));
  return { status, text: status === 200 ? '' : text, hasEtag: headers.has('etag'), statements: sent.length, readsEvents };
}

/** Whether who has its answer may be told so: of views all say so, as the one route that they all are. */
function declaresUnchanged(name: string): boolean {
  const route = listServedRoutes().find(({ method, path }) => name === `${method} ${path}`);
  return route === undefined ? name in VIEWS : 304 in route.responses;
}

describe.each([
  ['Routes', ROUTES],
  ['Views', VIEWS],
])('%s', (heading, asked) => {
  const budgets = tableOf(heading);

  test('the page has them all, and no other', () => {
    expect(Object.keys(budgets).toSorted()).toEqual(Object.keys(asked).toSorted());
  });

  test.each(Object.entries(asked))(
    '%s sends as many statements for many rows as for few, reads events where it is about them, and has an ETag where it declares 304',
    async (name, route) => {
      const budget = Number(budgets[name] ?? '0');
      const expected = { status: 200, text: '', hasEtag: declaresUnchanged(name), statements: budget, readsEvents: READ_EVENTS.has(name) };
      expect({ few: await sentFor('few', route, budget), many: await sentFor('many', route, budget) }).toEqual({
        few: expected,
        many: expected,
      });
    },
  );
});

test('the first answer of a question that is watched costs what the question does', async () => {
  const path = `/v1/live?q=${encodeURIComponent(JSON.stringify(TABLE))}`;
  const budget = Number(tableOf('Routes')['POST /v1/query: table']);
  for (const tenant of TENANTS) {
    const stopped = new AbortController();
    calls += 1;
    const name = `call-${calls}`;
    const answer = world.call(service, path, {
      tenant,
      as: { scopes: SCOPES },
      headers: { [COUNTED_HEADER]: name },
      signal: stopped.signal,
    });
    await until(
      async () => watching.sent(name).length,
      (count) => count >= budget,
    );
    expect(watching.sent(name)).toHaveLength(budget);
    stopped.abort();
    await expect(answer).rejects.toThrow('abort');
  }
});

test('every route of the query service is counted, or the page says why it is not', () => {
  const counted = Object.keys(tableOf('Routes')).map((name) => name.split(':')[0]);
  const told = [...counted, ...Object.keys(tableOf('Not counted here'))];
  const served = listServedRoutes().filter(({ answers }) => answers === 'query');
  expect([...new Set(told)].toSorted()).toEqual(served.map(({ method, path }) => `${method} ${path}`).toSorted());
});
