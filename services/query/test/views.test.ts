import { compilePack, entityTable, parsePack } from '@tidegate/core';
import type { EntityValue } from '@tidegate/core';
import type { EntityReader } from '@tidegate/postgres';
import { createMemoryEntityReader } from '@tidegate/postgres/memory';
import { afterEach, describe, expect, test } from 'vitest';
import type { Answer, Ask } from '../src/ask.ts';
import { createRegistry } from '../src/registry.ts';
import type { Registry } from '../src/registry.ts';
import { answerWith, serveAsk } from './serve-ask.ts';
import type { ServedAsk } from './serve-ask.ts';

const views = {
  totals: {
    title: 'Totals',
    route: 'GET /v1/edits/{page}',
    params: { page: { type: 'string' }, least: { type: 'integer', default: 0 } },
    queries: {
      pages: { metric: 'wiki.edits', kind: 'table', group_by: ['page'], last: '7d', where: { page: '${params.page}' } },
      days: { metric: 'wiki.edits', kind: 'series', last: '7d', when: 'params.least > 0' },
      first: { metric: 'wiki.edits', kind: 'series', last: '7d', where: { page: '${pages[0].page}' } },
    },
    answer: {
      page: '${params.page}',
      total: '${sum(pages.map(p, p.edits))}',
      top: "${ranked(sort_by(pages, '-edits')).map(p, {'rank': p.rank, 'page': p.page})}",
      days: '${size(days)}',
      next: '${meta.pages.next_cursor}',
    },
  },
  person: {
    scope: 'patient:read',
    params: { user_id: { type: 'subject' } },
    queries: { mine: { metric: 'wiki.edits', kind: 'summary', last: '7d', subject: '${params.user_id}' } },
    answer: { user_id: '${params.user_id}', n: '${first(mine).edits}' },
  },
  thing: {
    params: { page: { type: 'id' } },
    queries: { found: { metric: 'wiki.edits', kind: 'table', group_by: ['page'], last: '7d', where: { page: '${params.page}' } } },
    exists: 'size(found) > 0',
    let: { edits: '${found[0].edits}' },
    answer: { edits: '${edits}' },
  },
  broken: { queries: {}, answer: { a: [1, '${range(3)[7]}'] } },
  endless: { queries: {}, answer: { a: '${range(1000).map(x, range(1000).map(y, x * y))}' } },
};

function registryWith(sections: object, version = 1): Registry {
  const registry = createRegistry(() => undefined);
  put(registry, sections, version);
  return registry;
}

function put(registry: Registry, sections: object, version: number, pack = 'wiki'): void {
  const source = pack === 'wiki' ? wikiWith(sections) : sections;
  const value = { pack, version, source, metrics: pack === 'wiki' ? { 'wiki.edits': 1 } : {} };
  registry.take({ key: Buffer.from(`pack/acme/${pack}`), value: Buffer.from(JSON.stringify({ version, value })) });
}

function wikiWith(sections: object): object {
  const event = { fields: { page: { type: 'string', dimension: true } } };
  const metric = { events: ['wiki.edit'], dimensions: ['page'], sets: [['page'], ['subject']], measures: { edits: { measure: 'count' } } };
  return { pack: 'wiki', title: 'Wiki', events: { 'wiki.edit': event }, metrics: { 'wiki.edits': metric }, views: sections };
}

const goals = {
  pack: 'health',
  title: 'Health',
  events: {
    'goal.set': {
      subject: 'required',
      fields: {
        goal_id: { type: 'string' },
        status: { type: 'string' },
        target: { type: 'decimal' },
        due: { type: 'date', optional: true },
      },
    },
    'rule.told': { subject: 'none', key: 'status', fields: { status: { type: 'string' } } },
  },
  metrics: {},
  entities: { goal: { id: 'goal_id', events: ['goal.set'] }, rule: { id: 'status', events: ['rule.told'] } },
  views: {
    goals: {
      params: { user_id: { type: 'subject' }, status: { type: 'string', optional: true }, cursor: { type: 'cursor', optional: true } },
      queries: {
        rows: {
          ...{ entity: 'goal', subject: '${params.user_id}', where: { status: '${params.status}' } },
          ...{ order: '-due', limit: 2, cursor: '${params.cursor}' },
        },
      },
      answer: {
        items: '${rows.map(r, {"id": r.goal_id, "who": r.subject, "target": r.target, "due": r.due})}',
        next_cursor: '${meta.rows.next_cursor}',
      },
    },
    goal: {
      scope: 'patient:read',
      params: { id: { type: 'string' } },
      queries: { rows: { entity: 'goal', where: { goal_id: '${params.id}' }, limit: 1 } },
      exists: 'size(rows) > 0',
      others: 'refused',
      answer: { id: '${rows[0].goal_id}' },
    },
    counts: {
      queries: {
        found: {
          ...{ entity: 'goal', group_by: ['status'] },
          measures: { n: { measure: 'count' }, people: { measure: 'distinct', field: 'subject' }, last: { measure: 'max', field: 'due' } },
        },
      },
      answer: { rows: '${found}' },
    },
    kinds: {
      withholds: { as: 'least_people', least: 2 },
      params: { least_people: { type: 'integer', min: 1, max: 9, optional: true } },
      queries: {
        found: { entity: 'goal', group_by: ['status'], measures: { people: { measure: 'distinct', field: 'subject' } } },
      },
      answer: {
        least: '${least_people}',
        rows: "${found.map(f, f.people < least_people ? {'people': null, 'suppressed': true} : {'people': f.people})}",
      },
    },
    ruled: {
      queries: {
        found: {
          ...{ entity: 'goal', beside: { rule: { entity: 'rule', on: { status: 'status' } } } },
          measures: { n: { measure: 'count' } },
        },
      },
      answer: { rows: '${found}' },
    },
  },
};

/** Rows of the entity as they lie in its table: two persons, of one three goals. */
function goalReader(registry: Registry): EntityReader {
  const parsed = parsePack(goals);
  const entity = parsed.ok
    ? compilePack({ tenant: 'acme', version: 1, metricVersions: {}, pack: parsed.value }).entities.get('goal')
    : undefined;
  if (entity === undefined) throw new Error(JSON.stringify(parsed));
  put(registry, goals, 1, 'health');
  const row = (subject: string, id: string, due: number, status: string) => {
    const stamp = { timeMs: due, id };
    const members: readonly [string, EntityValue][] = [
      ['goal_id.text', id],
      ['status.text', status],
      ['target.numeric', '12.5'],
      ['due.date', due],
    ];
    const values = new Map(members.map(([name, value]) => [name, { value, stamp }]));
    const state = { values, createdMs: due, live: stamp, deleted: null, counted: [], foreign: [] };
    return [id, { tenant: 'acme', subject, id, partition: 0, state }] as const;
  };
  const [one, two] = ['acme/u-1', 'acme/u-2'];
  const rows = new Map([
    row(one, 'g1', 20_000, 'active'),
    row(one, 'g2', 20_001, 'done'),
    row(one, 'g3', 20_002, 'active'),
    row(two, 'g4', 1, 'active'),
  ]);
  return createMemoryEntityReader({ entities: new Map([[entityTable(entity), rows]]) });
}

let served: ServedAsk | null = null;
afterEach(async () => served?.close());

async function serveViews(ask: Ask, registry = registryWith(views), entities?: EntityReader): Promise<ServedAsk['call']> {
  served = await serveAsk(ask, { registry, ...(entities === undefined ? {} : { entities }) });
  const { call } = served;
  return async (path, init) => call(path, { scopes: ['query:read', 'patient:read'], ...init });
}

/** Answers in turn, and writes down what was asked. */
function answering(answers: readonly Answer[], asked: unknown[] = []): Ask {
  return async (question) => {
    const answer = answers[asked.push(question) - 1] ?? answerWith([]);
    return { ok: true, answer, mayAgeMs: 0 };
  };
}

describe('GET /v1/views/{pack}/{view}', () => {
  test('tells a person that a thing is another’s, and everybody that it is not there', async () => {
    const registry = createRegistry(() => undefined);
    const call = await serveViews(answering([]), registry, goalReader(registry));
    const as = { subject: 'u-1', scopes: ['query:read'] };
    const told = async (id: string, init: Parameters<typeof call>[1] = {}): Promise<unknown[]> => {
      const answer = await call(`/v1/views/health/goal?id=${id}`, init);
      const body = (await answer.json()) as Readonly<Record<string, unknown>>;
      return [answer.status, body['code'] ?? body['id']];
    };
    expect([await told('g1', as), await told('g4', as), await told('g9', as)]).toEqual([
      [200, 'g1'],
      [403, 'row_refused'],
      [404, 'not_found'],
    ]);
    expect([await told('g4'), await told('g9')]).toEqual([
      [200, 'g4'],
      [404, 'not_found'],
    ]);
  });

  test('that withholds by itself is answered to who is told of groups alone, and one that does not is refused', async () => {
    const registry = createRegistry(() => undefined);
    const call = await serveViews(answering([]), registry, goalReader(registry));
    const told = async (path: string, k?: number): Promise<unknown> => {
      const rows = k === undefined ? {} : { rows: { metrics: null, where: {}, subject: null, k } };
      const answer = await call(`/v1/views/health/${path}`, { scopes: ['query:read'], ...rows });
      const { least, rows: found, meta, code } = (await answer.json()) as Readonly<Record<string, { suppressed_groups?: number }>>;
      return answer.status === 200 ? [least, found, meta?.suppressed_groups] : [answer.status, code];
    };
    const gone = { people: null, suppressed: true };
    // Two persons have an active goal, and one of them one that is done: the pack withholds that from everybody.
    expect(await told('kinds')).toEqual([2, [{ people: 2 }, gone], 1]);
    expect(await told('kinds?least_people=1')).toEqual([2, [{ people: 2 }, gone], 1]);
    expect(await told('kinds?least_people=3')).toEqual([3, [gone, gone], 2]);
    expect(await told('kinds', 2)).toEqual([2, [{ people: 2 }, gone], 1]);
    expect(await told('kinds?least_people=2', 3)).toEqual([3, [gone, gone], 2]);
    expect(await told('counts', 2)).toEqual([403, 'groups_unprotected']);
  });

  test('is shaped by the pack from the rows of its questions, and one made of another’s rows is asked after it', async () => {
    const asked: unknown[] = [];
    const pages = answerWith(
      [
        ['Bergen', 2],
        ['Oslo', 5],
      ],
      {},
      { next_cursor: 'more' },
    );
    const call = await serveViews(answering([pages], asked));
    const answer = await call('/v1/views/wiki/totals?page=Oslo');
    expect([answer.status, await answer.json()]).toMatchObject([
      200,
      {
        page: 'Oslo',
        total: 7,
        top: [
          { rank: 1, page: 'Oslo' },
          { rank: 2, page: 'Bergen' },
        ],
        days: 0,
        next: 'more',
      },
    ]);
    expect(asked).toMatchObject([{ where: { page: { eq: 'Oslo' } } }, { kind: 'series', where: { page: { eq: 'Bergen' } } }]);
  });

  test('is asked by the pseudonym of the thing that is named, and is 404 where the view says that there is none', async () => {
    const asked: unknown[] = [];
    const call = await serveViews(answering([answerWith([['acme/p-1', 5]])], asked));
    const found = await call('/v1/views/wiki/thing?page=p-1');
    expect([found.status, await found.json()]).toMatchObject([200, { edits: 5 }]);
    const none = await call('/v1/views/wiki/thing?page=p-2');
    expect([none.status, await none.json()]).toMatchObject([404, { code: 'not_found' }]);
    expect(asked).toMatchObject([{ where: { page: { eq: 'acme/p-1' } } }, { where: { page: { eq: 'acme/p-2' } } }]);
  });

  test('claims the weakest of what its questions claim', async () => {
    const good = answerWith([['Oslo', 5]], { complete_through: '2026-11-02T00:00:00.000Z', cache: { state: 'hit', age_ms: 9 } });
    const bad = answerWith([], { status: 'stalled', lag_ms: 70_000, cache: { state: 'bypass', age_ms: 0 } });
    const call = await serveViews(answering([good, bad]));
    const answer = await call('/v1/views/wiki/totals?page=Oslo');
    const claims = {
      complete_through: '2026-11-01T00:00:00.000Z',
      status: 'stalled',
      lag_ms: 70_000,
      cache: { state: 'bypass', age_ms: 9 },
    };
    expect([await answer.json(), answer.headers.get('x-cache')]).toMatchObject([{ meta: claims }, 'BYPASS']);
    expect(JSON.parse(answer.headers.get('tidegate-meta') ?? '')).toMatchObject(claims);
  });

  test('a caller that holds the figures of now gets 304 with the claims of now', async () => {
    let lag = 0;
    const call = await serveViews(async () => ({ ok: true, answer: answerWith([['Oslo', 5]], { lag_ms: (lag += 1) }), mayAgeMs: 0 }));
    const first = await call('/v1/views/wiki/person?user_id=u-1');
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^W\/"[\w-]{24}"$/);
    const second = await call('/v1/views/wiki/person?user_id=u-1', { headers: { 'if-none-match': etag } });
    expect([second.status, await second.text(), JSON.parse(second.headers.get('tidegate-meta') ?? '')]).toMatchObject([
      304,
      '',
      { lag_ms: 2 },
    ]);
    const other = await call('/v1/views/wiki/person?user_id=u-2', { headers: { 'if-none-match': etag } });
    expect(other.status).toBe(200);
  });

  test('asks nothing where a parameter does not fit, and repeats no value', async () => {
    const asked: unknown[] = [];
    const call = await serveViews(answering([], asked));
    const answer = await call('/v1/views/wiki/totals?least=many&colour=red');
    const text = await answer.text();
    expect([answer.status, JSON.parse(text)]).toMatchObject([
      422,
      { code: 'request_invalid', errors: [{ path: 'page' }, { path: 'least' }, { path: '' }] },
    ]);
    expect([asked, text]).toEqual([[], expect.not.stringMatching(/many|red|colour/)]);
  });

  test('shows a person their own rows and no other person’s (H-70)', async () => {
    const asked: unknown[] = [];
    const call = await serveViews(answering([answerWith([['x', 3]])], asked));
    const other = await call('/v1/views/wiki/person?user_id=u-2', { subject: 'u-1' });
    expect([other.status, await other.json(), asked]).toMatchObject([403, { code: 'row_refused' }, []]);
    const own = await call('/v1/views/wiki/person?user_id=u-1', { subject: 'u-1' });
    expect([own.status, await own.json()]).toMatchObject([200, { user_id: 'u-1', n: 3 }]);
  });

  test('needs the scope that the view declares, also from who reaches the service past the gateway', async () => {
    const call = await serveViews(answering([]));
    const answer = await call('/v1/views/wiki/person?user_id=u-1', { scopes: ['query:read'] });
    expect([answer.status, await answer.json()]).toMatchObject([403, { code: 'scope_missing' }]);
  });

  test('needs no scope of its own from a person who asks about themself', async () => {
    const call = await serveViews(answering([answerWith([['x', 3]])]));
    const person = { subject: 'u-1', scopes: ['query:read'] };
    const own = await call('/v1/views/wiki/person?user_id=u-1', person);
    expect([own.status, await own.json()]).toMatchObject([200, { user_id: 'u-1', n: 3 }]);
    const other = await call('/v1/views/wiki/person?user_id=u-2', person);
    expect([other.status, await other.json()]).toMatchObject([403, { code: 'row_refused' }]);
  });

  test('is refused with the question that is refused', async () => {
    const problem = { code: 'range_too_large', errors: [{ path: 'from', code: 'range_too_large', message: 'too many' }] } as const;
    const call = await serveViews(async () => ({ ok: false, problem }));
    const answer = await call('/v1/views/wiki/totals?page=Oslo');
    expect([answer.status, await answer.json()]).toMatchObject([
      422,
      { code: 'range_too_large', errors: [{ path: 'queries.pages.from' }] },
    ]);
  });

  test('says where it cannot be worked out, and ends where it would do too much', async () => {
    const call = await serveViews(answering([]));
    const broken = await call('/v1/views/wiki/broken');
    expect([broken.status, await broken.json()]).toMatchObject([500, { code: 'view_failed', errors: [{ path: 'answer.a[1]' }] }]);
    const endless = await call('/v1/views/wiki/endless');
    expect([endless.status, await endless.json()]).toMatchObject([422, { code: 'view_too_large', errors: [{ path: 'answer.a' }] }]);
    expect((await call('/v1/views/wiki/none')).status).toBe(404);
  });

  test('is the one of the pack in place now, without a restart, and the pack lists it', async () => {
    const registry = registryWith({ one: { queries: {}, answer: { n: 1 } } });
    const call = await serveViews(answering([]), registry);
    expect(await (await call('/v1/views/wiki/one')).json()).toMatchObject({ n: 1 });
    put(registry, { one: { queries: {}, answer: { n: '${1 + 1}' } }, ...views }, 2);
    expect(await (await call('/v1/views/wiki/one')).json()).toMatchObject({ n: 2 });
    const pack = await (await call('/v1/packs/wiki')).json();
    expect(pack).toMatchObject({
      views: expect.arrayContaining([
        expect.objectContaining({
          view: 'totals',
          path: '/v1/views/wiki/totals',
          route: 'GET /v1/edits/{page}',
          scope: 'query:read',
          params: [
            { name: 'page', type: 'string', in: 'path', optional: false },
            { name: 'least', type: 'integer', in: 'query', optional: true, default: 0 },
          ],
        }),
      ]),
    });
  });
});

describe('rows of an entity in a view', () => {
  const serveGoals = async () => {
    const registry = createRegistry(() => undefined);
    return serveViews(answering([]), registry, goalReader(registry));
  };

  test('come page by page, of the person who is named by the plain id', async () => {
    const call = await serveGoals();
    const first: unknown = await (await call('/v1/views/health/goals?user_id=u-1')).json();
    // 20,002 days after 1970-01-01 is 2024-10-06.
    expect(first).toMatchObject({
      items: [
        { id: 'g3', who: 'u-1', target: 12.5, due: '2024-10-06' },
        { id: 'g2', who: 'u-1', target: 12.5, due: '2024-10-05' },
      ],
      next_cursor: expect.any(String),
      meta: { source: 'entity' },
    });
    const { next_cursor: cursor } = first as { next_cursor: string };
    const second = await call(`/v1/views/health/goals?user_id=u-1&cursor=${cursor}`);
    expect(await second.json()).toMatchObject({ items: [{ id: 'g1' }], next_cursor: null });
    const active = await call('/v1/views/health/goals?user_id=u-1&status=done');
    expect(await active.json()).toMatchObject({ items: [{ id: 'g2' }] });
    const forged = await call('/v1/views/health/goals?user_id=u-1&cursor=abc');
    expect([forged.status, await forged.json()]).toMatchObject([
      422,
      { code: 'cursor_invalid', errors: [{ path: 'queries.rows.cursor' }] },
    ]);
  });

  test('are counted as they are, of a person who asks that person’s alone', async () => {
    const call = await serveGoals();
    const all = await call('/v1/views/health/counts');
    // 20,002 days after 1970-01-01 is 2024-10-06.
    expect(await all.json()).toMatchObject({
      rows: [
        { status: 'active', n: 3, people: 2, last: '2024-10-06' },
        { status: 'done', n: 1, people: 1, last: '2024-10-05' },
      ],
      meta: { source: 'entity' },
    });
    expect(await (await call('/v1/views/health/counts', { subject: 'u-2' })).json()).toMatchObject({ rows: [{ status: 'active', n: 1 }] });
  });

  test('show a person no rows beside their own that are of nobody', async () => {
    const call = await serveGoals();
    expect(await (await call('/v1/views/health/ruled')).json()).toMatchObject({ rows: [{ n: 4 }] });
    const own = await call('/v1/views/health/ruled', { subject: 'u-1' });
    expect([own.status, await own.json()]).toMatchObject([403, { code: 'row_refused' }]);
  });

  test('are refused to who may see another person, or some metrics only', async () => {
    const call = await serveGoals();
    expect((await call('/v1/views/health/goals?user_id=u-2', { subject: 'u-1' })).status).toBe(403);
    expect((await call('/v1/views/health/goals?user_id=u-1', { subject: 'u-1' })).status).toBe(200);
    const confined = { metrics: ['wiki.edits'], where: {}, subject: null };
    expect((await call('/v1/views/health/goals?user_id=u-1', { rows: confined })).status).toBe(403);
  });
});
