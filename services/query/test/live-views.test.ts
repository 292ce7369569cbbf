import { compileViews, parsePack } from '@tidegate/core';
import type { Json } from '@tidegate/core';
import { createMemoryEntityReader } from '@tidegate/postgres/memory';
import type { TenantNames } from '@tidegate/redis';
import { afterEach, describe, expect, it } from 'vitest';
import type { Ask } from '../src/ask.ts';
import { createLiveHub } from '../src/live/live-hub.ts';
import type { LiveHub } from '../src/live/live-hub.ts';
import type { LiveTopic } from '../src/live/live-topic.ts';
import { watchedView } from '../src/live/watched.ts';
import { createRegistry } from '../src/registry.ts';
import type { RunView, ViewAsk } from '../src/views/run-view.ts';
import { NAMES } from './fixtures.ts';
import { answerWith, serveAsk } from './serve-ask.ts';
import type { ServedAsk } from './serve-ask.ts';

/** For a busy machine. */
const DEADLINE = { timeout: 20_000 };

const sealed = { type: 'string', sensitive: 'pii', action: 'seal', why: 'for the tests' };
const source = {
  pack: 'zoo',
  title: 'Zoo',
  events: { 'visit.made': { subject: 'required', fields: { page: { type: 'string', dimension: true }, name: sealed } } },
  metrics: {
    visits: { events: ['visit.made'], dimensions: ['page'], sets: [['page', 'subject'], ['page']], measures: { n: { measure: 'count' } } },
  },
  entities: { visitor: { id: 'subject', events: ['visit.made'], fields: ['name'] } },
  views: {
    pages: {
      queries: { rows: { metric: 'visits', kind: 'table', group_by: ['page'], measures: ['n'], last: '7d' } },
      answer: { pages: '${rows.map(r, r.page)}' },
    },
    own: {
      scope: 'patient:read',
      params: { who: { type: 'subject' }, as_of: { type: 'instant', default: 'now' } },
      queries: { rows: { metric: 'visits', kind: 'table', group_by: ['page'], measures: ['n'], subject: '${params.who}', last: '7d' } },
      sealed: { name: { entity: 'visitor', field: 'name' } },
      answer: { name: 'tgs1.name', pages: '${rows.map(r, r.page)}' },
    },
    slow: { background: true, answer: { n: 1 } },
  },
};

describe('a view that is watched', () => {
  let hub: LiveHub | null = null;
  afterEach(() => hub?.end());

  /** Reads what `reads` says and answers with how often it was asked. */
  function watching(reads: (asked: ViewAsk) => Promise<void>, answerOf: (times: number) => Json | null = (times) => ({ times })) {
    const parsed = parsePack(source);
    const view = parsed.ok ? compileViews(parsed.value).get('pages') : undefined;
    if (view === undefined) throw new Error(JSON.stringify(parsed));
    let times = 0;
    const runView: RunView = async (asked) => {
      await reads(asked);
      times += 1;
      const body = answerOf(times);
      if (body === null) return { ok: false, problem: { code: 'not_found' } };
      return { ok: true, answer: { body: body as Record<string, Json>, meta: { generated_at: 'now' }, mayAgeMs: 0, persons: ['p-1'] } };
    };
    hub = createLiveHub({
      ...{
        ask: async () => Promise.reject(new Error('no question')),
        monotonicMs: () => performance.now(),
        paceMs: 1,
        idleMs: 60_000,
        topicsMax: 2,
      },
      ...{ onFailed: () => undefined, onTopics: () => undefined },
    });
    const values = { params: {}, pseudonyms: {}, window: null, ofNow: [], wait: {}, includesSensitive: false };
    const first = { view, values, asker: { tenant: 'acme', rows: null, signal: AbortSignal.abort() }, callerSubject: null };
    const of = (given: string, rows: ViewAsk['asker']['rows'] = null) => {
      const asked = { ...first, asker: { ...first.asker, rows } };
      const read = () => ({ ok: true, value: asked }) as const;
      return watchedView({ given: [['x', [given]]], first: asked, read, runView, names: NAMES, nowMs: () => 0 });
    };
    return { hub, of, times: () => times };
  }

  const enter = async (of: LiveHub, watched: ReturnType<typeof watchedView>): Promise<LiveTopic> => {
    const entered = await of.enterWatched(watched);
    if (!entered.ok) throw new Error(entered.problem.code);
    return entered.topic;
  };
  const changed = (...names: readonly string[]): readonly TenantNames[] => [{ tenant: 'acme', names: [...names] }];

  it('is asked again when a metric or rows that it was made of changed, and not for others', async () => {
    const person = { person: 'p-1', id: null };
    const {
      hub: of,
      of: view,
      times,
    } = watching(async ({ asker: { reads } }) => {
      await reads?.metric('visits', 'p-1');
      await reads?.entity({ pack: 'zoo', entity: 'visitor', lookups: [] }, { ...person, value: null });
    });
    const topic = await enter(of, view('a'));
    expect([topic.messageFor(-1)?.message, topic.persons]).toEqual([
      { kind: 'snapshot', answer: { times: 1 }, meta: { generated_at: 'now' } },
      ['p-1'],
    ]);
    const had = topic.messageFor(-1)?.seq ?? 0;
    expect(topic.messageFor(had)).toBe(null);
    // Of another person, another metric, all rows of the entity, another tenant.
    of.materialised(
      [],
      [],
      changed(NAMES.ofMetric('visits', 'p-2'), NAMES.ofMetric('views', 'p-1'), NAMES.ofEntity({ pack: 'zoo', entity: 'other' }, person)),
    );
    of.materialised([], [], [{ tenant: 'other', names: [NAMES.ofMetric('visits', 'p-1')] }]);
    for (const [at, name] of [NAMES.ofMetric('visits', 'p-1'), NAMES.ofEntity({ pack: 'zoo', entity: 'visitor' }, person)].entries()) {
      const told = Promise.withResolvers<void>();
      const unwatch = topic.watch(told.resolve);
      of.materialised([], [], changed(name));
      await told.promise;
      unwatch();
      // One more for each change that is its own, and none for those before: at least as long as the pace went by in between.
      expect(times()).toBe(at + 2);
    }
    expect(topic.messageFor(had)?.message).toEqual({ kind: 'update', answer: { times: 3 }, meta: { generated_at: 'now' } });
  });

  it('is asked again where the change comes while it is being asked, after what it reads is named', async () => {
    const gates: (() => void)[] = [];
    const {
      hub: of,
      of: view,
      times,
    } = watching(async ({ asker: { reads } }) => {
      await reads?.metric('visits', null);
      await new Promise<void>((resolve) => gates.push(resolve));
    });
    const entering = enter(of, view('a'));
    await expect.poll(() => gates.length, DEADLINE).toBe(1);
    of.materialised([], [], changed(NAMES.ofMetric('visits', null)));
    gates[0]?.();
    await entering;
    await expect.poll(() => gates.length, DEADLINE).toBe(2);
    gates[1]?.();
    await expect.poll(times, DEADLINE).toBe(2);
  });

  it('is one for all who may be told the same, counts against the most that are watched, and says when it is gone', async () => {
    const { hub: of, of: view } = watching(
      async ({ asker: { reads } }) => reads?.metric('visits', null),
      (times) => (times > 2 ? null : { times }),
    );
    const [one, same] = [await enter(of, view('a')), await enter(of, view('a'))];
    expect(same).toBe(one);
    const narrow = await enter(of, view('a', { metrics: null, where: {}, subject: 'jo' }));
    expect(narrow).not.toBe(one);
    expect(await of.enterWatched(view('b'))).toMatchObject({ ok: false, problem: { code: 'overloaded' } });
    of.leave(narrow);
    of.materialised([], [], changed(NAMES.ofMetric('visits', null)));
    await expect.poll(() => one.messageFor(-1)?.message, DEADLINE).toMatchObject({ answer: null });
    // What there never was is refused.
    expect(await of.enterWatched(view('b'))).toMatchObject({ ok: false, problem: { code: 'not_found' } });
  });
});

describe('GET /v1/live?view=', () => {
  let served: ServedAsk | null = null;
  afterEach(async () => served?.close());

  async function serve(ask: Ask): Promise<ServedAsk['call']> {
    const registry = createRegistry(() => undefined);
    const value = { pack: 'zoo', version: 1, source, metrics: { visits: 1 } };
    registry.take({ key: Buffer.from('pack/acme/zoo'), value: Buffer.from(JSON.stringify({ version: 1, value })) });
    served = await serveAsk(ask, { registry, entities: createMemoryEntityReader({ entities: new Map() }) });
    return served.call;
  }

  const SCOPES = ['live:read', 'query:read', 'patient:read'];

  it('tells the answer of the view whole, again when it is another one, less what is sealed, and says whose rows it shows', async () => {
    let page = 'lions';
    const asked: unknown[] = [];
    const call = await serve(async (question) => {
      asked.push(question);
      return { ok: true, answer: answerWith([[page, 1]]), mayAgeMs: 0, person: 'acme/jo' };
    });
    const end = new AbortController();
    const answer = await call('/v1/live?view=zoo/own&who=jo', { scopes: SCOPES, signal: end.signal });
    expect([answer.status, answer.headers.get('x-tidegate-subject')]).toEqual([200, 'acme/jo']);
    let text = '';
    const reading = (async () => {
      for await (const part of answer.body ?? []) text += Buffer.from(part as Uint8Array).toString();
    })().catch(() => undefined);
    await expect.poll(() => text, DEADLINE).toMatch(/event: snapshot\ndata: \{"answer":\{"pages":\["lions"\]\},"meta":\{/);
    page = 'seals';
    await expect.poll(() => text, DEADLINE).toMatch(/event: update\ndata: \{"answer":\{"pages":\["seals"\]\},"meta":\{/);
    expect(text).not.toContain('tgs1');
    expect(asked[0]).toMatchObject({ subject: 'jo' });
    end.abort();
    await reading;
  });

  it.each([
    ['another person', 'acme/jo', 'acme/mo'],
    ['a person, where it showed nobody', undefined, 'acme/mo'],
  ])('ends before it shows rows of %s, whom the audit would not know of', async (_, before, later) => {
    let [page, person] = ['lions', before];
    const call = await serve(async () => {
      const answer = answerWith([[page, 1]]);
      return { ok: true, answer, mayAgeMs: 0, ...(person === undefined ? {} : { person }) };
    });
    const answer = await call('/v1/live?view=zoo/pages', { scopes: SCOPES });
    expect(answer.headers.get('x-tidegate-subject')).toBe(before ?? null);
    let text = '';
    const reading = (async () => {
      for await (const part of answer.body ?? []) text += Buffer.from(part as Uint8Array).toString();
    })();
    await expect.poll(() => text, DEADLINE).toContain('lions');
    [page, person] = ['seals', later];
    await reading;
    expect(text).toMatch(/event: error\ndata: \{"reason":"renew"\}\n\n$/);
    expect(text).not.toContain('seals');
  });

  it('says over a WebSocket whose rows it shows before anything else', async () => {
    await serve(async () => ({ ok: true, answer: answerWith([['lions', 1]]), mayAgeMs: 0, person: 'acme/jo' }));
    const socket = served?.socket('/v1/live?view=zoo/own&who=jo', { scopes: SCOPES });
    if (socket === undefined) throw new Error('served');
    const heads: unknown[] = [];
    socket.once('upgrade', ({ headers }) => heads.push(headers['x-tidegate-subject']));
    const first = await new Promise<string>((resolve) => socket.once('message', (data) => resolve(String(data))));
    expect(heads).toEqual(['acme/jo']);
    expect(JSON.parse(first)).toMatchObject({ type: 'snapshot', answer: { pages: ['lions'] } });
    socket.terminate();
  });

  it.each([
    ['view=zoo/own&who=jo', { scopes: ['live:read', 'query:read'] }, 403, 'scope_missing'],
    ['view=zoo/own&who=jo', { subject: 'mo', scopes: ['live:read', 'query:read'] }, 403, 'row_refused'],
    ['view=zoo/nothing', { scopes: SCOPES }, 404, 'not_found'],
    ['view=zoo/own', { scopes: SCOPES }, 422, 'request_invalid'],
    ['view=zoo/own&who=jo&metric=visits', { scopes: SCOPES }, 422, 'request_invalid'],
    ['view=zoo/own&who=jo&after=tgr1.x', { scopes: SCOPES }, 422, 'request_invalid'],
    ['view=zoo/slow', { scopes: SCOPES }, 422, 'request_invalid'],
  ] as const)('refuses %s as its route would, or because it would go on (%o)', async (query, as, status, code) => {
    const call = await serve(async () => Promise.reject(new Error('nothing is asked')));
    const answer = await call(`/v1/live?${query}`, { ...as, scopes: [...as.scopes] });
    expect([answer.status, await answer.json()]).toMatchObject([status, { code }]);
  });
});
