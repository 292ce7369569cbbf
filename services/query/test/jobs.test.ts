import { createMemoryJobs } from '@tidegate/postgres/memory';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ServedAsk } from './serve-ask.ts';
import { serveAsk } from './serve-ask.ts';

const NOW_MS = Date.UTC(2026, 10, 21, 9);
const CLAIM = 'claim';

let served: ServedAsk;
let jobs: ReturnType<typeof createMemoryJobs>;
let nowMs: number;

beforeEach(async () => {
  nowMs = NOW_MS;
  jobs = createMemoryJobs(() => nowMs);
  served = await serveAsk(async () => Promise.reject(new Error('nothing is asked')), { jobs });
});

afterEach(async () => served.close());

const submit = async (n: number, owner = 'k') =>
  (await jobs.submit({ tenant: 'acme', owner, kind: 'rejected.replay', params: `{"n":${n}}` })).job.id;

async function call(path: string, init: Parameters<ServedAsk['call']>[1] = {}) {
  const answer = await served.call(path, init);
  const text = await answer.text();
  return { status: answer.status, text, body: JSON.parse(text) as Record<string, unknown> };
}

describe('a job', () => {
  test('is told from its submission to its result, which goes out digit by digit', async () => {
    const id = await submit(1);
    const shown = async () => (await call(`/v1/jobs/${id}`)).body;
    expect(await shown()).toEqual({
      ...{ job_id: id, kind: 'rejected.replay', status: 'queued', progress_pct: 0, progress: {}, attempts: 0, error_code: null },
      ...{ submitted_at: '2026-11-21T09:00:00.000Z', started_at: null, finished_at: null, expires_at: null },
      ...{ poll_url: `/v1/jobs/${id}`, result_url: null },
    });
    expect(await call(`/v1/jobs/${id}/result`)).toMatchObject({ status: 409, body: { code: 'job_without_result' } });
    nowMs += 1_000;
    await jobs.begin(id, CLAIM);
    expect(await shown()).toMatchObject({ status: 'processing', progress_pct: null, started_at: '2026-11-21T09:00:01.000Z' });
    await jobs.advance(id, CLAIM, { progress: { done: 2, total: 3, replayed: 2 }, cursor: null });
    expect(await shown()).toMatchObject({ progress_pct: 66, progress: { done: 2, total: 3, replayed: 2 }, attempts: 1 });
    // More than were counted at the beginning: it is not done for that.
    await jobs.advance(id, CLAIM, { progress: { done: 4, total: 3 }, cursor: null });
    expect(await shown()).toMatchObject({ progress_pct: 99 });
    await jobs.finish(id, CLAIM, { result: '{"n":12345678901234567890}', keepS: 60 });
    expect(await shown()).toMatchObject({ status: 'completed', progress_pct: 100, expires_at: '2026-11-21T09:01:01.000Z' });
    expect(await call(`/v1/jobs/${id}/result`)).toMatchObject({ status: 200, text: '{"n":12345678901234567890}' });
    nowMs += 60_000;
    expect((await call(`/v1/jobs/${id}`)).status).toBe(404);
  });

  test('is there for the key that asked for it and for administrators of its tenant, and for nobody else', async () => {
    const id = await submit(1, 'mine');
    const callers = [
      [{ keyId: 'mine' }, 200],
      [{ keyId: 'other' }, 404],
      [{ keyId: 'other', scopes: ['tenant:admin'] }, 200],
      [{ keyId: 'mine', tenant: 'other' }, 404],
      [{ keyId: 'other', tenant: 'other', scopes: ['tenant:admin'] }, 404],
    ] as const;
    for (const [caller, status] of callers) {
      expect((await call(`/v1/jobs/${id}`, caller)).status).toBe(status);
      expect((await call(`/v1/jobs/${id}/result`, caller)).status).toBe(status === 200 ? 409 : 404);
      const listed = (await call('/v1/jobs', caller)).body['jobs'];
      expect(listed).toHaveLength(status === 200 ? 1 : 0);
    }
    for (const [caller, status] of callers) {
      if (status === 404) expect((await call(`/v1/jobs/${id}`, { ...caller, method: 'DELETE' })).status).toBe(404);
    }
    expect(await jobs.find('acme', id)).toMatchObject({ state: 'queued' });
  });

  test('that is cancelled says so, as often as it is asked for; one that is finished stays as it is', async () => {
    const [one, two] = [await submit(1), await submit(2)];
    for (let times = 0; times < 2; times += 1)
      expect(await call(`/v1/jobs/${one}`, { method: 'DELETE' })).toMatchObject({ status: 200, body: { status: 'cancelled' } });
    await jobs.begin(two, CLAIM);
    await jobs.finish(two, CLAIM, { errorCode: 'job_failed', keepS: 60 });
    expect((await call(`/v1/jobs/${two}`, { method: 'DELETE' })).body).toMatchObject({ status: 'failed', error_code: 'job_failed' });
  });
});

test('the list of jobs is told in pages that go on only for what they began with', async () => {
  const ids: string[] = [];
  for (let n = 0; n < 5; n += 1) {
    nowMs += n % 2;
    ids.push(await submit(n));
  }
  const told: unknown[] = [];
  let cursor = '';
  for (let pages = 0; pages < 5 && cursor !== 'null'; pages += 1) {
    const { body } = await call(`/v1/jobs?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
    told.push(...(body['jobs'] as { readonly job_id: string }[]).map(({ job_id: id }) => id));
    cursor = String(body['next_cursor']);
  }
  expect(told.toSorted()).toEqual(ids.toSorted());
  const { next_cursor: next } = (await call('/v1/jobs?limit=1')).body;
  expect((await call(`/v1/jobs?limit=1&status=queued&cursor=${String(next)}`)).body['code']).toBe('cursor_invalid');
  expect((await call(`/v1/jobs?limit=1&cursor=${String(next)}`, { keyId: 'other' })).body['code']).toBe('cursor_invalid');
  expect((await call('/v1/jobs?status=lost')).body['code']).toBe('request_invalid');
});
