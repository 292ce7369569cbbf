import { randomUUID } from 'node:crypto';
import { pause } from '@tidegate/runtime';
import { createMetrics } from '@tidegate/telemetry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createJobQueue, createJobReader, createPool, declareJob } from '../src/index.ts';
import type { DeclaredJob, JobQueue } from '../src/index.ts';
import { createJobAttempts } from '../src/jobs/job-store.ts';
import type { JobRows } from './jobs.contract.ts';
import { describeJobs } from './jobs.contract.ts';
import { createMigratedDatabase } from './scratch-database.ts';
import type { ScratchDatabase } from './scratch-database.ts';

type Pool = ReturnType<typeof createPool>;

let database: ScratchDatabase;
let rows: JobRows;
const pools: Pool[] = [];
const queues: JobQueue[] = [];

function poolOf(role: string): Pool {
  const pool = createPool({ databaseUrl: database.url, applicationName: 'test', role, connectionsMax: 3, statementTimeoutMs: 10_000 });
  pools.push(pool);
  return pool;
}

function queueOn(pool: Pool, errors: unknown[] = []): JobQueue {
  const queue = createJobQueue({
    ...{ pool, metrics: createMetrics('test'), monotonicMs: () => performance.now(), pause },
    onFailure: (error) => errors.push(error),
    onError: (error) => errors.push(error),
  });
  queues.push(queue);
  return queue;
}

const kindOf = (name: string, run: DeclaredJob['run']): DeclaredJob => declareJob({ name, keepS: 60, readParams: (text) => text, run });

beforeAll(async () => {
  database = await createMigratedDatabase();
  const pool = poolOf('tidegate_jobs');
  const queue = queueOn(pool);
  // Shown and cancelled as the query service does it, worked on as a worker does.
  rows = { ...createJobReader(poolOf('tidegate_query')), ...createJobAttempts(pool), submit: (job) => queue.submit(job) };
});

afterAll(async () => {
  for (const queue of queues) await queue.close();
  for (const pool of pools) if (!pool.ended) await pool.end();
  await database.drop();
});

describeJobs('Postgres', () => rows);

test('a job of a worker that died is taken up by another, which goes on at the cursor', async () => {
  const doomedPool = poolOf('tidegate_jobs');
  const errors: unknown[] = [];
  const hung = Promise.withResolvers<void>();
  const doomed = queueOn(doomedPool, errors);
  doomed.work([
    kindOf('test.dies', async ({ advance, signal }) => {
      await advance({ progress: { done: 1, total: 2 }, cursor: { at: 1 } });
      hung.resolve();
      return new Promise<string>((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true }));
    }),
  ]);
  const { job } = await doomed.submit({ tenant: 'acme', owner: 'k', kind: 'test.dies', params: '{}' });
  await hung.promise;
  // Its last breath: no statement of it comes through any more. What was last heard of it is a minute ago.
  await doomedPool.end();
  await database.query(`UPDATE pgboss.job SET heartbeat_on = now() - interval '1 minute' WHERE name = 'test.dies'`);
  const heir = queueOn(poolOf('tidegate_jobs'), errors);
  heir.work([kindOf('test.dies', async ({ attempt, cursor }) => JSON.stringify({ attempt, cursor }))]);
  await expect.poll(async () => rows.result('acme', job.id), { timeout: 30_000, interval: 200 }).toBe('{"attempt":2,"cursor":{"at":1}}');
}, 40_000);

test('work that fails is tried again, and a queue that was closed begins nothing', async () => {
  const queue = queueOn(poolOf('tidegate_jobs'));
  const attempts: number[] = [];
  const kind = kindOf('test.fails', async ({ attempt }) => {
    attempts.push(attempt);
    if (attempt === 1) throw new Error('away');
    return '"there"';
  });
  queue.work([kind]);
  const { job } = await queue.submit({ tenant: 'acme', owner: 'k', kind: 'test.fails', params: '{}' });
  await expect.poll(async () => rows.result('acme', job.id), { interval: 100 }).toBe('"there"');
  expect(attempts).toEqual([1, 2]);
  await queue.close();
  const later = await rows.submit({ tenant: 'acme', owner: 'k', kind: 'test.fails', params: '{"later":1}' });
  expect(await rows.find('acme', later.job.id)).toMatchObject({ state: 'queued' });
}, 40_000);

test('a job and its place in the queue are there together, or neither', async () => {
  const params = '{"whole":1}';
  await database.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$`);
  await rows.submit({ tenant: 'acme', owner: 'k', kind: 'test.whole', params: '{}' });
  await database.query(`CREATE TRIGGER refuse BEFORE INSERT ON pgboss.job_common FOR EACH ROW EXECUTE FUNCTION refuse()`);
  await expect(rows.submit({ tenant: 'acme', owner: 'k', kind: 'test.whole', params })).rejects.toThrow('refused');
  await database.query(`DROP TRIGGER refuse ON pgboss.job_common`);
  const kept = await database.query<{ n: number }>(`SELECT count(*)::int AS n FROM job WHERE kind = 'test.whole'`);
  expect(kept).toEqual([{ n: 1 }]);
  expect(await rows.submit({ tenant: 'acme', owner: 'k', kind: 'test.whole', params })).toMatchObject({ isNew: true });
});

test('the role of the jobs can touch nothing but jobs, and the query service cannot make or do one', async () => {
  const asJobs = poolOf('tidegate_jobs');
  for (const table of ['rejected_event', 'raw_event', 'cell', 'api_key', 'control_record', 'tenant'])
    await expect(asJobs.query(`SELECT FROM ${table}`)).rejects.toThrow('permission denied');
  await expect(asJobs.query('CREATE TABLE pgboss.more (id int)')).rejects.toThrow('permission denied');
  const asQuery = poolOf('tidegate_query');
  await expect(asQuery.query('SELECT FROM pgboss.job')).rejects.toThrow('permission denied');
  await expect(asQuery.query(`UPDATE job SET result = '{}' WHERE job_id = $1`, [randomUUID()])).rejects.toThrow('permission denied');
  await expect(asQuery.query('DELETE FROM job')).rejects.toThrow('permission denied');
});
