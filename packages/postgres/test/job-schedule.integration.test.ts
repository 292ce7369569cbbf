import { pause } from '@tidegate/runtime';
import { createMetrics } from '@tidegate/telemetry';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createJobQueue, createPool } from '../src/index.ts';
import type { DueJob, JobQueue, JobScheduleState } from '../src/index.ts';
import { createJobAttempts } from '../src/jobs/job-store.ts';
import { createMigratedDatabase } from './scratch-database.ts';
import type { ScratchDatabase } from './scratch-database.ts';

const INSTANCES = 5;
const DAY_MS = 86_400_000;
/** 2026-11-01T03:00Z. */
const FIRST_MS = Date.UTC(2026, 10, 1, 3);

let database: ScratchDatabase;
let queues: readonly JobQueue[];
const pools: ReturnType<typeof createPool>[] = [];

function poolOf(role: string): ReturnType<typeof createPool> {
  const pool = createPool({ databaseUrl: database.url, applicationName: 'test', role, connectionsMax: 3, statementTimeoutMs: 10_000 });
  pools.push(pool);
  return pool;
}

beforeAll(async () => {
  database = await createMigratedDatabase();
  queues = Array.from({ length: INSTANCES }, () =>
    createJobQueue({
      ...{ pool: poolOf('tidegate_jobs'), metrics: createMetrics('test'), monotonicMs: () => performance.now(), pause },
      ...{ onFailure: () => undefined, onError: () => undefined },
    }),
  );
});
afterAll(async () => {
  for (const queue of queues) await queue.close();
  for (const pool of pools) await pool.end();
  await database.drop();
});

const due = (name: string, day: number): DueJob => ({
  ...{ tenant: 'acme', owner: 'tidegate', kind: 'test.due', name, dueMs: FIRST_MS + day * DAY_MS },
  paramsOf: (doneMs) => JSON.stringify({ name, done: (doneMs - FIRST_MS) / DAY_MS, due: day }),
});

/** All instances look at once. */
async function look(name: string, day: number): Promise<readonly JobScheduleState[]> {
  return Promise.all(queues.map((queue) => queue.beginDue(due(name, day))));
}

async function begunBy(looked: Promise<readonly JobScheduleState[]>): Promise<number> {
  return (await looked).filter(({ begun }) => begun !== null).length;
}

/** Parameters of the jobs of a schedule in their order, with their states, and how many of them stand in the queue. */
async function jobsOf(name: string): Promise<readonly unknown[]> {
  return (
    await database.query<{ made: unknown }>(
      `SELECT (params ->> 'done') || '-' || (params ->> 'due') || ' ' || state || ' ' ||
         (SELECT count(*) FROM pgboss.job q WHERE q.data ->> 'id' = j.job_id::text) AS made
       FROM job j WHERE params ->> 'name' = '${name}' ORDER BY (params ->> 'due')::int`,
    )
  ).map(({ made }) => made);
}

async function end(name: string, how: 'completed' | 'failed'): Promise<void> {
  const attempts = createJobAttempts(pools[0] ?? poolOf('tidegate_jobs'));
  const open = await database.query<{ job_id: string }>(`SELECT job_id FROM job WHERE params ->> 'name' = '${name}' AND state = 'queued'`);
  for (const { job_id: id } of open) {
    const claim = '00000000-0000-4000-8000-000000000001';
    await attempts.begin(id, claim);
    await attempts.finish(id, claim, how === 'completed' ? { result: '{}', keepS: 60 } : { errorCode: 'job_failed', keepS: 60 });
  }
}

describe('a schedule of jobs', () => {
  test('begins one job for each due time, however many instances look at once and again', async () => {
    expect(await begunBy(look('daily', 0))).toBe(0);
    for (let day = 1; day <= 8; day += 1) {
      expect(await begunBy(look('daily', day))).toBe(1);
      await end('daily', 'completed');
      expect(await begunBy(look('daily', day))).toBe(0);
    }
    expect(await jobsOf('daily')).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((done) => `${done}-${done + 1} completed 1`));
  });

  test('begins what was missed once, with all due times that were', async () => {
    await look('missed', 0);
    expect(await begunBy(look('missed', 6))).toBe(1);
    expect(await begunBy(look('missed', 6))).toBe(0);
    expect(await jobsOf('missed')).toEqual(['0-6 queued 1']);
  });

  test('has one job at a time: what comes due meanwhile begins after it, and not after one that an instance with a slow clock asks for', async () => {
    await look('slow', 0);
    await look('slow', 1);
    expect(await begunBy(look('slow', 2))).toBe(0);
    expect(await begunBy(look('slow', 3))).toBe(0);
    await end('slow', 'completed');
    expect(await begunBy(look('slow', 3))).toBe(1);
    await end('slow', 'completed');
    expect(await begunBy(look('slow', 2))).toBe(0);
    expect(await jobsOf('slow')).toEqual(['0-1 completed 1', '1-3 completed 1']);
  });

  test('has in the next job what the one that failed should have done', async () => {
    await look('failing', 0);
    await look('failing', 1);
    await end('failing', 'failed');
    expect(await begunBy(look('failing', 1))).toBe(0);
    const [state] = await look('failing', 2);
    expect(state?.doneMs).toBe(FIRST_MS);
    expect(await jobsOf('failing')).toEqual(['0-1 failed 1', '0-2 queued 1']);
  });

  test('stays due where an instance dies before all of it is written, or cannot say what is to be done', async () => {
    await look('dying', 0);
    await database.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$`);
    // The row of the job is written, its place in the queue is not; then both are, and the schedule is not moved.
    for (const table of ['pgboss.job_common', 'job_schedule']) {
      const what = table === 'job_schedule' ? 'UPDATE' : 'INSERT';
      await database.query(`CREATE TRIGGER refuse BEFORE ${what} ON ${table} FOR EACH ROW EXECUTE FUNCTION refuse()`);
      await expect(queues[0]?.beginDue(due('dying', 1))).rejects.toThrow('refused');
      await database.query(`DROP TRIGGER refuse ON ${table}`);
      expect(await jobsOf('dying')).toEqual([]);
    }
    expect(await queues[0]?.beginDue({ ...due('dying', 1), paramsOf: () => null })).toEqual({ doneMs: FIRST_MS, begun: null });
    expect(await begunBy(look('dying', 1))).toBe(1);
    expect(await jobsOf('dying')).toEqual(['0-1 queued 1']);
  });
});
