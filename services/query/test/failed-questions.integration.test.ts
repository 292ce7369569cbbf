import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningQuery } from '../src/app.ts';
import { createWorld, until } from './world.ts';
import type { World } from './world.ts';

const PACK = {
  pack: 'wiki',
  title: 'Wikipedia edits',
  events: { 'wiki.edit': { subject: 'optional', fields: { page: { type: 'string', dimension: true } } } },
  metrics: { 'wiki.edits': { events: ['wiki.edit'], dimensions: ['page'], sets: [['page']], measures: { edits: { measure: 'count' } } } },
};
// More days than are cached: each question is a transaction of Postgres.
const BODY = { metric: 'wiki.edits', kind: 'table', from: '2024-01-01', to: '2024-12-31', group_by: ['page'], order: 'page' };
const CONNECTIONS = 5;

let world: World;
let service: RunningQuery;

beforeAll(async () => {
  world = await createWorld(1);
  const value = { pack: 'wiki', version: 1, source: PACK, metrics: { 'wiki.edits': 1 } };
  await world.sendJson(world.topics.control, 'pack/acme/wiki', { version: 1, value });
  await world.commit({ partition: 0, page: 'Oslo', count: 2 });
  service = await world.start({ DATABASE_CONNECTIONS: String(CONNECTIONS), TURN_WITHIN_MS: '60000', ANSWERS_WAITING_MAX: '1000' });
  await until(
    async () => ask(0),
    (status) => status === 200,
  );
});
afterAll(async () => world.close());

/** The answer's status, or 0 where its client left before there was one. */
/** Each another one: equal questions would share a reading, and its connection. */
async function ask(which: number, leaveAfterMs = 60_000): Promise<number> {
  const signal = AbortSignal.timeout(leaveAfterMs);
  return world.call(service, '/v1/query', { body: { ...BODY, limit: 1 + which }, signal }).then(
    ({ status }) => status,
    () => 0,
  );
}

async function activeConnections(): Promise<string | undefined> {
  const text = await (await fetch(`http://127.0.0.1:${service.metricsPort}/metrics`)).text();
  return /^db_connections_active\{.*\} (\d+)$/m.exec(text)?.[1];
}

test('after a thousand questions that failed or whose client left, no connection to Postgres is missing and none is open too many', async () => {
  await world.sql('REVOKE SELECT ON cell FROM tidegate_query');
  const statuses: number[] = [];
  for (let round = 0; round < 20; round++)
    statuses.push(...(await Promise.all(Array.from({ length: 50 }, async (_, i) => ask(i, i % 3 === 0 ? 5 : 60_000)))));
  await world.sql('GRANT SELECT ON cell TO tidegate_query');
  expect(statuses).toHaveLength(1_000);
  expect([...new Set(statuses)].toSorted((a, b) => a - b)).toEqual([0, 500]);

  // All five are there: as many questions as that hold one each at the same moment, and go on.
  const unlock = await world.lock('cell');
  const waiting = Promise.all(Array.from({ length: CONNECTIONS }, async (_, i) => ask(i)));
  await until(activeConnections, (active) => active === String(CONNECTIONS));
  await unlock();
  expect(await waiting).toEqual([200, 200, 200, 200, 200]);
  await until(activeConnections, (active) => active === '0');
  const sessions = await world.sql(
    `SELECT state FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'tidegate-query'`,
  );
  expect(sessions.length).toBeLessThanOrEqual(CONNECTIONS);
  expect(sessions.filter(({ state }) => state !== 'idle')).toEqual([]);
  // What a busy machine may take for seven hundred new sessions.
}, 240_000);

test('a question about raw events that takes long is a job of the queue, and the same question has its answer afterwards', async () => {
  const steps = [
    { event: 'wiki.edit', name: 'first' },
    { event: 'wiki.edit', name: 'second' },
  ];
  const body = { kind: 'funnel', steps, window_s: 3_600, from: '2024-10-04', to: '2024-10-05' };
  const asked = async () => world.call(service, '/v1/query', { body });
  const unlock = await world.lock('raw_event');
  const first = await asked();
  await unlock();
  expect(first.status).toBe(202);
  const { job_id: id, poll_url: url } = JSON.parse(first.text) as { job_id: string; poll_url: string };
  const state = async (): Promise<string> => (JSON.parse((await world.call(service, url)).text) as { status: string }).status;
  await until(state, (status) => status === 'completed');
  const again = await asked();
  expect(again.status).toBe(200);
  expect(JSON.parse(again.text)).toMatchObject({ meta: { analysis: { kind: 'funnel' }, job: { job_id: id, status: 'completed' } } });
});
