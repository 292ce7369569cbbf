import { ok } from 'node:assert';
import type { JobInfo } from '@tidegate/postgres';
import { createMemoryJobs } from '@tidegate/postgres/memory';
import type { MemoryJobs } from '@tidegate/postgres/memory';
import { createRepeatableSealer } from '@tidegate/runtime';
import { afterEach, describe, expect, it } from 'vitest';
import { createAnswerJob } from '../src/background/answer-job.ts';
import { createBackground } from '../src/background/background.ts';
import type { Background } from '../src/background/background.ts';
import { preferenceOf } from '../src/background/prefer.ts';
import type { Ask, AskOutcome } from '../src/ask.ts';
import { createRegistry } from '../src/registry.ts';
import type { Registry } from '../src/registry.ts';
import { answerWith, serveAsk } from './serve-ask.ts';
import type { ServedAsk } from './serve-ask.ts';

const FUNNEL = { kind: 'funnel', steps: [{ event: 'a' }, { event: 'b' }], from: '2026-11-01', to: '2026-11-02', window_s: 60 };
const PLAIN = { metric: 'wiki.edits', kind: 'summary' };
const NEVER = new AbortController().signal;

let served: ServedAsk | null = null;
afterEach(async () => served?.close());

/** Two views of the same, of which one may take long. */
function registryWithViews(): Registry {
  const registry = createRegistry(() => undefined);
  const view = {
    params: { page: { type: 'string' } },
    queries: { found: { metric: 'wiki.edits', kind: 'table', group_by: ['page'], last: '7d', where: { page: '${params.page}' } } },
    answer: { edits: '${found[0].edits}' },
  };
  const source = {
    ...{ pack: 'wiki', title: 'Wiki', events: { 'wiki.edit': { fields: { page: { type: 'string', dimension: true } } } } },
    metrics: { 'wiki.edits': { events: ['wiki.edit'], dimensions: ['page'], measures: { edits: { measure: 'count' } } } },
    views: { quick: view, slow: { ...view, background: true } },
  };
  const value = { pack: 'wiki', version: 1, source, metrics: { 'wiki.edits': 1 } };
  registry.take({ key: Buffer.from('pack/acme/wiki'), value: Buffer.from(JSON.stringify({ version: 1, value })) });
  return registry;
}

/** The service with a queue in memory; `ask` answers once it is let, and jobs are worked on by hand. */
async function createCase(withinMs: number) {
  let nowMs = Date.UTC(2026, 10, 20);
  const jobs: MemoryJobs = createMemoryJobs(() => nowMs);
  const sealer = createRepeatableSealer(new Uint8Array(32).fill(4));
  const state = { isQueueAway: false };
  const failures: unknown[] = [];
  const ofProcess = (): Background =>
    createBackground({
      queue: {
        async submit(job) {
          if (state.isQueueAway) throw new Error('away');
          return jobs.submit(job);
        },
      },
      ...{ jobs, sealer, withinMs, nowMs: () => nowMs, onError: (error) => failures.push(error) },
    });
  const background = ofProcess();
  const asked: { value: unknown; let: (outcome: AskOutcome) => void }[] = [];
  const ask: Ask = async (value) => {
    const { promise, resolve } = Promise.withResolvers<AskOutcome>();
    asked.push({ value, let: resolve });
    return promise;
  };
  served = await serveAsk(ask, { background, jobs, registry: registryWithViews() });
  const post = async (question: unknown, headers: Record<string, string> = {}, keyId = 'k') => {
    ok(served);
    const init = { method: 'POST', body: JSON.stringify(question), headers, keyId };
    const answer = await served.call('/v1/query', init);
    return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Readonly<Record<string, unknown>> };
  };
  /** One attempt of a job, by a process that began it or by another one. */
  const attempt = async (id: string, by: Background = background) => {
    const begun = await jobs.begin(id, 'claim');
    if (begun === null || begun === 'exhausted') return begun;
    const { run } = createAnswerJob({ sealer, make: by.make });
    const result = await run({ ...begun, params: begun.params, signal: NEVER, advance: async () => undefined });
    return jobs.finish(id, 'claim', { result, keepS: 300 });
  };
  const list = async (): Promise<readonly JobInfo[]> =>
    jobs.list({ tenant: 'acme', owner: null, state: null, kind: null, after: null, rowsMax: 10 });
  const view = async (path: string) => {
    ok(served);
    const answer = await served.call(path, { scopes: ['query:read'], keyId: 'k' });
    return { status: answer.status, body: (await answer.json()) as Readonly<Record<string, unknown>> };
  };
  const row = async (id: string) => [jobs.paramsOf(id), await jobs.result('acme', id)];
  return { asked, post, view, row, attempt, list, state, failures, ofProcess, pass: (ms: number) => void (nowMs += ms) };
}

const found = (n: number): AskOutcome => ({ ok: true, answer: answerWith([['Oslo', n]]), mayAgeMs: 0, person: '*' });

describe('an answer that takes long', () => {
  it('is a job at once, one for equal calls of a key, and the same call has the answer afterwards', async () => {
    const { asked, post, attempt, list } = await createCase(5);
    const first = await post(FUNNEL);
    const job = { status: 'processing', job_id: expect.any(String), retry_after_s: 1, submitted_at: '2026-11-20T00:00:00.000Z' };
    const id = String(first.body['job_id']);
    expect(first).toMatchObject({ status: 202, body: { ...job, poll_url: `/v1/jobs/${id}` } });
    expect([first.headers.get('location'), first.headers.get('retry-after')]).toEqual([`/v1/jobs/${id}`, '1']);
    // While it goes on nobody begins the same again.
    expect(await post(FUNNEL)).toMatchObject({ status: 202, body: { job_id: id } });
    expect([asked.length, (await list()).length]).toEqual([1, 1]);
    asked[0]?.let(found(2));
    expect(await attempt(id)).toBe(true);
    const again = await post(FUNNEL);
    expect(again).toMatchObject({
      status: 200,
      body: { rows: [['Oslo', 2]], meta: { cache: { state: 'hit', age_ms: 0 }, job: { job_id: id, status: 'completed' } } },
    });
    expect(again.headers.get('x-tidegate-subject')).toBe('*');
    expect(asked).toHaveLength(1);
    ok(served);
    const result = await served.call(`/v1/jobs/${id}/result`);
    expect(await result.json()).toMatchObject({ answer: { rows: [['Oslo', 2]] }, about: ['*'] });
    expect(result.headers.get('x-tidegate-subject')).toBe('*');
  });

  it('is made anew by the instance that takes over a dead one’s job', async () => {
    const { asked, post, attempt, ofProcess } = await createCase(5);
    const { body } = await post(FUNNEL);
    const other = ofProcess();
    const made: unknown[] = [];
    other.makeBy(async (call) => {
      made.push(call);
      return { ok: true, result: { answer: { ...answerWith([['Bergen', 1]]) }, about: [] } };
    });
    expect(await attempt(String(body['job_id']), other)).toBe(true);
    expect(made).toMatchObject([{ tenant: 'acme', owner: 'k', rows: null, call: { of: 'question', question: FUNNEL } }]);
    expect(await post(FUNNEL)).toMatchObject({ status: 200, body: { rows: [['Bergen', 1]] } });
    expect(asked).toHaveLength(1);
  });

  it('is given again for a minute and then asked anew; another key, or another question, asks for itself', async () => {
    const { asked, post, attempt, pass } = await createCase(5);
    const { body } = await post(FUNNEL);
    asked[0]?.let(found(2));
    await attempt(String(body['job_id']));
    pass(60_000);
    expect((await post(FUNNEL)).status).toBe(200);
    pass(1);
    expect((await post(FUNNEL)).status).toBe(202);
    expect((await post(FUNNEL, {}, 'other')).status).toBe(202);
    expect((await post({ ...FUNNEL, window_s: 61 })).status).toBe(202);
    expect(asked).toHaveLength(4);
  });

  it('is waited for where the queue takes nothing', async () => {
    const { asked, post, state, failures } = await createCase(5);
    state.isQueueAway = true;
    const waiting = post(FUNNEL);
    await expect.poll(() => failures.length, { timeout: 20_000 }).toBe(1);
    asked[0]?.let(found(3));
    expect(await waiting).toMatchObject({ status: 200, body: { rows: [['Oslo', 3]] } });
  });

  it('is waited for by who asks without a word of jobs, and is none for who says respond-async', async () => {
    const { asked, post, list } = await createCase(5);
    const waiting = post(PLAIN);
    expect((await post({ ...PLAIN, kind: 'table' }, { prefer: 'respond-async, wait=0' })).status).toBe(202);
    await expect.poll(() => asked.length, { timeout: 20_000 }).toBe(2);
    asked.find(({ value }) => (value as typeof PLAIN).kind === 'summary')?.let(found(4));
    expect(await waiting).toMatchObject({ status: 200, body: { rows: [['Oslo', 4]] } });
    expect(await list()).toHaveLength(1);
  });

  it('is waited for as long as the caller says, and with a receipt as long as it takes', async () => {
    const { asked, post } = await createCase(5);
    const waiting = [post(FUNNEL, { prefer: 'wait=30' }), post({ ...FUNNEL, after: 'tgr1.x' })];
    await expect.poll(() => asked.length, { timeout: 20_000 }).toBe(2);
    for (const one of asked) one.let(found(1));
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200]);
  });

  it('that is refused makes no job and is not kept; one that is refused later fails with that code', async () => {
    const { asked, post, list } = await createCase(20_000);
    const refused = post(FUNNEL);
    await expect.poll(() => asked.length, { timeout: 20_000 }).toBe(1);
    asked[0]?.let({ ok: false, problem: { code: 'question_invalid' } });
    expect((await refused).status).toBe(422);
    expect(await list()).toEqual([]);
    await served?.close();
    const late = await createCase(5);
    const { body } = await late.post(FUNNEL);
    late.asked[0]?.let({ ok: false, problem: { code: 'range_too_large' } });
    await expect(late.attempt(String(body['job_id']))).rejects.toMatchObject({ code: 'range_too_large' });
  });

  it('of a view is a job where its pack says so, after its parameters were checked', async () => {
    const { asked, view, attempt, list } = await createCase(5);
    expect(await view('/v1/views/wiki/slow')).toMatchObject({ status: 422, body: { code: 'request_invalid' } });
    expect(await view('/v1/views/wiki/slow?page=Tide&pages=2')).toMatchObject({ status: 422 });
    expect([asked.length, (await list()).length]).toEqual([0, 0]);
    const { status, body } = await view('/v1/views/wiki/slow?page=Tide');
    expect([status, body['status']]).toEqual([202, 'processing']);
    asked[0]?.let(found(7));
    expect(await attempt(String(body['job_id']))).toBe(true);
    // Without a cache of views the job's own result is given.
    expect(await view('/v1/views/wiki/slow?page=Tide')).toMatchObject({
      status: 200,
      body: { edits: 7, meta: { job: { job_id: body['job_id'] } } },
    });
    const waiting = view('/v1/views/wiki/quick?page=Tide');
    await expect.poll(() => asked.length, { timeout: 20_000 }).toBe(3);
    asked[2]?.let(found(8));
    expect(await waiting).toMatchObject({ status: 200, body: { edits: 8 } });
  });

  it('of a view is made anew from what was sent, by whoever takes the job', async () => {
    const { asked, view, attempt, ofProcess } = await createCase(5);
    const { body } = await view('/v1/views/wiki/slow?page=Tide');
    const other = ofProcess();
    let made: readonly [string, readonly string[]][] = [];
    other.makeBy(async ({ call }) => {
      if (call.of === 'view') made = call.given.map(([name, values]) => [name, values]);
      return { ok: true, result: { answer: { edits: 9, meta: { generated_at: '2026-11-20T00:00:00.000Z' } }, about: [] } };
    });
    await attempt(String(body['job_id']), other);
    expect(made).toEqual([['page', ['Tide']]]);
    expect(asked).toHaveLength(1);
  });

  it('is told to who watches its job, from the first state to the last, and to nobody else', async () => {
    const { asked, post, attempt } = await createCase(5);
    const { body } = await post(FUNNEL);
    const id = String(body['job_id']);
    ok(served);
    const watcher = served.socket(`/v1/live?job=${id}`, { scopes: ['live:read'], keyId: 'k' });
    const said: { readonly type: string; readonly status?: string; readonly reason?: string }[] = [];
    watcher.on('message', (data: Buffer) => said.push(JSON.parse(data.toString())));
    await expect.poll(() => said.length, { timeout: 20_000 }).toBe(1);
    expect(said[0]).toMatchObject({ type: 'snapshot', job_id: id, status: 'queued' });
    asked[0]?.let(found(1));
    await attempt(id);
    await expect.poll(() => said.at(-1)?.reason, { timeout: 20_000 }).toBe('over');
    expect(said.find(({ status }) => status === 'completed')).toMatchObject({ type: 'update', result_url: `/v1/jobs/${id}/result` });
    const other = await served.call(`/v1/live?job=${id}`, { scopes: ['live:read'], keyId: 'other' });
    expect(other.status).toBe(404);
  });

  it('leaves nothing in the job that names anybody', async () => {
    const { asked, post, attempt, list, row } = await createCase(5);
    const { body } = await post({ ...PLAIN, subject: 'jane' }, { prefer: 'respond-async' });
    asked[0]?.let({ ok: true, answer: answerWith([['jane', 1]]), mayAgeMs: 0, person: 'pseudonym' });
    await attempt(String(body['job_id']));
    const [job] = await list();
    expect(JSON.stringify([job, await row(String(body['job_id']))])).not.toMatch(/jane|pseudonym/);
    ok(served);
    const result = await (await served.call(`/v1/jobs/${String(body['job_id'])}/result`)).json();
    expect(result).toMatchObject({ answer: { rows: [['jane', 1]] }, about: ['pseudonym'] });
  });
});

it.each([
  [undefined, { isAsync: false, waitMs: null }],
  ['respond-async', { isAsync: true, waitMs: null }],
  ['Wait=5, Respond-Async', { isAsync: true, waitMs: 5_000 }],
  ['wait=600', { isAsync: false, waitMs: 30_000 }],
  ['return=minimal', { isAsync: false, waitMs: null }],
])('the preference %j is read', (header, expected) => expect(preferenceOf(header)).toEqual(expected));
