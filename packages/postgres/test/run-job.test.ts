import { createMetrics } from '@tidegate/telemetry';
import { describe, expect, test } from 'vitest';
import { createRunJob, declareJob, JobFault } from '../src/index.ts';
import type { RunningJob } from '../src/index.ts';
import { createMemoryJobs } from '../src/memory.ts';

type Job = RunningJob<{ readonly n: number }>;

/** One job and a way to try it once more; what the queue would be told is returned. */
async function world(run: (job: Job) => Promise<string>) {
  const jobs = createMemoryJobs();
  const { job } = await jobs.submit({ tenant: 'acme', owner: 'k', kind: 'test', params: '{"n":7}' });
  const metrics = createMetrics('test');
  const failures: unknown[] = [];
  let claims = 0;
  const runJob = createRunJob({
    ...{ attempts: jobs, metrics, monotonicMs: () => 0, newClaim: () => `claim-${(claims += 1)}` },
    onFailure: (error) => failures.push(error),
  });
  const kind = declareJob<{ n: number }>({ name: 'test', keepS: 60, readParams: (text) => JSON.parse(text) as { n: number }, run });
  const attempt = async (signal = new AbortController().signal) =>
    runJob(kind, job.id, signal).then(
      () => 'done',
      () => 'again',
    );
  return {
    jobs,
    attempt,
    failures,
    metrics,
    state: async () => jobs.find('acme', job.id),
    result: async () => jobs.result('acme', job.id),
    id: job.id,
  };
}

describe('an attempt at a job', () => {
  test('ends it with its result, and the queue may say so twice', async () => {
    const { attempt, state, result } = await world(async ({ params, attempt: nth }) => JSON.stringify({ n: params.n, nth }));
    expect([await attempt(), await attempt()]).toEqual(['done', 'done']);
    expect(await state()).toMatchObject({ state: 'completed', attempts: 1 });
    expect(await result()).toBe('{"n":7,"nth":1}');
  });

  test('that throws is tried again from its cursor, three times in all', async () => {
    const cursors: unknown[] = [];
    const { attempt, state, failures, metrics } = await world(async ({ cursor, attempt: nth, advance }) => {
      cursors.push(cursor);
      await advance({ progress: { done: nth }, cursor: { nth } });
      throw new Error('away');
    });
    expect([await attempt(), await attempt(), await attempt(), await attempt()]).toEqual(['again', 'again', 'done', 'done']);
    expect(cursors).toEqual([null, { nth: 1 }, { nth: 2 }]);
    expect(await state()).toMatchObject({ state: 'failed', errorCode: 'job_failed', progress: { done: 3 } });
    expect(failures).toHaveLength(3);
    const told = await metrics.expose();
    expect(told).toContain('jobs_total{kind="test",result="retried",service="test"} 2');
    expect(told).toContain('jobs_total{kind="test",result="failed",service="test"} 1');
  });

  test('that cannot succeed ends the job at once with its own code', async () => {
    const { attempt, state } = await world(async () => Promise.reject(new JobFault('range_too_large')));
    expect(await attempt()).toBe('done');
    expect(await state()).toMatchObject({ state: 'failed', errorCode: 'range_too_large', attempts: 1 });
  });

  test('that a stopping process breaks off does not count, and goes on elsewhere', async () => {
    const stop = new AbortController();
    const { attempt, state, failures } = await world(async ({ attempt: nth, cursor, advance }) => {
      if (cursor !== null) return String(nth);
      await advance({ progress: {}, cursor: 1 });
      stop.abort();
      await advance({ progress: {}, cursor: 2 });
      return 'null';
    });
    expect(await attempt(stop.signal)).toBe('again');
    expect(await state()).toMatchObject({ state: 'queued', attempts: 0 });
    expect(await attempt()).toBe('done');
    expect(await state()).toMatchObject({ state: 'completed', attempts: 1 });
    expect(failures).toEqual([]);
  });

  test('of a job that is cancelled meanwhile learns of it at its next step, and leaves no result', async () => {
    const { jobs, id, attempt, state, result } = await world(async ({ advance }) => {
      await jobs.cancel('acme', id);
      await advance({ progress: {}, cursor: null });
      return '"too late"';
    });
    expect(await attempt()).toBe('done');
    expect(await state()).toMatchObject({ state: 'cancelled' });
    expect(await result()).toBe(null);
  });
});
