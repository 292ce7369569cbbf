import type { FindingsOf, InsightStore, KeptFinding } from '@tidegate/postgres';
import { afterEach, describe, expect, test } from 'vitest';
import type { Answer } from '../src/ask.ts';
import { createRegistry } from '../src/registry.ts';
import type { ServedAsk } from './serve-ask.ts';
import { answerWith, serveAsk } from './serve-ask.ts';

const pack = {
  pack: 'wiki',
  title: 'Wiki',
  events: { 'wiki.edit': { fields: { page: { type: 'string', dimension: true } } } },
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
    all: { of: 'all', view: { name: 'pages', params: { user_id: 'u-1' } }, findings: '[]' },
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

let served: ServedAsk | null = null;
afterEach(async () => served?.close());

async function serve() {
  const registry = createRegistry(() => undefined);
  const value = { pack: 'wiki', version: 1, source: pack, metrics: { 'wiki.edits': 1 } };
  registry.take({ key: Buffer.from('pack/acme/wiki'), value: Buffer.from(JSON.stringify({ version: 1, value })) });
  const now: { rows: Answer['rows'] } = { rows: [] };
  const store = createStore();
  const generated: number[] = [];
  served = await serveAsk(async () => ({ ok: true, answer: answerWith(now.rows), mayAgeMs: 0 }), {
    ...{ registry, insights: store, onGenerated: (_pack: string, count: number) => void generated.push(count) },
  });
  const { call } = served;
  const read = async (path: string, init: Parameters<typeof call>[1] = {}) => {
    const answer = await call(path, { scopes: ['query:read', 'patient:read'], ...init });
    return {
      status: answer.status,
      body: (await answer.json()) as { insights: Record<string, unknown>[]; items: unknown[]; code: string },
    };
  };
  return { read, now, store, generated };
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
