import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { runProgram } from '@tidegate/cli';
import { createLive, createTracker, type AnswerValue, type LiveUpdate } from '@tidegate/sdk';
import { recordExpress } from '@tidegate/sdk/node';
import express from 'express';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { comparable } from '../oracle/comparable.ts';
import { openOracle, type Oracle } from '../oracle/oracle.ts';
import { dataFile, FITBIT_FOLDERS } from '../oracle/tables.ts';
import { replay } from '../system/replay.ts';
import { startSystem, type RunningSystem } from '../system/running-system.ts';

// Packs of several domains beside each other: real files in, answers at the routes that the packs declare.
let system: RunningSystem;
let oracle: Oracle;

beforeAll(async () => {
  oracle = await openOracle();
  system = await startSystem('domains', { packs: ['healthtrack', 'novamind', 'marb', 'studyin', 'fitness'] });
});

afterAll(async () => {
  await system?.stop();
  oracle?.close();
});

interface RecentEvents {
  readonly events: readonly { readonly id: string; readonly data: object }[];
  readonly meta: { readonly cache: { readonly state: string } };
}

interface StreamStatistics {
  readonly types: readonly { readonly event_type: string; readonly total: number }[];
  readonly rejected: number;
  readonly lag_ms: { readonly p50: number; readonly p99: number };
}

describe('Synthea’s encounters, as those of practices and as claims', () => {
  const encounters = dataFile('synthea27/clinical/encounters.csv.gz');
  const conditions = dataFile('synthea27/clinical/conditions.csv.gz');
  const inYears = "START::TIMESTAMPTZ >= '2014-01-01 00:00:00+00' AND START::TIMESTAMPTZ < '2019-01-01 00:00:00+00'";
  const years = 'start=2014-01-01&end=2018-12-31';

  async function read(path: string): Promise<Record<string, unknown>> {
    // What takes long becomes a job, which the client waits for.
    return (await system.client.call({ method: 'GET', path })) as Record<string, unknown>;
  }

  beforeAll(async () => {
    await oracle.run(`CREATE TABLE encounters AS FROM read_csv('${encounters}', header = true, all_varchar = true)`);
    for (const pack of ['novamind', 'marb']) await replay(system, { pack, file: encounters });
    await replay(system, { pack: 'marb', mapping: 'mapping-payments.yaml', file: encounters });
    await replay(system, { pack: 'novamind', mapping: 'mapping-diagnoses.yaml', file: conditions });
  });

  test('the most frequent diagnoses of a year have their patients', async () => {
    const top =
      await oracle.rows(`SELECT CODE, count(DISTINCT PATIENT)::INT FROM read_csv('${conditions}', header = true, all_varchar = true)
      WHERE START::DATE < DATE '2021-01-01' AND (STOP IS NULL OR STOP::DATE >= DATE '2020-01-01') GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5`);
    const { items } = (await read('/api/v1/analytics/diagnoses/distribution?start=2020-01-01&end=2020-12-31&limit=5')) as {
      items: Record<string, AnswerValue>[];
    };
    expect(items.map((row) => [row['diagnosis_code'], row['patients']])).toEqual(top);
  });

  test('the busiest practice has its figures at the route that its pack declares', async () => {
    const [[practice, all, patients, cost] = []] = await oracle.rows(`SELECT ORGANIZATION, count(*)::INT, count(DISTINCT PATIENT)::INT,
      sum(TOTAL_CLAIM_COST::DECIMAL(18, 2))::DOUBLE FROM encounters WHERE ${inYears} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1`);
    expect(await read(`/api/v1/analytics/practices/${practice}/metrics?${years}&interval=month`)).toMatchObject({
      practice_id: practice,
      totals: { encounters: all, completed: all, active_patients: patients, total_cost: cost, no_show_rate: 0 },
      meta: { status: 'current' },
    });
  });

  test('each payer has its claims, what was charged and what was paid', async () => {
    const { items } = (await read(`/api/v1/claims/metrics?${years}&group_by=payer`)) as { items: Record<string, AnswerValue>[] };
    const found = items.map((row) => ['key', 'remittances', 'charge_amount', 'paid_amount'].map((name) => row[name] ?? null));
    const expected =
      await oracle.rows(`SELECT PAYER, count(*)::INT, sum(TOTAL_CLAIM_COST::DECIMAL(18, 2))::DOUBLE, sum(PAYER_COVERAGE::DECIMAL(18, 2))::DOUBLE
      FROM encounters WHERE ${inYears.replaceAll('START', 'STOP')} GROUP BY 1`);
    expect(comparable(found)).toEqual(comparable(expected));
    // Nothing was decided within a year, so that a tenth is taken for every share, and the first names no diagnosis: 10 + 15 (M-22).
    const [[claim] = []] = await oracle.rows('SELECT Id FROM encounters ORDER BY 1 LIMIT 1');
    expect(await read(`/api/v1/claims/${claim}/risk`)).toMatchObject({ score: 25, level: 'low', meta: { status: 'current' } });
  });
});

describe('Fitbit steps, each export with a source of its own', () => {
  test('the same hours from two sources count twice', async () => {
    const totals: (readonly number[])[] = [];
    for (const folder of FITBIT_FOLDERS) {
      const file = dataFile(`fitbit/${folder}/hourlySteps_merged.csv.gz`);
      await replay(system, { pack: 'healthtrack', file, source: folder });
      const answer = await system.client.query({
        ...{ metric: 'health_metric', kind: 'summary', measures: ['count', 'sum'] },
        ...{ from: '2016-03-01', to: '2016-06-01', where: { metric_type: { eq: 'steps' } } },
      });
      totals.push((answer.rows[0] ?? []).map(Number));
    }
    // 24,084 / 6,893,291 of the first export, and 22,099 / 7,075,356 more with the second.
    expect(totals).toEqual([
      [24_084, 6_893_291],
      [24_084 + 22_099, 6_893_291 + 7_075_356],
    ]);
  });
});

describe('keys from which small groups are withheld', () => {
  const json = { 'content-type': 'application/json' };
  const day = new Date(Date.now() - 5 * 86_400_000).toISOString().slice(0, 10);
  const [course, until] = ['course-of-groups', new Date(Date.parse(day) + 86_400_000).toISOString()];
  /** Learners by type of material, each of one view. */
  const LEARNERS = { pdf: 12, article: 6, slide: 2, quiz: 1 };

  const keyOf = async (k: number): Promise<string> => {
    const body = JSON.stringify({ name: `k${k}`, scopes: ['query:read', 'live:read'], k });
    return ((await system.admin.call({ method: 'POST', path: '/v1/admin/keys', body, headers: json })) as { key: string }).key;
  };
  const get = async (key: string, path: string) => fetch(`${system.tidegate.gateway}${path}`, { headers: { 'x-api-key': key } });

  /** The rows that a stream of events tells first. */
  async function snapshotOf({ body }: Response): Promise<unknown> {
    if (body === null) throw new Error('the answer has no body');
    let text = '';
    for await (const bytes of body.pipeThrough(new TextDecoderStream())) {
      text += bytes;
      const [, data] = /event: snapshot\ndata: (.*)\n/.exec(text) ?? [];
      if (data !== undefined) return (JSON.parse(data) as { rows: unknown }).rows;
    }
    throw new Error('the stream ended before its snapshot');
  }

  test('are told of the same question each as much as its k lets it, by kept answers and live ones too', async () => {
    const events = Object.entries(LEARNERS).flatMap(([type, learners]) =>
      Array.from({ length: learners }, (_, n) => ({
        ...{ id: `groups-${type}-${n}`, type: 'learning.material.viewed', subject: `${type}-${n}`, occurred_at: `${day}T09:00:00.000Z` },
        data: { material_id: `m-${type}`, material_type: type, course_id: course },
      })),
    );
    await system.client.call({ method: 'POST', path: '/v1/events', body: JSON.stringify({ events }), headers: json });
    const asked = {
      ...{ metric: 'learning.material_views', kind: 'table', measures: ['views'], from: `${day}T00:00:00.000Z`, to: until },
      ...{ group_by: ['material_type'], where: { course_id: { eq: course } }, order: '-views' },
    } as const;
    const all = Object.entries(LEARNERS).map(([type, learners]) => [type, learners]);
    const whole = async () =>
      (await system.client.query({ ...asked, kind: 'table', measures: ['views'], group_by: ['material_type'] })).rows;
    await expect.poll(whole, { timeout: 60_000 }).toEqual(all);
    const path = `query?q=${encodeURIComponent(JSON.stringify(asked))}`;
    // k 2: the quiz has 1, and would be the total less the others, so the slides go with it. k 5: those are 3, so the articles go too.
    for (const [k, shown, suppressed] of [
      [2, all.slice(0, 2), 2],
      [5, all.slice(0, 1), 3],
      [2, all.slice(0, 2), 2],
    ] as const) {
      const key = await keyOf(k);
      await expect.poll(async () => (await get(key, `/v1/${path}`)).headers.get('x-cache'), { timeout: 30_000 }).toBe('HIT');
      expect(await (await get(key, `/v1/${path}`)).json()).toMatchObject({ rows: shown, meta: { suppressed_groups: suppressed } });
      expect(await snapshotOf(await get(key, `/v1/live?${path.slice('query?'.length)}`))).toEqual(shown);
      const view = await get(key, '/api/v1/analytics/medications/860975/effectiveness?start=2020-01-01&end=2020-12-31');
      expect([view.status, await view.json()]).toMatchObject([403, { code: 'groups_unprotected' }]);
      // That one withholds by itself: with the hundredth code those of one patient are in its list.
      const codes = '/api/v1/analytics/diagnoses/distribution?start=2020-01-01&end=2020-12-31&limit=100';
      await expect.poll(async () => (await get(key, codes)).status, { timeout: 30_000 }).toBe(200);
      const { items, meta } = (await (await get(key, codes)).json()) as {
        items: readonly { patients: number | null; suppressed?: true }[];
        meta: { suppressed_groups: number };
      };
      const hidden = items.filter((item) => item.suppressed === true);
      expect([hidden.length > 0, hidden.length]).toEqual([true, meta.suppressed_groups]);
      expect(hidden.every(({ patients }) => patients === null)).toBe(true);
      expect(items.every((item) => item.suppressed === true || Number(item.patients) >= k)).toBe(true);
    }
    expect(await whole()).toEqual(all);
  });
});

test('a page sends by a key that can track and nothing else, and reads one learner’s overview by a token that shows nothing else', async () => {
  const origin = 'https://learn.example.org';
  const admin = async (path: string, body: object) =>
    (await system.admin.call({
      method: 'POST',
      path,
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    })) as object;
  await admin('/v1/admin/origins', { origins: [origin] });
  const routes = ['studyin.track', 'studyin.track_batch'];
  const made = await admin('/v1/admin/keys', { name: 'page', kind: 'pub', scopes: ['ingest:write'], routes });
  const page = async (credential: string, method: string, path: string, body?: object) => {
    const answer = await fetch(`${system.tidegate.gateway}${path}`, {
      method,
      headers: { origin, authorization: `Bearer ${credential}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const readable = answer.headers.get('access-control-allow-origin') === origin;
    return { status: answer.status, readable, body: (await answer.json()) as Record<string, unknown> };
  };
  const key = 'key' in made ? String(made.key) : '';
  const [day, learner] = [new Date().toISOString().slice(0, 10), 'learner-of-the-page'];
  const viewed = (n: number, user = learner) => ({
    ...{ event_id: `page-${user}-${n}`, event_type: 'learning.material.viewed', user_id: user, session_id: `s-${user}` },
    ...{ occurred_at: `${day}T00:00:0${n}Z`, properties: { material_id: `m-${n}`, material_type: 'video' } },
  });
  await expect
    .poll(async () => page(key, 'POST', '/api/analytics/events/track', viewed(1)), { timeout: 30_000 })
    .toMatchObject({ status: 202, readable: true, body: { accepted: true } });
  const many = [viewed(2), viewed(3), viewed(4, 'another')];
  expect(await page(key, 'POST', '/api/analytics/events/batch', many)).toMatchObject({ status: 202, readable: true });
  for (const [method, path] of [
    ['POST', '/v1/events'],
    ['GET', '/v1/metrics'],
    ['GET', '/api/analytics/learning/overview'],
  ] as const) {
    expect([path, (await page(key, method, path, method === 'POST' ? {} : undefined)).status]).toEqual([path, 403]);
  }
  const { access_token: given } = (await system.client.call({
    ...{ method: 'POST', path: '/v1/auth/tokens', headers: { 'content-type': 'application/json' } },
    body: JSON.stringify({ subject: learner, routes: ['studyin.overview'] }),
  })) as { access_token: string };
  const overview = async (user: string) => page(given, 'GET', `/api/analytics/learning/overview?user_id=${user}&start=${day}&end=${day}`);
  // Three of the page were about this learner, the fourth about another.
  await expect
    .poll(async () => overview(learner), { timeout: 30_000 })
    .toMatchObject({ status: 200, readable: true, body: { materials_viewed: 3, unique_materials: 3 } });
  expect(await overview('another')).toMatchObject({ status: 403, body: { code: 'row_refused' } });
  for (const path of ['/api/analytics/learning/heatmap', '/v1/metrics', '/v1/query?q={}']) {
    expect([path, (await page(given, 'GET', path)).status]).toEqual([path, 403]);
  }
});

test('who registers is a person who signs in and reads the own profile at once, and whose names nobody else has', async () => {
  const call = async (method: string, path: string, { token, body }: { readonly token?: string; readonly body?: object }) => {
    const answer = await fetch(`${system.tidegate.gateway}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown>, cache: answer.headers.get('x-cache') };
  };
  const names = { username: 'anna_1', email: 'anna@example.org', password: 'Correct-Horse-9', full_name: 'Anna A.' };
  const profile = { sex: 'female', height_cm: 170.5, date_of_birth: '1990-05-01', medical_history: 'none to speak of', tz: 'Europe/Oslo' };
  const registered = await call('POST', '/api/v1/users/register', { body: { ...names, ...profile } });
  expect(registered).toMatchObject({
    status: 201,
    body: { email: names.email, username: 'anna_1', full_name: 'Anna A.', height_cm: 170.5 },
  });
  expect(JSON.stringify(registered.body)).not.toMatch(/Horse|1990|none to speak of/);
  const id = String(registered.body['id']);
  const again = { ...names, ...profile, username: 'ANNA_1', email: 'other@example.org' };
  expect(await call('POST', '/api/v1/users/register', { body: again })).toMatchObject({ status: 409, body: { code: 'user_taken' } });
  const { body: session } = await call('POST', '/api/v1/users/login', { body: { email: 'Anna@Example.org', password: names.password } });
  const token = String(session['access_token']);
  const { password: _password, ...named } = names;
  const own = { id, ...named, sex: 'female', height_cm: 170.5, health_status: null, tz: 'Europe/Oslo' };
  const first = await call('GET', `/api/v1/users/${id}`, { token });
  expect(first).toMatchObject({ status: 200, body: own });
  expect(
    Object.keys(first.body)
      .filter((name) => name in profile)
      .toSorted(),
  ).toEqual(['height_cm', 'sex', 'tz']);
  // Redis may be too slow to keep it at once on a busy machine.
  const kept = async () => call('GET', `/api/v1/users/${id}`, { token });
  await expect.poll(kept, { timeout: 30_000 }).toMatchObject({ status: 200, body: own, cache: 'HIT' });
  // What is sensitive she is shown when she asks for it; a program with the scope for other people is not, and the audit says who saw what.
  const { date_of_birth, medical_history } = profile;
  const whole = await call('GET', `/api/v1/users/${id}?include=sensitive`, { token });
  expect(whole).toMatchObject({ status: 200, body: { ...own, date_of_birth, medical_history } });
  const opened = async (): Promise<unknown> => {
    const headers = { 'x-api-key': system.tidegate.adminKey };
    const answer = await fetch(`${system.tidegate.gateway}/v1/admin/audit?subject=${id}&resource_type=views`, { headers });
    return ((await answer.json()) as { records: { opened?: unknown }[] }).records.map((record) => record.opened);
  };
  // A watcher of a view hears of a change of the rows that it shows.
  const page = new WebSocket(`${system.tidegate.gateway.replace('http', 'ws')}/v1/live?view=healthtrack/goals&user_id=${id}`, {
    headers: { 'x-api-key': system.tidegate.apiKey },
  });
  const heard: string[] = [];
  page.addEventListener('message', ({ data }) => heard.push(String(data)));
  await expect.poll(() => heard[0], { timeout: 30_000 }).toContain('"type":"snapshot"');
  // One who subscribes by message hears the same, and is written down the same.
  const shownLive = async (): Promise<number> => {
    const headers = { 'x-api-key': system.tidegate.adminKey };
    const answer = await fetch(`${system.tidegate.gateway}/v1/admin/audit?subject=${id}`, { headers });
    const { records } = (await answer.json()) as { records: { route: string; accesses: number }[] };
    return records.reduce((sum, { route, accesses }) => sum + (route === 'GET /v1/live' ? accesses : 0), 0);
  };
  await expect.poll(shownLive, { timeout: 30_000 }).toBe(1);
  const live = createLive({ gateway: system.tidegate.gateway, apiKey: system.tidegate.apiKey });
  const updates: LiveUpdate[] = [];
  live.subscribe('view/healthtrack/goals', { user_id: id }, { onUpdate: (update) => void updates.push(update) });
  await expect.poll(() => updates.map(({ type }) => type), { timeout: 30_000 }).toEqual(['snapshot']);
  await expect.poll(shownLive, { timeout: 30_000 }).toBe(2);
  // And who may read events hears of each of them (S-16).
  const events = createLive({ gateway: system.tidegate.gateway, apiKey: system.tidegate.adminKey });
  const counted: LiveUpdate[] = [];
  events.subscribe('events', { limit: 20 }, { onUpdate: (update) => void counted.push(update) });
  await expect.poll(() => counted.map(({ type }) => type), { timeout: 30_000 }).toEqual(['snapshot']);
  const goal = { goal_type: 'steps', target_value: 9_000, unit: 'count', start_date: '2026-11-01', target_date: '2027-02-01' };
  expect((await call('POST', '/api/v1/health-goals', { token, body: goal })).status).toBe(201);
  const hasGoal = (one: string): boolean => one.startsWith('{"type":"update"') && one.includes('"target_value":9000');
  await expect.poll(() => heard.some(hasGoal), { timeout: 30_000 }).toBe(true);
  await expect.poll(() => JSON.stringify(updates.at(-1)), { timeout: 30_000 }).toContain('"target_value":9000');
  await expect.poll(() => JSON.stringify(counted.slice(1)), { timeout: 30_000 }).toContain('"target_value":9000');
  page.close();
  live.close();
  events.close();
  await expect.poll(opened, { timeout: 30_000 }).toContainEqual(['date_of_birth', 'email', 'full_name', 'medical_history', 'username']);
  expect(await call('GET', '/api/v1/users/usr_other', { token })).toMatchObject({ status: 403, body: { code: 'row_refused' } });
  const weighed = await call('POST', '/api/v1/health-metrics', { token, body: { metric_type: 'weight', value: 61.5 } });
  const [mine, unknown] = [String(weighed.body['id']), 'none'];
  expect(await call('GET', `/api/v1/health-metrics/${mine}`, { token })).toMatchObject({ status: 200, body: { value: 61.5 } });
  expect(await call('GET', `/api/v1/health-metrics/${unknown}`, { token })).toMatchObject({ status: 404 });
  // What a scope lets others see of her she sees without it.
  for (const of of ['health-goals/user', 'health-metrics/user', 'recommendations']) {
    expect(await call('GET', `/api/v1/${of}/${id}`, { token })).toMatchObject({ status: 200 });
    expect(await call('GET', `/api/v1/${of}/usr_other`, { token })).toMatchObject({ status: 403, body: { code: 'row_refused' } });
  }
});

describe('routes of packs that write', () => {
  const user = 'user-of-writes';

  async function call(
    method: string,
    path: string,
    body?: object,
  ): Promise<{ status: number; body: Record<string, unknown>; receipt: string }> {
    const answer = await fetch(`${system.tidegate.gateway}${path}`, {
      method,
      headers: { 'x-api-key': system.tidegate.apiKey, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const told = (await answer.json()) as Record<string, unknown>;
    return { status: answer.status, body: told, receipt: answer.headers.get('tidegate-receipt') ?? '' };
  }

  /** Of a write, once it is counted: it is the same event as often as it is sent under its key. */
  async function written(method: string, path: string, body: object): Promise<Awaited<ReturnType<typeof call>>> {
    const answer = await call(method, path, body);
    expect({ ...answer, isTaken: answer.status < 300 }).toMatchObject({ isTaken: true });
    return answer;
  }

  test('a goal that is set is read back at once, changed, and gone when it is taken back', async () => {
    const goal = {
      user_id: user,
      goal_type: 'weight',
      target_value: 70.5,
      start_value: 80,
      unit: 'kg',
      start_date: '2026-11-01',
      target_date: '2027-02-01',
    };
    const set = await written('POST', '/api/v1/health-goals/', goal);
    const id = String(set.body['id']);
    const list = async (after: string) =>
      (await call('GET', `/api/v1/health-goals/user/${user}?after=${after}&wait_ms=10000`)).body['items'] as Record<string, unknown>[];
    expect(await list(set.receipt)).toMatchObject([{ id, status: 'active', target_value: 70.5, progress_pct: 0 }]);
    const weighed = await written('POST', '/api/v1/health-metrics', {
      ...{ user_id: user, metric_type: 'weight', value: 78.1, unit: 'kg', recorded_at: '2026-11-02T08:00:00.000Z' },
    });
    await list(weighed.receipt);
    const advised = async (): Promise<string | null> => {
      const path = `/api/v1/recommendations/${user}`;
      const answer = await fetch(`${system.tidegate.gateway}${path}`, { headers: { 'x-api-key': system.tidegate.apiKey } });
      return answer.status === 200 ? answer.headers.get('x-cache') : `${answer.status}`;
    };
    await expect.poll(advised, { timeout: 30_000 }).toBe('HIT');
    const changed = await written('PATCH', `/api/v1/health-goals/${id}?user_id=${user}`, { status: 'paused' });
    // From 80 towards 70.5, now 78.1: 100 · 1.9 / 9.5 = 20 %.
    expect(await list(changed.receipt)).toMatchObject([{ id, status: 'paused', target_value: 70.5, current: 78.1, progress_pct: 20 }]);
    // What was recommended was made of the goal as it had been (H-39).
    expect(await advised()).toBe('MISS');
    const dropped = await call('DELETE', `/api/v1/health-goals/${id}?user_id=${user}`);
    expect(dropped.status).toBeLessThan(300);
    expect(await list(dropped.receipt)).toEqual([]);
    expect((await call('PATCH', `/api/v1/health-goals/${id}?user_id=${user}`, { status: 'active' })).status).toBe(404);
  });

  test('what does not fit is told by the members that were sent, where the judge of events refuses it too', async () => {
    const meal = { user_id: user, meal_type: 'lunch', calories: 10_001, protein_g: 1, carbs_g: 1, fat_g: 1 };
    const refused = await call('POST', '/v1/nutrition-logs', meal);
    expect([refused.status, refused.body]).toMatchObject([422, { code: 'request_invalid', errors: [{ path: 'calories' }] }]);
  });

  test('a batch of tracked events has a verdict for each', async () => {
    const [track, batch] = ['/api/analytics/events/track', '/api/analytics/events/batch'];
    const seen = { event_type: 'level_up', properties: { level: 2 }, user_id: user };
    expect(await call('POST', track, { ...seen, event_id: 'track-1' })).toMatchObject({
      status: 202,
      body: { accepted: true, event_id: 'track-1' },
    });
    const mixed = await call('POST', batch, [seen, { ...seen, properties: { level: 0 } }] as object);
    expect(mixed).toMatchObject({
      status: 207,
      body: { accepted: 1, verdicts: [{ verdict: 'accepted' }, { verdict: 'rejected', path: 'properties.level' }] },
    });
    // The owners tell what they counted some seconds later (S-21).
    const stats = async () => (await call('GET', '/api/analytics/events/stats?minutes=1440')).body as unknown as StreamStatistics;
    const levels = async () => (await stats()).types.find(({ event_type }) => event_type === 'learning.level.reached')?.total;
    await expect.poll(levels, { timeout: 60_000, interval: 500 }).toBe(2);
    const { rejected, lag_ms: lag } = await stats();
    expect(rejected).toBeGreaterThanOrEqual(1);
    expect(lag.p99).toBeGreaterThanOrEqual(lag.p50);
    // What was counted is among the newest events, from rows at first and from Redis afterwards (S-17, S-18).
    const recent = async () =>
      (await call('GET', '/api/analytics/events/recent?type=learning.level.reached')).body as unknown as RecentEvents;
    expect((await recent()).events.map(({ id }) => id)).toContain('track-1');
    await expect.poll(async () => (await recent()).meta.cache.state, { timeout: 60_000, interval: 200 }).toBe('hit');
    expect((await recent()).events).toMatchObject([{ data: { level: 2 } }, { data: { level: 2 } }]);
  });

  test('the hourly summary has an event with its receipt, and soon without one, whoever asked before (S-14)', async () => {
    // Whenever the test runs over midnight, the day lies between.
    const [start, end] = [-1, 1].map((days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10));
    const streaks = async (receipt?: string) => {
      const waiting = receipt === undefined ? '' : `&after=${receipt}&wait_ms=10000`;
      const { body } = await call('GET', `/v1/views/studyin/hourly_analytics_summary?start=${start}&end=${end}${waiting}`);
      const items = body['items'] as readonly Record<string, AnswerValue>[];
      return items.filter((one) => one['event_type'] === 'learning.streak.updated').reduce((sum, one) => sum + Number(one['events']), 0);
    };
    const track = { event_type: 'streak_updated', properties: { streak_days: 3 }, user_id: user };
    expect(await streaks()).toBe(0);
    const first = await call('POST', '/api/analytics/events/track', { ...track, event_id: 'streak-1' });
    expect(await streaks(first.receipt)).toBe(1);
    for (let n = 2; n <= 4; n += 1) {
      // What was answered before is kept, and is not given again.
      const before = await streaks();
      expect(before).toBe(n - 1);
      await call('POST', '/api/analytics/events/track', { ...track, event_id: `streak-${n}` });
      await expect.poll(async () => streaks(), { timeout: 20_000, interval: 20 }).toBe(n);
    }
  });

  test('findings are there with the data that they are made of, and gone with it (H-16, H-45)', async () => {
    const person = 'user-of-findings';
    const day = (ago: number): string => new Date(Date.now() - ago * 86_400_000).toISOString();
    const sent: Awaited<ReturnType<typeof call>>[] = [];
    // Three days of 4,000 steps, where 8,000 are the target of adults: severity 0.5, so 70 · (0.5 + 0.25) = 52.5, which is 53.
    for (const ago of [1, 2, 3]) {
      const steps = { user_id: person, metric_type: 'steps', value: 4_000, recorded_at: day(ago) };
      sent.push(await written('POST', '/api/v1/health-metrics', steps));
    }
    const found = async (after: string) =>
      (await call('GET', `/v1/insights/healthtrack?subject=${person}&after=${after}&wait_ms=10000&state=all`)).body['insights'];
    expect(await found(sent.at(-1)?.receipt ?? '')).toMatchObject([
      { rule: 'low_step_count', rank: 1, priority: 53, level: 'moderate', state: 'open' },
    ]);
    const stored = await call('GET', `/api/v1/health-insights/user/${person}`);
    expect(stored.body).toMatchObject({ items: [{ rule: 'low_step_count', category: 'activity', superseded: false }] });
    const first = String(sent[0]?.body['id']);
    const dropped = await call('DELETE', `/api/v1/health-metrics/${first}?user_id=${person}`);
    // Two days with data say nothing.
    expect(await found(dropped.receipt)).toMatchObject([{ rule: 'low_step_count', state: 'expired' }]);
  });

  test('a day that stands out is found unasked, and is an event once (N-48)', async () => {
    // Nine and eleven diagnoses in turn for 45 days, and sixty three days ago.
    const events = Array.from({ length: 45 }, (_, day) => (day === 42 ? 60 : day % 2 === 0 ? 9 : 11)).flatMap((count, day) =>
      Array.from({ length: count }, (__, at) => ({
        ...{ id: `dx-${day}-${at}`, type: 'clinical.diagnosis.recorded', subject: `patient-${at}` },
        occurred_at: new Date(Date.now() - (45 - day) * 86_400_000).toISOString(),
        data: { diagnosis_id: `dx-${day}-${at}`, diagnosis_code: 'N48', code_system: 'local' },
      })),
    );
    const sent = await call('POST', '/v1/events', { events });
    const found = async () =>
      (await call('GET', `/v1/insights/novamind?insight=anomalies&after=${sent.receipt}&wait_ms=10000`)).body['insights'];
    expect(await found()).toMatchObject([{ rule: 'diagnoses', level: 'high', evidence: { value: 60 } }]);
    expect(await found()).toHaveLength(1);
    const told = { metric: 'platform.anomalies', kind: 'table', measures: ['anomalies'], group_by: ['metric'], last: '2d' };
    await expect.poll(async () => (await call('POST', '/v1/query', told)).body['rows'], { timeout: 30_000 }).toEqual([['diagnoses', 1]]);
    const jobs = async () => system.admin.call({ method: 'GET', path: '/v1/jobs?kind=insights.find&status=completed' });
    await expect.poll(jobs, { timeout: 60_000 }).toMatchObject({ jobs: [{ kind: 'insights.find' }] });
  });

  test('an activity is recorded, changed and taken back', async () => {
    const run = { user_id: user, sport: 'run', started_at: '2026-11-03T06:00:00.000Z', distance_m: 5_000, elapsed_time_s: 1_500 };
    const recorded = await written('POST', '/v1/activities', run);
    const id = String(recorded.body['id']);
    const list = async (after: string) =>
      (await call('GET', `/v1/activities?user_id=${user}&after=${after}&wait_ms=10000`)).body['items'] as Record<string, unknown>[];
    // 1,500 s for 5 km are 300 s a km.
    expect(await list(recorded.receipt)).toMatchObject([{ id, distance_m: 5_000, avg_pace_s_per_km: 300 }]);
    const changed = await written('PATCH', `/v1/activities/${id}?user_id=${user}`, { distance_m: 6_000 });
    expect(await list(changed.receipt)).toMatchObject([{ id, distance_m: 6_000, avg_pace_s_per_km: 250 }]);
    const dropped = await call('DELETE', `/v1/activities/${id}?user_id=${user}`);
    expect(await list(dropped.receipt)).toEqual([]);
  });
});

describe('an application that tells of itself', () => {
  test('is seen by the template of its routes, with what became of each request', async () => {
    const tracker = createTracker({ client: system.client, source: 'campus' });
    const recorder = recordExpress({ tracker, service: 'campus' });
    const app = express();
    app.use(recorder.requests);
    app.get('/courses/:id', (_request, response) => void response.send('a course'));
    app.get('/broken/:id', () => {
      throw new RangeError('about Ada Example');
    });
    app.use(recorder.errors);
    const server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const path of ['/courses/1', '/courses/2', '/broken/ada@example.org', '/nowhere']) await (await fetch(`${base}${path}`)).text();
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
    await tracker.close(30_000);

    const today = { last: '2d', kind: 'table' } as const;
    const rowsOf = async (metric: string, measure: string, groups: readonly string[]) =>
      (await system.client.query({ ...today, metric, measures: [measure], group_by: groups })).rows;
    await expect
      .poll(async () => (await rowsOf('system.requests', 'requests', ['method', 'route', 'status_class'])).toSorted())
      .toEqual([
        ['GET', '(none)', '400-499', 1],
        ['GET', '/broken/{id}', '500+', 1],
        ['GET', '/courses/{id}', '200-299', 2],
      ]);
    expect(await rowsOf('system.errors', 'errors', ['error_type'])).toEqual([['RangeError', 1]]);
    expect(await rowsOf('system.errors', 'errors', ['route'])).toEqual([['/broken/{id}', 1]]);
  });
});

describe('a load test', () => {
  interface Report {
    readonly requests: number;
    readonly events: number;
    readonly error_texts: readonly { readonly text: string }[];
    readonly endpoints: readonly { readonly endpoint: string; readonly requests: number; readonly errors: number }[];
  }

  /** By users who come from twenty addresses, few enough that no limit is met, however late they are. */
  async function loadtest(scenario: string): Promise<Report> {
    let out = '';
    const { gateway, apiKey } = system.tidegate;
    const load = ['--users', '20', '--think', '0.5', '--ramp', '1', '--duration', '2.5', '--sources', '20', '--json'];
    const code = await runProgram(['loadtest', '--base-url', gateway, '--token', apiKey, '--scenario', scenario, ...load], {
      env: {},
      stdin: new PassThrough().end(),
      stdout: { write: (text) => (out += text) },
      stderr: { write: () => true },
    });
    expect(code).toBe(0);
    return JSON.parse(out) as Report;
  }

  test.each([
    ['healthtrack-mix', 'health_metric', 'count', 7],
    ['fitness', 'training.nutrition', 'entries', 5],
  ])('of scenario %s is understood at all routes of its pack, and what it wrote is counted', async (scenario, metric, measure, routes) => {
    const count = async (): Promise<number> =>
      Number((await system.client.query({ metric, kind: 'summary', measures: [measure], last: '2d' })).rows[0]?.[0] ?? 0);
    const before = await count();
    const { error_texts: errors, endpoints, events } = await loadtest(scenario);
    // Servers that are shared may be away for a moment, which is 503; a route, a key, a limit or an event that is wrong is 4xx.
    expect(errors.filter(({ text }) => !text.startsWith('503'))).toEqual([]);
    expect(endpoints.length).toBeGreaterThanOrEqual(routes - 1);
    for (const { endpoint, requests, errors: failed } of endpoints) expect([endpoint, failed < requests]).toEqual([endpoint, true]);
    expect(events).toBeGreaterThan(0);
    await expect.poll(count).toBeGreaterThanOrEqual(before + events);
    expect(await count()).toBeLessThanOrEqual(before + (endpoints.find(({ endpoint }) => endpoint === 'POST /v1/events')?.requests ?? 0));
  });
});
