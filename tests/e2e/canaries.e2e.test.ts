import { listRoutes } from '@tidegate/http';
import { startPrometheus, type Prometheus } from '@tidegate/native';
import { startOtlpSink, type OtlpSink } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { putInForce } from '../system/pack-in-force.ts';
import { readAllStoredBytes } from '../system/stored-bytes.ts';
import { startSystem, type RunningSystem } from '../system/running-system.ts';
import { ruleFiles } from '../telemetry/alert-rules.ts';
import { dashboardQueries } from '../telemetry/dashboards.ts';

// Marked people go in by every door; then everything that the system keeps or says is searched for the marks.
let system: RunningSystem;
let collector: OtlpSink;
let prometheus: Prometheus;

beforeAll(async () => {
  collector = await startOtlpSink();
  system = await startSystem('canaries', {
    packs: ['healthtrack'],
    settings: {
      LOG_LEVEL: 'debug',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      OTEL_METRICS_EXPORTER: 'otlp',
      OTEL_METRIC_EXPORT_INTERVAL: '1000',
      OTEL_LOGS_EXPORTER: 'otlp',
    },
  });
  const targets = SERVICES.map((name) => system.tidegate.metricsPort(name));
  prometheus = await startPrometheus({ dataDir: system.tidegate.dataDir, targets, ruleFiles: ruleFiles() });
  await putInForce(system, { yaml: CANARY_PACK, eventType: 'canary.visit', metric: 'canary_visits' });
});

afterAll(async () => {
  await prometheus?.stop();
  await system?.stop();
  collector.close();
});

const SERVICES = ['gateway', 'ingest', 'aggregator', 'query'] as const;

const CANARY_PACK = `
pack: canary
title: Marked people
privacy: {mapping: true}
events:
  canary.visit:
    subject: required
    fields:
      email: {type: string, sensitive: pii}
      name: {type: string, sensitive: pii, action: hash, why: looked for in what is stored}
      friend: {type: string, sensitive: id, why: looked for in what is stored}
      born: {type: date, sensitive: pii, action: seal}
      history: {type: string, sensitive: phi, action: seal}
      measure: {type: decimal, sensitive: phi, action: seal}
      born_in: {type: integer, derive: {from: born, as: year}, action: keep}
      room: {type: string, dimension: true}
      method: {type: string, optional: true, sensitive: phi, action: drop}
      making: {type: string, optional: true, sensitive: phi, action: drop}
metrics:
  canary_visits:
    events: [canary.visit]
    dimensions: [room]
    sets: [[room], [room, subject]]
    measures:
      visits: {measure: count}
entities:
  visitor: {id: subject, events: [canary.visit], fields: [history, measure, room, born, born_in]}
cache:
  visitors: {ttl_s: 600}
views:
  visitor:
    cache: visitors
    cache_key: 'visitor:{who}'
    params: {who: {type: subject}}
    queries:
      rows:
        entity: visitor
        subject: '\${params.who}'
        ages: {age: {of: born, on: '2026-08-22', else: born_in}}
        limit: 1
    exists: size(rows) > 0
    sealed:
      history: {entity: visitor, field: history}
      measure: {entity: visitor, field: measure}
    answer: {room: '\${rows[0].room}', history: '\${rows[0].history}', measure: '\${rows[0].measure}', age: '\${rows[0].age}'}
`;

/** Marks of people, none of which may be found anywhere in the clear. */
const MARKS = {
  subject: 'canary-subject-7f3a91',
  email: 'canary.mail.51d2@example.org',
  name: 'Canaria Testdottir-c0ffee',
  friend: 'canary-friend-88e1',
  born: '1967-08-23',
  history: 'canary-history-9b2e: asthma',
  measure: '71829.461937',
  rejected: 'canary-rejected-31aa',
  key: 'tg_live_canaryKey0000000000000000000000000000000',
} as const;

/**
 * Values of a person's health. They are kept, since sums are made of them, so they are in the log and in tables; what is
 * said to operators and to other callers may hold none.
 */
const HEALTH = { taken: '71.938264', refused: '9471.938264', meal: '817.264' } as const;

/** Stands in requests of every route, as name and as value. */
const ASKED = 'canary-asked-5e1d';
const ASKED_OF_ADMINISTRATION: readonly (readonly [path: string, body: unknown])[] = [
  ['/v1/admin/keys', { name: ASKED, scopes: [ASKED], kind: ASKED, expires_at: ASKED, routes: [ASKED] }],
  ['/v1/admin/keys', { name: ASKED, scopes: ['canary_asked:read'], routes: [ASKED.replaceAll('-', '')] }],
  ['/v1/admin/users', { username: ASKED, password: ASKED, roles: [ASKED], email: ASKED }],
  ['/v1/admin/issuers', { name: ASKED, issuer: ASKED, audiences: [ASKED], jwks_uri: `http://${ASKED}/keys`, scopes: [ASKED] }],
  ['/v1/admin/origins', { origins: [ASKED] }],
  ['/v1/auth/login', { username: ASKED, password: ASKED }],
  ['/v1/auth/tokens', { metrics: [1], subject: { [ASKED]: ASKED }, routes: [ASKED] }],
  ['/v1/admin/limits', { policies: { x: { scope: ASKED, limit: ASKED } }, classes: [{ class: 'x', routes: [ASKED], policies: [ASKED] }] }],
  ['/v1/limits/replay', { candidate: { policies: { x: { scope: ASKED } } }, last_s: ASKED }],
  ['/v1/admin/packs', `pack: [${ASKED}`],
  [
    '/v1/admin/packs/validate',
    { pack: 'x', title: 'X', events: { 'a.b': { fields: { f: { type: ASKED, values: [ASKED] } } } }, metrics: {} },
  ],
  [
    '/v1/admin/packs/validate',
    { pack: 'x', title: 'X', events: {}, metrics: { m: { events: [ASKED], measures: { a: { measure: ASKED } } } } },
  ],
];

/** A harmless value that is stored on purpose: finding it shows that the search would find a mark too. */
const CONTROL = 'control-room-404';

function visit(id: string, data: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ id, type: 'canary.visit', subject: MARKS.subject, occurred_at: '2026-01-05T10:00:00.000Z', data });
}

async function post(path: string, body: string, headers: Readonly<Record<string, string>>): Promise<string> {
  const response = await fetch(system.tidegate.gateway + path, { method: 'POST', body, headers });
  return `${await response.text()}\n${[...response.headers].map((pair) => pair.join(': ')).join('\n')}`;
}

async function sendMarkedPeople(): Promise<readonly string[]> {
  const sealed = { born: MARKS.born, history: MARKS.history, measure: Number(MARKS.measure) };
  const person = { email: MARKS.email, name: MARKS.name, friend: MARKS.friend, room: CONTROL, ...sealed };
  const report = await system.client.send([visit('e-1', person), visit('e-2', person)]);
  expect(report.rejected).toEqual([]);
  expect(await system.client.counted(report.receipts, 30_000)).toBe(true);
  const auth = { 'x-api-key': system.tidegate.apiKey, 'content-type': 'application/x-ndjson' };
  return [
    // Refused in every way: an undeclared member, a wrong type, text that is no JSON, a name in place of a known type.
    await post('/v1/events', visit('e-3', { ...person, [MARKS.rejected]: MARKS.rejected }), auth),
    await post('/v1/events', visit('e-4', { ...person, room: { secret: MARKS.rejected } }), auth),
    await post('/v1/events', visit('e-7', { ...person, born: MARKS.history }), auth),
    await post('/v1/events', `{"id": "${MARKS.rejected}", nonsense`, auth),
    await post('/v1/events', JSON.stringify({ id: 'e-5', type: MARKS.rejected, data: {} }), auth),
    await post('/v1/events', visit('e-6', person), { 'x-api-key': MARKS.key, 'content-type': 'application/x-ndjson' }),
    await post('/v1/query', JSON.stringify({ metric: MARKS.rejected, last: '1d' }), { ...auth, 'content-type': 'application/json' }),
    await post('/v1/query', JSON.stringify({ metric: 'canary_visits', where: { [MARKS.email]: { eq: MARKS.name } } }), {
      ...auth,
      'content-type': 'application/json',
    }),
  ];
}

function health(id: string, type: string, data: string): string {
  // The weights are of now and go through the live lane; all else is old and goes through the other one.
  const at = type === 'health.metric.recorded' ? Date.now() : '"2026-01-05T10:00:00.000Z"';
  return `{"id":"${id}","type":"${type}","subject":"${MARKS.subject}","occurred_at":${at},"data":${data}}`;
}

async function sendMarkedHealth(): Promise<readonly string[]> {
  const weight = (value: string): string => `{"metric_id":"m1","metric_type":"weight","value":${value}}`;
  const meal = `{"meal_id":"m1","meal_type":"lunch","calories":${HEALTH.meal},"protein_g":1,"carbs_g":1,"fat_g":1}`;
  const report = await system.client.send([
    health('h-1', 'health.metric.recorded', weight(HEALTH.taken)),
    health('h-2', 'health.meal.logged', meal),
  ]);
  expect(report.rejected).toEqual([]);
  expect(await system.client.counted(report.receipts, 30_000)).toBe(true);
  const auth = { 'x-api-key': system.tidegate.apiKey, 'content-type': 'application/x-ndjson' };
  return [
    // Out of range, as text, in a member that is not declared, and where there is no JSON at all.
    await post('/v1/events', health('h-3', 'health.metric.recorded', weight(HEALTH.refused)), auth),
    await post('/v1/events', health('h-4', 'health.metric.recorded', weight(`"${HEALTH.taken}"`)), auth),
    await post('/v1/events', health('h-5', 'health.meal.logged', meal.replace('"meal_id"', `"${HEALTH.meal}":1,"meal_id"`)), auth),
    await post('/v1/events', health('h-6', 'health.metric.recorded', weight(`${HEALTH.taken} nonsense`)), auth),
  ];
}

test('no value of a person is found in logs, metrics or refusals, though it is kept', { timeout: 120_000 }, async () => {
  const answers = await sendMarkedHealth();
  expect(answers.map((answer) => /"code":"\w+"/.test(answer))).toEqual([true, true, true, true]);
  const places = await placesWith(answers);
  const holders = [...places].flatMap(([place, bytes]) =>
    Object.values(HEALTH).flatMap((value) => (bytes.includes(value) ? [{ place, value }] : [])),
  );
  const keeps = (place: string): boolean => place.startsWith('topic ') || place.startsWith('table ');
  expect(holders.filter(({ place }) => !keeps(place))).toEqual([]);
  // The search finds what is there: the values that were taken are in the logs, the old one in that of the backfill lane.
  expect(holders).toContainEqual({ place: 'topic events.v1', value: HEALTH.taken });
  expect(holders).toContainEqual({ place: 'topic backfill.v1', value: HEALTH.meal });
  expect([...places.keys()].filter((place) => place.startsWith('log ')).length).toBeGreaterThan(3);
});

test('no marked person is found in answers, logs, topics, tables, Redis or metrics', { timeout: 120_000 }, async () => {
  const answers = await sendMarkedPeople();
  const own = await system.client.query({
    metric: 'canary_visits',
    kind: 'table',
    from: '2026-01-05',
    to: '2026-01-06',
    group_by: ['room'],
    subject: MARKS.subject,
  });
  expect(own.rows).toEqual([[CONTROL, 2]]);
  // Opened for who asks, in the end of what Redis keeps, and that is as it was sealed.
  const visitor = async (): Promise<unknown> => {
    const headers = { 'x-api-key': system.tidegate.apiKey };
    const answer = await fetch(`${system.tidegate.gateway}/v1/views/canary/visitor?who=${MARKS.subject}`, { headers });
    return [answer.headers.get('x-cache'), await answer.json()];
  };
  // The day before the birthday: by the year alone it would be 59.
  const opened = { room: CONTROL, history: MARKS.history, measure: Number(MARKS.measure), age: 58 };
  await expect.poll(visitor, { timeout: 30_000 }).toMatchObject(['HIT', opened]);

  const places = await placesWith(answers);
  const found = [...places].flatMap(([place, bytes]) => marksIn(bytes).map((mark) => `${mark} in ${place}`));
  expect(found).toEqual([]);
  // What was sealed is there, as what nobody can read; and what was derived of it is there to be read.
  expect(places.get('topic backfill.v1')?.toString('latin1')).toMatch(/"history":"tgs1\.[\w-]+","measure":"tgs1\.[\w-]+","born_in":1967/);
  // What is kept is named by the pseudonym.
  expect(places.get('redis')?.toString('latin1')).toMatch(/visitors:visitor:[0-9a-f]{64}/);
  const holders = [...places].filter(([, bytes]) => bytes.includes(CONTROL)).map(([place]) => place);
  expect(holders).toEqual(expect.arrayContaining(['topic backfill.v1', 'topic rollups.v1', 'redis']));
  expect(holders.some((place) => place.startsWith('table '))).toBe(true);
});

/** As the audit, which names nobody otherwise, has it. */
async function pseudonymInAudit(): Promise<string> {
  const { body } = await call('GET', `/v1/admin/audit?subject=${MARKS.subject}`, { credential: system.tidegate.adminKey });
  return String((body['records'] as { subject: string }[])[0]?.subject);
}

test('whom a pseudonym means is told to who may know it, and each reading is in the audit', { timeout: 120_000 }, async () => {
  const admin = { credential: system.tidegate.adminKey };
  await expect.poll(pseudonymInAudit, { timeout: 30_000 }).toMatch(/^[0-9a-f]{64}$/);
  const pseudonym = await pseudonymInAudit();
  const path = `/v1/privacy/subjects/${pseudonym}`;
  expect(await call('GET', path, admin)).toEqual({ status: 200, body: { pseudonym, subject: MARKS.subject } });
  expect(await call('GET', path, { credential: system.tidegate.apiKey })).toMatchObject({ status: 403, body: { code: 'scope_missing' } });
  expect((await call('GET', path.slice(0, -1), admin)).status).toBe(404);
  const readings = async (): Promise<unknown> => {
    const { body } = await call('GET', `/v1/admin/audit?subject=${MARKS.subject}&resource_type=subjects`, admin);
    return (body['records'] as Record<string, unknown>[]).map(({ action, opened, status_code: status }) => ({ action, opened, status }));
  };
  await expect.poll(readings, { timeout: 30_000 }).toEqual([{ action: 'read', opened: ['id'], status: 200 }]);
});

test('a member of a log line that has the name of a marked field is redacted, in every service', { timeout: 120_000 }, async () => {
  // Two of the services' own members, which are no person's: lines about requests have the one, of a pack in force the other.
  const members = { gateway: 'method', ingest: 'method', query: 'method', aggregator: 'making' };
  await sendMarkedPeople();
  const places = await placesWith([]);
  for (const [service, member] of Object.entries(members)) {
    const lines = [...places].filter(([place]) => place.startsWith(`log ${service}`)).map(([, bytes]) => bytes.toString());
    expect([service, lines.join('').includes(`"${member}":"[redacted]"`)]).toEqual([service, true]);
  }
});

test('what a request holds is not said where it is refused, by any route, in logs or in metrics', { timeout: 120_000 }, async () => {
  const answers: string[] = [];
  const ask = async (method: string, path: string, body?: string): Promise<void> => {
    const headers = { authorization: `Bearer ${system.tidegate.adminKey}`, 'content-type': 'application/json' };
    const sent = { method, headers, signal: AbortSignal.timeout(20_000), ...(body === undefined ? {} : { body }) };
    const response = await fetch(system.tidegate.gateway + path, sent);
    const answer = `${await response.text()} ${JSON.stringify([...response.headers])}`;
    if (!response.ok) answers.push(`${method} ${path.replaceAll(ASKED, '…')}: ${answer}`);
  };
  for (const { method, path } of listRoutes()) {
    const asked = `${path.replaceAll(/\{\w+\}/g, ASKED)}?${ASKED}=${ASKED}`;
    // Who writes a definition is told where it is wrong by the names in it.
    const name = /^\/v1\/admin\/(?:packs|limits)/.test(path) ? 'title' : ASKED;
    const bodies = method === 'POST' ? [`{"${name}":"${ASKED}"}`, `["${ASKED}"]`, `{"${ASKED}`] : [undefined];
    for (const body of bodies) await ask(method, asked, body);
  }
  for (const [path, body] of ASKED_OF_ADMINISTRATION) await ask('POST', path, typeof body === 'string' ? body : JSON.stringify(body));
  expect(answers.filter((answer) => answer.includes(ASKED))).toEqual([]);
  expect(
    answers.filter((answer) => /"code":"(?:request_invalid|limits_invalid|pack_invalid|bad_json)"/.test(answer)).length,
  ).toBeGreaterThan(30);
  // Refused events are kept as they came, and the audit names what was asked for by its path.
  const holders = [...(await placesWith([]))].filter(([, bytes]) => bytes.includes(ASKED)).map(([place]) => place);
  expect(holders.filter((place) => !place.startsWith('topic ') && !place.startsWith('table '))).toEqual([]);
  expect(holders).not.toEqual([]);
});

/** All that the system keeps or says, what it told a collector included. */
async function placesWith(answers: readonly string[]): Promise<Map<string, Buffer>> {
  const places = new Map(await readAllStoredBytes(system.tidegate));
  answers.forEach((answer, index) => places.set(`answer ${index}`, Buffer.from(answer)));
  collector.bodies.forEach((body, index) => places.set(`otlp ${index}`, Buffer.from(body)));
  return places;
}

async function askPrometheus<T>(path: string): Promise<T> {
  return ((await (await fetch(`${prometheus.url}/api/v1/${path}`)).json()) as { data: T }).data;
}

test('a collector is told metrics and log lines by every service, and spans of requests', { timeout: 120_000 }, async () => {
  const all = SERVICES.map((name) => `tidegate-${name}`).toSorted();
  for (const kind of ['metrics', 'logs'] as const) await expect.poll(() => [...collector.senders[kind]].toSorted()).toEqual(all);
  expect(collector.senders.spans).toContain('tidegate-gateway');
});

test(
  'a Prometheus scrapes every service, evaluates the rules and answers the questions of the dashboards',
  { timeout: 120_000 },
  async () => {
    interface Target {
      readonly health: string;
      readonly lastError: string;
    }
    const targets = async () => (await askPrometheus<{ activeTargets: Target[] }>('targets')).activeTargets;
    await expect.poll(async () => (await targets()).map(({ health, lastError }) => health + lastError)).toEqual(SERVICES.map(() => 'up'));
    const accepted = async () => {
      const { result } = await askPrometheus<{ result: { value: [number, string] }[] }>(
        `query?query=${encodeURIComponent('sum(events_accepted_total)')}`,
      );
      return Number(result[0]?.value[1]);
    };
    const own = await (await fetch(`http://127.0.0.1:${system.tidegate.metricsPort('ingest')}/metrics`)).text();
    const expected = [...own.matchAll(/^events_accepted_total\{.*\} (\d+)$/gm)].reduce((sum, [, value]) => sum + Number(value), 0);
    expect(expected).toBeGreaterThan(0);
    await expect.poll(accepted).toBe(expected);
    interface Group {
      readonly rules: readonly { readonly name: string; readonly health: string }[];
    }
    const unwell = async () => {
      const { groups } = await askPrometheus<{ groups: Group[] }>('rules');
      return groups.flatMap(({ rules }) => rules.flatMap(({ name, health }) => (health === 'ok' ? [] : [`${name}: ${health}`])));
    };
    await expect.poll(unwell).toEqual([]);
    // Grafana fills its variables in: all of them are lengths of time.
    for (const query of dashboardQueries().map((one) => one.replaceAll(/\$__\w+/g, '1m'))) {
      const answer = await fetch(`${prometheus.url}/api/v1/query?query=${encodeURIComponent(query)}`);
      expect([query, answer.status]).toEqual([query, 200]);
    }
  },
);

async function call(method: string, path: string, as: { readonly credential: string; readonly body?: unknown }): Promise<Answer> {
  const headers = { authorization: `Bearer ${as.credential}`, 'content-type': 'application/json' };
  const body = as.body === undefined ? {} : { body: JSON.stringify(as.body) };
  const response = await fetch(system.tidegate.gateway + path, { method, headers, ...body });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

test('a person who is erased is found where tombstones are and in what time takes, and nowhere else', { timeout: 300_000 }, async () => {
  const admin = { credential: system.tidegate.adminKey };
  const password = 'Correct-Horse-7';
  const user = { username: 'canary', password, roles: ['person'], subject: MARKS.subject };
  expect((await call('POST', '/v1/admin/users', { ...admin, body: user })).status).toBe(201);
  // The refused requests before may have used up what this address has of signing in: it comes back every twelve seconds.
  let token = '';
  const signIn = async (): Promise<number> => {
    const { status, body } = await call('POST', '/v1/auth/login', { credential: '', body: { username: 'canary', password } });
    if (status === 200) token = String(body['access_token']);
    return status;
  };
  await expect.poll(signIn, { timeout: 120_000, interval: 500 }).toBe(200);
  const own = { credential: token, body: { confirm: true } };
  const asked = await call('DELETE', '/v1/gdpr/delete-account', own);
  expect([asked.status, asked.body]).toMatchObject([202, { status: expect.any(String), completes_by: expect.any(String) }]);
  const path = `/v1/privacy/erasures/${String(asked.body['request_id'])}`;
  await expect.poll(async () => (await call('GET', path, admin)).body['state'], { timeout: 60_000, interval: 200 }).toBe('erased');

  const { body: certificate } = await call('GET', `${path}/certificate`, admin);
  // e-1, e-2, h-1 and h-2 were counted. The row of h-1 and h-2 each is an entity of its pack, and of the refused ones six name the person.
  expect(certificate['removed']).toMatchObject({ raw_events: 4, person_keys: 1, accounts: 1, findings: 0 });
  expect((certificate['removed'] as Record<string, number>)['originals']).toBeGreaterThanOrEqual(6);
  const mapping = await call('GET', `/v1/privacy/subjects/${String(certificate['subject'])}`, admin);
  expect(mapping).toMatchObject({ status: 404, body: { code: 'not_found' } });
  const refused = await post('/v1/events', visit('e-9', { room: CONTROL }), {
    'x-api-key': system.tidegate.apiKey,
    'content-type': 'application/x-ndjson',
  });
  expect(refused).toContain('"code":"erased"');
  const state = await call('GET', `/v1/events/e-1?subject=${MARKS.subject}`, admin);
  expect(state.body).toMatchObject({ state: 'erased', copies: 0 });
  await expect.poll(signIn, { timeout: 120_000, interval: 500 }).toBe(401);

  const places = await readAllStoredBytes(system.tidegate);
  const holding = (name: string): readonly string[] =>
    [...places]
      .filter(([, bytes]) => [name, Buffer.from(name).toString('hex')].some((form) => bytes.includes(form)))
      .map(([place]) => place);
  expect(holding(MARKS.subject)).toEqual([]);
  // The audit names the pseudonym, and may not be changed.
  const tables = holding(String(certificate['subject'])).filter((place) => !place.startsWith('topic ') && !place.endsWith('audit_record'));
  expect(tables.map((place) => place.replace(/^table \w+\./, '')).toSorted()).toEqual(['commit_journal', 'control_record', 'erasure']);
});

/** Marks in the clear, or as the hex or base64 of their bytes. */
function marksIn(bytes: Buffer): readonly string[] {
  return Object.values(MARKS).filter((mark) => {
    const raw = Buffer.from(mark);
    return [raw.toString(), raw.toString('hex'), raw.toString('base64').replace(/=+$/, ''), raw.toString('base64url')].some((form) =>
      bytes.includes(form),
    );
  });
}

test('the search finds a mark in each of the forms it looks for', () => {
  const raw = Buffer.from(MARKS.email);
  for (const form of [raw.toString(), raw.toString('hex'), raw.toString('base64'), raw.toString('base64url')]) {
    expect(marksIn(Buffer.from(`before ${form} after`))).toEqual([MARKS.email]);
  }
});
