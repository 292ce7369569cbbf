import type { FindingsOf, InsightStore, KeptFinding } from '@tidegate/postgres';
import { afterEach, describe, expect, test } from 'vitest';
import type { MadeEvent } from '@tidegate/core';
import type { JobInfo } from '@tidegate/postgres';
import type { Answer, AnswerMeta } from '../src/ask.ts';
import { createFindJob } from '../src/insights/find-job.ts';
import { askForDue } from '../src/insights/watch-insights.ts';
import type { SendEvents } from '../src/writes/event-sender.ts';
import { createRegistry } from '../src/registry.ts';
import type { ServedAsk } from './serve-ask.ts';
import { answerWith, serveAsk } from './serve-ask.ts';

const pack = {
  pack: 'wiki',
  title: 'Wiki',
  events: {
    'wiki.edit': { fields: { page: { type: 'string', dimension: true } } },
    'wiki.busy': {
      subject: 'none',
      fields: { page: { type: 'string' }, text: { type: 'string' }, none: { type: 'string', optional: true } },
    },
  },
  metrics: {
    'wiki.edits': {
      events: ['wiki.edit'],
      dimensions: ['page'],
      sets: [['page'], ['page', 'subject']],
      measures: { edits: { measure: 'count' } },
    },
  },
  views: {
    pages: {
      scope: 'patient:read',
      params: { user_id: { type: 'subject' } },
      queries: { rows: { metric: 'wiki.edits', kind: 'table', group_by: ['page'], last: '7d', subject: '${params.user_id}' } },
      answer: { items: '${rows.filter(r, r.edits > 3)}' },
    },
    found: {
      scope: 'patient:read',
      params: { user_id: { type: 'subject' } },
      queries: { rows: { insights: 'busy', subject: '${params.user_id}', closed: true } },
      answer: { items: "${rows.map(r, {'about': r.about, 'state': r.state, 'message': r.message})}" },
    },
  },
  insights: {
    busy: {
      view: { name: 'pages', params: { user_id: '${subject}' } },
      findings:
        "view.items.map(i, {'rule': 'busy', 'about': i.page, 'rank': 1, 'title': 'Busy', 'message': string(int(i.edits)) + ' edits'})",
    },
    told: {
      of: 'all',
      every_s: 600,
      view: { name: 'pages', params: { user_id: 'u-1' } },
      findings: "view.items.map(i, {'rule': 'busy', 'about': i.page, 'title': 'Busy', 'message': string(int(i.edits)) + ' edits'})",
      event: { type: 'wiki.busy', data: { page: '${finding.about}', text: '${finding.message}', none: '${finding.level}' } },
    },
  },
};

/** By the definition of the store: what stands open is there once; no clock but that of the changes. */
function createStore(): InsightStore & { readonly changes: string[]; readonly kept: (KeptFinding & FindingsOf)[] } {
  const kept: (KeptFinding & FindingsOf)[] = [];
  const changes: string[] = [];
  const isOf = (of: FindingsOf) => (one: FindingsOf) =>
    one.subject === of.subject && one.insight === of.insight && one.tenant === of.tenant;
  return {
    ...{ kept, changes },
    list: async (of, { withClosed, rowsMax }) =>
      [
        ...kept.filter(isOf(of)).filter(({ closedMs }) => closedMs === null),
        ...kept.filter(isOf(of)).filter(({ closedMs }) => closedMs !== null),
      ]
        .filter(({ closedMs }) => withClosed || closedMs === null)
        .slice(0, rowsMax),
    async change(of, { close, insert, see, nowMs }) {
      changes.push(`-${close.length} +${insert.length} =${see.length}`);
      for (const { id, isSuperseded } of close) {
        const at = kept.findIndex((one) => one.id === id);
        const one = kept[at];
        if (one !== undefined) kept[at] = { ...one, closedMs: nowMs, isSuperseded };
      }
      for (const { id, finding } of insert)
        kept.push({ ...of, id, finding, createdMs: nowMs, seenMs: nowMs, closedMs: null, isSuperseded: false });
      return insert.length;
    },
  };
}

/** What a log would hold: an event once, by its id. `verdict`: what becomes of what is sent. */
function createEventLog() {
  const state: { verdict: 'accepted' | 'retry' | 'lost answer'; sent: number } = { verdict: 'accepted', sent: 0 };
  const events = new Map<string, MadeEvent>();
  const sendEvents: SendEvents = async (sent, { caller, context }) => {
    state.sent += sent.length;
    expect([caller, context]).toEqual([{ tenant: 'acme', keyId: 'tidegate', scopes: ['ingest:write'] }, null]);
    if (state.verdict !== 'retry') for (const event of sent) if (!events.has(event.id)) events.set(event.id, event);
    if (state.verdict === 'lost answer') return { ok: false, problem: { code: 'upstream_unreachable' } };
    const { verdict } = state;
    return { ok: true, receipt: null, receivedAt: '', verdicts: sent.map(() => ({ verdict })) };
  };
  return { state, events, sendEvents };
}

let served: ServedAsk | null = null;
afterEach(async () => served?.close());

async function serve() {
  const registry = createRegistry(() => undefined);
  const value = { pack: 'wiki', version: 1, source: pack, metrics: { 'wiki.edits': 1 } };
  registry.take({ key: Buffer.from('pack/acme/wiki'), value: Buffer.from(JSON.stringify({ version: 1, value })) });
  const now: { rows: Answer['rows']; status: AnswerMeta['status'] } = { rows: [], status: 'current' };
  const store = createStore();
  const generated: number[] = [];
  const log = createEventLog();
  const told: number[] = [];
  const job = createFindJob({ registry });
  served = await serveAsk(async () => ({ ok: true, answer: answerWith(now.rows, { status: now.status }), mayAgeMs: 0 }), {
    ...{ registry, insights: store, sendEvents: log.sendEvents, finding: job },
    onGenerated: (_pack: string, count: number) => void generated.push(count),
    onTold: (_of: unknown, count: number) => void told.push(count),
  });
  const { call } = served;
  const read = async (path: string, init: Parameters<typeof call>[1] = {}) => {
    const answer = await call(path, { scopes: ['query:read', 'patient:read'], ...init });
    return {
      status: answer.status,
      body: (await answer.json()) as { insights: Record<string, unknown>[]; items: unknown[]; code: string },
    };
  };
  return { read, now, store, generated, log, told, job, registry };
}

const OF_ONE = '/v1/insights/wiki?subject=u-1';

describe('findings of the rules of a pack', () => {
  test('are those of the figures of now, and say since when they hold and what they were before', async () => {
    const { read, now, store, generated } = await serve();
    expect((await read(OF_ONE)).body.insights).toEqual([]);
    now.rows = [
      ['a', 5],
      ['b', 2],
    ] as unknown as Answer['rows'];
    const first = (await read(OF_ONE)).body.insights;
    expect(first).toMatchObject([
      { insight: 'busy', rule: 'busy', about: 'a', message: '5 edits', state: 'open', closed_at: null, meta: { status: 'current' } },
    ]);
    // Nothing is new, and nothing is written.
    expect((await read(OF_ONE)).body.insights).toMatchObject([{ id: first[0]?.['id'], created_at: first[0]?.['created_at'] }]);
    expect(store.changes).toEqual(['-0 +1 =0']);
    now.rows = [
      ['a', 6],
      ['b', 4],
    ] as unknown as Answer['rows'];
    expect((await read(OF_ONE)).body.insights).toMatchObject([
      { about: 'a', message: '6 edits' },
      { about: 'b', message: '4 edits' },
    ]);
    now.rows = [['b', 4]] as unknown as Answer['rows'];
    expect((await read(`${OF_ONE}&state=all`)).body.insights.map(({ message, state }) => `${String(message)} ${String(state)}`)).toEqual([
      '4 edits open',
      '5 edits superseded',
      '6 edits expired',
    ]);
    expect(generated.reduce((sum, count) => sum + count, 0)).toBe(3);
    expect(new Set(store.kept.map(({ subject }) => subject))).toEqual(new Set(['acme/u-1']));
  });

  test('are rows of a view, which shapes them', async () => {
    const { read, now } = await serve();
    now.rows = [['a', 5]] as unknown as Answer['rows'];
    const answer = await read('/v1/views/wiki/found?user_id=u-1');
    expect(answer).toMatchObject({
      status: 200,
      body: { items: [{ about: 'a', state: 'open', message: '5 edits' }], meta: { status: 'current' } },
    });
  });

  test('are shown to the person whom they are about, and to who may read the view that they are made of', async () => {
    const { read, now } = await serve();
    now.rows = [['a', 5]] as unknown as Answer['rows'];
    expect((await read('/v1/insights/wiki', { subject: 'u-1' })).body.insights).toHaveLength(1);
    expect(await read(OF_ONE, { subject: 'u-2' })).toMatchObject({ status: 403, body: { code: 'row_refused' } });
    expect(await read('/v1/views/wiki/found?user_id=u-1', { subject: 'u-2' })).toMatchObject({ status: 403 });
    expect(await read(OF_ONE, { rows: { metrics: ['wiki.edits'], where: {}, subject: 'u-1' } })).toMatchObject({ status: 403 });
    expect(await read(OF_ONE, { scopes: ['query:read'] })).toMatchObject({ status: 403, body: { code: 'scope_missing' } });
    expect(await read(`${OF_ONE}&colour=red`)).toMatchObject({ status: 422 });
    expect(await read('/v1/insights/none')).toMatchObject({ status: 404 });
  });
});

describe('findings that are events', () => {
  const OF_ALL = '/v1/insights/wiki';
  const busy = (...pages: string[]) => pages.map((page) => [page, 5]) as unknown as Answer['rows'];

  test('are told once each, whatever becomes of them and however often they are looked for', async () => {
    const { read, now, log, told } = await serve();
    now.rows = busy('a', 'b');
    expect((await read(OF_ALL)).body.insights).toHaveLength(2);
    await read(OF_ALL);
    expect([...log.events.values()].map(({ type, data }) => [type, data])).toEqual([
      ['wiki.busy', { page: 'a', text: '5 edits' }],
      ['wiki.busy', { page: 'b', text: '5 edits' }],
    ]);
    // It changes, goes, and comes back: the same finding.
    now.rows = [['a', 7]] as unknown as Answer['rows'];
    await read(OF_ALL);
    now.rows = [];
    expect((await read(OF_ALL)).body.insights).toEqual([]);
    now.rows = busy('b', 'c');
    expect((await read(OF_ALL)).body.insights).toHaveLength(2);
    expect([log.events.size, log.state.sent, told]).toEqual([3, 3, [2, 1]]);
  });

  test('are kept only once the log has their events: what broke off between the two is told again under the same id', async () => {
    const { read, now, log, store, told } = await serve();
    now.rows = busy('a');
    log.state.verdict = 'retry';
    expect(await read(OF_ALL)).toMatchObject({ status: 503, body: { code: 'log_unavailable' } });
    log.state.verdict = 'lost answer';
    expect(await read(OF_ALL)).toMatchObject({ body: { code: 'upstream_unreachable' } });
    expect([store.kept, told]).toEqual([[], []]);
    log.state.verdict = 'accepted';
    expect((await read(OF_ALL)).body.insights).toHaveLength(1);
    expect([log.events.size, log.state.sent, told]).toEqual([1, 3, [1]]);
  });

  test('do not begin while what they are made of is not all counted', async () => {
    const { read, now, log, store } = await serve();
    now.rows = busy('a');
    now.status = 'catching_up';
    expect((await read(OF_ALL)).body.insights).toEqual([]);
    expect([log.state.sent, store.changes]).toEqual([0, []]);
  });

  test('are looked for by a job of their own, when it is due', async () => {
    const { now, log, job, registry } = await serve();
    now.rows = busy('a');
    const submitted: string[] = [];
    const last: { job: Pick<JobInfo, 'submittedAtMs' | 'finishedAtMs'> | null; nowMs: number } = { job: null, nowMs: 1_000_000 };
    const look = async (): Promise<number> => {
      await askForDue({
        ...{ registry, nowMs: () => last.nowMs, onWatched: () => undefined },
        jobs: { findEqual: async () => last.job as JobInfo | null },
        queue: {
          submit: async ({ tenant, kind, params }) => {
            submitted.push(`${tenant} ${kind} ${params}`);
            return { job: {} as JobInfo, isNew: true };
          },
        },
        onError: (error) => expect(error).toBeUndefined(),
      });
      return submitted.length;
    };
    expect(await look()).toBe(1);
    expect(submitted).toEqual(['acme insights.find {"pack":"wiki","insight":"told"}']);
    // One that is not finished, and one that was asked for less than ten minutes ago, are enough.
    last.job = { submittedAtMs: 0, finishedAtMs: null };
    expect(await look()).toBe(1);
    last.job = { submittedAtMs: 400_001, finishedAtMs: 401_000 };
    expect(await look()).toBe(1);
    last.job = { submittedAtMs: 400_000, finishedAtMs: 401_000 };
    expect(await look()).toBe(2);
    const begun = { id: 'j', kind: 'insights.find', submittedAtMs: 0, attempt: 1, progress: {}, cursor: null };
    const run = async (params: string) =>
      job.job.run({ ...begun, tenant: 'acme', params, signal: AbortSignal.abort(), advance: async () => undefined });
    expect(await run('{"pack":"wiki","insight":"told"}')).toBe('{"status":"current"}');
    expect(log.events.size).toBe(1);
    await expect(run('{"pack":"wiki","insight":"gone"}')).rejects.toThrow('not_found');
  });
});
