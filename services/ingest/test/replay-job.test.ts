import { KafkaFailure } from '@tidegate/kafka';
import { createRunJob } from '@tidegate/postgres';
import type { DeclaredJob, JobQueue, RejectedDetail } from '@tidegate/postgres';
import { createMemoryJobs } from '@tidegate/postgres/memory';
import { createMetrics } from '@tidegate/telemetry';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { IngestFixture } from './ingest-fixture.ts';
import { event, idsOf, pack, packRecord, publish, send, startFixture, topics } from './ingest-fixture.ts';
import { createRows, takeRefused } from './rejected-rows.ts';
import { storedRecords } from './stored-records.ts';

const SOON_MS = 10;

let fixture: IngestFixture;
let store: ReturnType<typeof createRows>;
let jobs: ReturnType<typeof createMemoryJobs>;
let kind: Promise<DeclaredJob>;

beforeEach(async () => {
  store = createRows();
  // Rows come at once, jobs a moment later.
  jobs = createMemoryJobs(() => SOON_MS);
  const declared = Promise.withResolvers<DeclaredJob>();
  kind = declared.promise;
  const queue: Pick<JobQueue, 'submit' | 'work' | 'close'> = {
    submit: async (job) => jobs.submit(job),
    work: ([first]) => first !== undefined && declared.resolve(first),
    close: async () => undefined,
  };
  fixture = await startFixture({}, { rejected: store, bulk: store.bulk, jobs: queue });
});

afterEach(async () => fixture.app.stop());

async function refused(...bodies: string[]): Promise<readonly string[]> {
  for (const body of bodies) expect((await send(fixture.app, body)).body['accepted']).toBe(0);
  return takeRefused(fixture.broker, store);
}

const ask = async (body: unknown = {}, tenant = 'acme') =>
  send(fixture.app, JSON.stringify(body), { path: '/v1/rejected/replay', type: 'application/json', tenant });

/** One attempt, as a worker makes it when the queue gives it the job. */
async function attempt(id: string, signal = new AbortController().signal): Promise<'done' | 'again'> {
  let claims = 0;
  const metrics = createMetrics('test');
  const runJob = createRunJob({
    attempts: jobs,
    metrics,
    monotonicMs: () => 0,
    newClaim: () => `${id}-${(claims += 1)}-${Math.random()}`,
    onFailure: () => undefined,
  });
  return runJob(await kind, id, signal).then(
    () => 'done',
    () => 'again',
  );
}

async function replayAll(body: unknown = {}): Promise<Record<string, number>> {
  const { status, body: job } = await ask(body);
  expect(status).toBe(202);
  const id = String(job['job_id']);
  expect(await attempt(id)).toBe('done');
  return JSON.parse((await jobs.result('acme', id)) ?? 'null') as Record<string, number>;
}

const counted = () => storedRecords(fixture.broker, topics.events);
const identities = () => counted().map(({ headers }) => Buffer.from(headers.get('identity') ?? []).toString('hex'));
const rowOf = (ref: string | undefined) => store.rows.get(`acme/${ref}`);

function known(ref: string | undefined): RejectedDetail {
  const row = rowOf(ref);
  if (row === undefined) throw new Error('no such row');
  return row;
}

/** The pack with fewer bounds: what it refused for them is right now. */
async function applyFix(): Promise<void> {
  const { 'shop.sold': sold } = pack.events;
  const fields = { ...sold.fields, count: { type: 'integer' } };
  await publish(fixture.client, 'pack/acme/shop', packRecord({ ...pack, events: { 'shop.sold': { ...sold, fields } } }, 2));
  await expect.poll(async () => (await send(fixture.app, event('probe', '"item":"a","count":-5'))).status).toBe(202);
}

const NEGATIVE = '"item":"a","count":-1';

describe('a bulk replay', () => {
  test('after a fix of the pack sends every open row, each with its own id and receipt, and a second one nothing', async () => {
    const ids = Array.from({ length: 450 }, (_, i) => `e-${i}`);
    expect((await send(fixture.app, ids.map((id) => event(id, NEGATIVE)).join('\n'))).body['accepted']).toBe(0);
    const refs = takeRefused(fixture.broker, store);
    await applyFix();
    const before = counted().length;
    expect(await replayAll()).toEqual({ done: 450, total: 450, replayed: 450, refused: 0, passed_over: 0, need_event: 0, differ: 0 });
    expect(
      idsOf(counted())
        .filter((id) => id.startsWith('e-'))
        .toSorted(),
    ).toEqual(ids.toSorted());
    expect(new Set(refs.map((ref) => rowOf(ref)?.receipt)).size).toBe(450);
    expect(refs.every((ref) => rowOf(ref)?.isReplayed)).toBe(true);
    expect(await replayAll()).toMatchObject({ done: 0, total: 0, replayed: 0 });
    expect(counted()).toHaveLength(before + 450);
  });

  test('takes what its filters name: reason, type, pack, time; and no other tenant sees a row', async () => {
    const [negative] = await refused(event('a', NEGATIVE));
    const [empty] = await refused(event('b', '"count":1'));
    const [untyped] = await refused('{"id":"c","type":"shop.lost","occurred_at":"2026-11-21T08:00:00Z","data":{}}');
    const [broken] = await refused('{"id":');
    store.rows.set(`acme/${negative}`, { ...known(negative), receivedAtMs: 5 });
    expect(await replayAll({ code: 'field_missing' })).toMatchObject({ total: 1, refused: 1 });
    expect(rowOf(empty)?.attempts).toBe(2);
    expect(await replayAll({ type: 'shop.sold' })).toMatchObject({ done: 4, refused: 2, passed_over: 2 });
    expect(await replayAll({ pack: 'other' })).toMatchObject({ done: 3, refused: 0, passed_over: 3 });
    expect(await replayAll({ since: '1970-01-01T00:00:00.005Z' })).toMatchObject({ total: 1, refused: 1 });
    expect(await replayAll({ until: '1970-01-01T00:00:00.005Z', code: 'type_unknown' })).toMatchObject({ total: 1, refused: 1 });
    expect([negative, untyped, broken].map((ref) => rowOf(ref)?.attempts)).toEqual([3, 2, 1]);
    const { body } = await ask({}, 'other');
    await attempt(String(body['job_id']));
    expect(await jobs.result('other', String(body['job_id']))).toContain('"total":0');
  });

  test('leaves out a row that had three attempts', async () => {
    const [ref] = await refused(event('a', NEGATIVE));
    for (const attempts of [2, 3]) {
      expect(await replayAll()).toMatchObject({ refused: 1 });
      expect(rowOf(ref)).toMatchObject({ attempts, code: 'field_out_of_range', path: 'data.count' });
    }
    expect(await replayAll()).toMatchObject({ total: 0, refused: 0 });
    expect(rowOf(ref)?.attempts).toBe(3);
    expect(storedRecords(fixture.broker, topics.rejected)).toHaveLength(1);
  });

  test('corrects what it sends by a merge patch; the digits of everything else stay', async () => {
    await refused(event('a', '"item":"a","count":-1,"price":12345678901234567.10'), event('b', '"item":"b","count":2,"extra":1'));
    expect(await replayAll({ correction: { data: { count: 5, extra: null } } })).toMatchObject({ replayed: 2 });
    const data = counted().map(({ value }) =>
      Buffer.from(value)
        .toString()
        .replace(/^.*"data":/, ''),
    );
    expect(data.toSorted()).toEqual(['{"item":"a","count":5,"price":12345678901234567.10}}', '{"item":"b","count":5}}']);
  });

  test('writes the numbers of a correction as they were written', async () => {
    await refused(event('a', NEGATIVE));
    const body = '{"correction":{"data":{"count":9007199254740993,"price":0.10}}}';
    const { body: job } = await send(fixture.app, body, { path: '/v1/rejected/replay', type: 'application/json' });
    await attempt(String(job['job_id']));
    expect(Buffer.from(counted()[0]?.value ?? []).toString()).toContain('"count":9007199254740993,"price":0.10}');
  });

  test('does not let a correction change what an event is: no other id, and nothing hidden that is no JSON', async () => {
    expect(await ask({ correction: { id: 'mine' } })).toMatchObject({ status: 422, body: { code: 'request_invalid' } });
    const [twice] = await refused(
      `{"id":"a","type":"shop.sold","occurred_at":"2026-11-21T08:00:00Z","data":{"item":"a","count":1,"count":2}}`,
    );
    expect(await replayAll({ correction: { data: { count: 1 } } })).toMatchObject({ refused: 1, replayed: 0 });
    expect(rowOf(twice)?.code).toBe('duplicate_key');
  });

  test('tells apart what it cannot send: kept in part, bound to another event', async () => {
    const [long] = await refused(event('a', `"item":"${'a'.repeat(70_000)}","count":1`));
    const [bound] = await refused(event('b', NEGATIVE));
    await store.bind('acme', known(bound), new Uint8Array(12).fill(9));
    await applyFix();
    expect(await replayAll()).toMatchObject({ total: 2, need_event: 1, differ: 1, replayed: 0 });
    expect([long, bound].map((ref) => rowOf(ref)?.isReplayed)).toEqual([false, false]);
  });

  test('that dies after any of its steps goes on where it was, and no event counts twice', async () => {
    await refused(...Array.from({ length: 5 }, (_, i) => event(`e-${i}`, i === 4 ? '"count":1' : NEGATIVE)));
    await applyFix();
    const before = new Set(identities());
    const id = String((await ask()).body['job_id']);
    store.failsToClose = true;
    expect(await attempt(id)).toBe('again');
    expect(await jobs.find('acme', id)).toMatchObject({ state: 'queued', attempts: 1, progress: { done: 0, total: 5 } });
    store.failsToClose = false;
    // The row that was refused is not taken in hand again.
    const advance = jobs.advance;
    jobs.advance = async (...step) => (step[2].progress['done'] === 4 ? Promise.reject(new Error('Postgres went away')) : advance(...step));
    expect(await attempt(id)).toBe('again');
    jobs.advance = advance;
    expect(await attempt(id)).toBe('done');
    expect(await jobs.find('acme', id)).toMatchObject({ state: 'completed', attempts: 3 });
    // Appended twice, for the close failed; of one identity each, which the window drops.
    const sent = identities().filter((identity) => !before.has(identity));
    expect([sent.length, new Set(sent).size]).toEqual([8, 4]);
    const rows = [...store.rows.values()];
    expect(rows.filter(({ isReplayed }) => isReplayed)).toHaveLength(4);
    expect(rows.filter(({ isReplayed }) => !isReplayed).map(({ attempts }) => attempts)).toEqual([2]);
  });

  test('waits while the log takes nothing, and loses nothing', async () => {
    await refused(event('a', NEGATIVE));
    await applyFix();
    fixture.broker.failAppends(() => new KafkaFailure('not_sent', 'no leader'));
    const id = String((await ask()).body['job_id']);
    const running = attempt(id);
    await expect.poll(async () => (await jobs.find('acme', id))?.state).toBe('processing');
    fixture.broker.failAppends(() => undefined);
    expect(await running).toBe('done');
    expect(idsOf(counted())).toContain('a');
    expect(await jobs.result('acme', id)).toContain('"replayed":1');
  });

  test('is asked for once: an equal one that is not finished is that one', async () => {
    const first = await ask({ code: 'id_missing', type: 'shop.sold' });
    expect(first.headers['location']).toBe(`/v1/jobs/${String(first.body['job_id'])}`);
    const again = await ask({ type: 'shop.sold', code: 'id_missing' });
    expect(again.body['job_id']).toBe(first.body['job_id']);
    expect((await ask({ type: 'shop.sold' })).body['job_id']).not.toBe(first.body['job_id']);
    for (const wrong of [{ code: 'No Code' }, { since: 'yesterday' }, { colour: 1 }]) expect((await ask(wrong)).status).toBe(422);
  });
});
