import { createMemoryCells } from '@tidegate/redis/cells-memory';
import type { MemoryCells } from '@tidegate/redis/cells-memory';
import { createSealer } from '@tidegate/runtime';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Ask } from '../src/ask.ts';
import { createFreshness } from '../src/freshness.ts';
import { createLifetimes } from '../src/lifetimes.ts';
import { createRegistry } from '../src/registry.ts';
import type { Registry } from '../src/registry.ts';
import { createKeptViews } from '../src/views/kept-views.ts';
import { createTurns } from '@tidegate/runtime';
import type { TakeTurn } from '@tidegate/runtime';
import type { RunView } from '../src/views/run-view.ts';
import { createViewInTurn } from '../src/views/view-in-turn.ts';
import { NAMES, NO_TURNS, SILENT_METER } from './fixtures.ts';
import { answerWith, serveAsk } from './serve-ask.ts';
import type { ServedAsk } from './serve-ask.ts';

const METRIC = 'wiki.edits';
const views = {
  mine: {
    cache: 'persons',
    params: { user_id: { type: 'subject' }, days: { type: 'integer', default: 7 } },
    queries: { mine: { metric: METRIC, kind: 'summary', from: '2026-01-01', to: '2026-02-01', subject: '${params.user_id}' } },
    answer: { user_id: '${params.user_id}', n: '${first(mine).edits}', days: '${params.days}' },
  },
  all: {
    cache: 'whole',
    queries: { all: { metric: METRIC, kind: 'summary', from: '2026-01-01', to: '2026-02-01' } },
    answer: { n: '${first(all).edits}' },
  },
  brief: {
    cache: 'brief',
    queries: { all: { metric: METRIC, kind: 'summary', from: '2026-01-01', to: '2026-02-01' } },
    answer: { n: '${first(all).edits}' },
  },
  /** Of a person at once, of everybody within a minute. */
  share: {
    cache: 'persons',
    params: { user_id: { type: 'subject' } },
    queries: {
      mine: { metric: METRIC, kind: 'summary', from: '2026-01-01', to: '2026-02-01', subject: '${params.user_id}' },
      all: { metric: METRIC, kind: 'summary', from: '2026-01-01', to: '2026-02-01', may_age_s: 60 },
    },
    answer: { n: '${first(mine).edits}', all: '${first(all).edits}' },
  },
  thing: {
    cache: 'persons',
    queries: { all: { metric: METRIC, kind: 'summary', from: '2026-01-01', to: '2026-02-01' } },
    exists: 'first(all).edits > 1000',
    answer: { n: 1 },
  },
};
const cache = {
  brief: { ttl_s: 900, max_staleness_s: 60 },
  persons: { ttl_s: 300, env: 'CACHE_TTL_PATIENT' },
  whole: { ttl_s: 900, max_staleness_s: 900 },
};

function registryWith(version: number, sections: object = views): Registry {
  const registry = createRegistry(() => undefined);
  const event = { subject: 'required', fields: { page: { type: 'string', dimension: true } } };
  const metric = { events: ['wiki.edit'], dimensions: ['page'], sets: [['page'], ['subject']], measures: { edits: { measure: 'count' } } };
  const source = { pack: 'wiki', title: 'Wiki', events: { 'wiki.edit': event }, metrics: { [METRIC]: metric }, views: sections, cache };
  const value = { pack: 'wiki', version, source, metrics: { [METRIC]: 1 } };
  registry.take({ key: Buffer.from('pack/acme/wiki'), value: Buffer.from(JSON.stringify({ version, value })) });
  return registry;
}

let nowMs = 0;
let store: MemoryCells;
let asked = 0;
let counted = 0;
let isAway = false;
const running: ServedAsk[] = [];
const figures = { count: () => undefined };

beforeEach(async () => {
  nowMs = 1_800_000_000_000;
  store = createMemoryCells({ nowMs: () => nowMs });
  [asked, counted, isAway] = [0, 5, false];
  const progress = {
    partition: 0,
    term: 1,
    commitNo: 1,
    nextOffset: 5,
    logGeneration: 1,
    backfill: null,
    completeThroughMs: nowMs,
    rollupsOffset: 1,
  };
  const sealed = { quarter_hour: 0, hour: 0, day: 0 };
  await store.beginEpoch({ seen: null, epoch: 'e1', progress: [{ ...progress, sealed }] });
});
afterEach(async () => Promise.all(running.splice(0).map(async (one) => one.close())));

/** Says what it reads before it reads it, as every way of asking does. */
const ask: Ask = async (question, as) => {
  const { subject } = question as { readonly subject?: string };
  await as.reads?.metric(METRIC, subject === undefined ? null : `acme/${subject}`);
  asked += 1;
  return { ok: true, answer: answerWith([['a', counted]]), mayAgeMs: 0 };
};

interface Serving {
  readonly registry?: Registry;
  readonly byVariable?: ReadonlyMap<string, number>;
  readonly isOn?: boolean;
}

/** What was asked of the cache and what it answered, in the order of both. */
let words: string[] = [];

async function told<T>(what: string, asking: () => Promise<T>): Promise<T> {
  words.push(`${what}?`);
  const found = await asking();
  words.push(what);
  return found;
}

const away = async (): Promise<never> => Promise.reject(new Error('away'));

function keeper({ registry = registryWith(1), byVariable = new Map(), isOn = true }: Serving): (runView: RunView) => RunView {
  return (runView) =>
    createKeptViews({
      runView,
      store: {
        readProgress: async () => (isAway ? away() : told('progress', async () => store.readProgress())),
        readAnswer: async (...of) => (isAway ? away() : told('answer', async () => store.readAnswer(...of))),
        writeAnswer: async (...of) => (isAway ? away() : store.writeAnswer(...of)),
        takeMarks: async (...of) => (isAway ? away() : store.takeMarks(...of)),
        readMarks: async (...of) => (isAway ? away() : told('marks', async () => store.readMarks(...of))),
      },
      ...{ freshness: createFreshness(() => nowMs), nowMs: () => nowMs, names: NAMES, meter: SILENT_METER, cacheBudgetMs: 10_000 },
      lifetimeOf: createLifetimes({ isOn, byVariable, byClass: new Map() }),
      ...{ registry, kept: { fingerprint: () => '' } },
      entryKey: new Uint8Array(32).fill(1),
      entrySealer: createSealer(new Uint8Array(32).fill(2)),
      ...{ figures, index: { note: async () => false }, pseudonymOf: (tenant, id) => `${tenant}/${id}` },
    });
}

/** One instance of the service, over the same cache as the others. */
async function serve(serving: Serving = {}): Promise<(path: string, init?: RequestInit) => Promise<Response>> {
  const registry = serving.registry ?? registryWith(1);
  const served = await serveAsk(ask, {
    registry,
    keepViews: keeper({ ...serving, registry }),
    cache: { store, names: NAMES },
  });
  running.push(served);
  return async (path, init = {}) => served.call(path, { scopes: ['query:read', 'cache:admin'], ...init });
}

/** The word of the answer, and the figure in it. */
async function look(call: (path: string) => Promise<Response>, path: string): Promise<readonly [string | null, number]> {
  const response = await call(path);
  const body = (await response.json()) as { readonly n: number };
  return [response.headers.get('x-cache'), body.n];
}

async function changed(subject: string): Promise<void> {
  await store.advance([], NAMES.ofChanges([{ tenant: 'acme', metric: METRIC, subject }], []));
}

test('what one instance made is a hit of another, with the figures of then and the claims of now', async () => {
  const [one, other] = [await serve(), await serve()];
  expect(await look(one, '/v1/views/wiki/mine?user_id=u-1')).toEqual(['MISS', 5]);
  nowMs += 4_000;
  const response = await other('/v1/views/wiki/mine?user_id=u-1');
  const { meta, n } = (await response.json()) as { n: number; meta: Record<string, unknown> };
  expect([response.headers.get('x-cache'), n, asked]).toEqual(['HIT', 5, 1]);
  expect(meta).toMatchObject({ cache: { state: 'hit', age_ms: 4_000 }, generated_at: '2027-01-15T08:00:00.000Z' });
  expect(meta['complete_through']).toBe('2027-01-15T08:00:00.000Z');
});

test('the marks of an entry that was opened before are asked for together with it, and decide as if they had been asked for after', async () => {
  const [one, other] = [await serve(), await serve()];
  const wordsOf = async (call: typeof one): Promise<readonly unknown[]> => {
    words = [];
    const [word] = await look(call, '/v1/views/wiki/mine?user_id=u-1');
    return [word, words.join(' ')];
  };
  expect(await wordsOf(one)).toEqual(['MISS', 'progress? answer? progress answer']);
  expect(await wordsOf(other)).toEqual(['HIT', 'progress? answer? progress answer marks? marks']);
  expect(await wordsOf(other)).toEqual(['HIT', 'progress? answer? marks? progress answer marks']);
  await changed('acme/u-1');
  expect(await wordsOf(one)).toEqual(['MISS', 'progress? answer? progress answer marks? marks']);
  // What is there now is another entry than the one that was opened.
  expect(await wordsOf(other)).toEqual(['HIT', 'progress? answer? marks? progress answer marks marks? marks']);
});

test('one write of a person drops all that was kept of that person, and nothing of another', async () => {
  const call = await serve();
  const paths = ['/v1/views/wiki/mine?user_id=u-1', '/v1/views/wiki/mine?user_id=u-1&days=30', '/v1/views/wiki/mine?user_id=u-2'];
  for (const path of paths) await look(call, path);
  await changed('acme/u-1');
  counted = 6;
  expect(await Promise.all(paths.map(async (path) => look(call, path)))).toEqual([
    ['MISS', 6],
    ['MISS', 6],
    ['HIT', 5],
  ]);
});

test('an entry lives exactly its time', async () => {
  const call = await serve();
  await look(call, '/v1/views/wiki/mine?user_id=u-1');
  nowMs += 299_999;
  expect(await look(call, '/v1/views/wiki/mine?user_id=u-1')).toEqual(['HIT', 5]);
  nowMs += 1;
  expect(await look(call, '/v1/views/wiki/mine?user_id=u-1')).toEqual(['MISS', 5]);
});

test('the variable that a class names sets its lifetime', async () => {
  const call = await serve({ byVariable: new Map([['CACHE_TTL_PATIENT', 2]]) });
  await look(call, '/v1/views/wiki/mine?user_id=u-1');
  nowMs += 2_000;
  expect(await look(call, '/v1/views/wiki/mine?user_id=u-1')).toEqual(['MISS', 5]);
});

test('where a class lets answers be old, one is given as old as that and says so', async () => {
  const call = await serve();
  await look(call, '/v1/views/wiki/all');
  await changed('acme/u-1');
  counted = 6;
  nowMs += 900_000 - 1;
  const { meta } = (await (await call('/v1/views/wiki/all')).json()) as { meta: Record<string, unknown> };
  expect(meta).toMatchObject({ cache: { state: 'hit', age_ms: 899_999 }, complete_through: '2026-11-01T00:00:00.000Z' });
  nowMs += 1;
  expect(await look(call, '/v1/views/wiki/all')).toEqual(['MISS', 6]);
});

test('and none that is older, though it lives longer while nothing changes', async () => {
  const call = await serve();
  await look(call, '/v1/views/wiki/brief');
  nowMs += 60_001;
  expect(await look(call, '/v1/views/wiki/brief')).toEqual(['HIT', 5]);
  await changed('acme/u-1');
  expect(await look(call, '/v1/views/wiki/brief')).toEqual(['MISS', 5]);
});

test('where a query lets what it reads be old, others change the answer within that time, and the rest at once', async () => {
  const call = await serve();
  const path = '/v1/views/wiki/share?user_id=u-1';
  await look(call, path);
  nowMs += 1_000;
  await changed('acme/u-2');
  counted = 6;
  nowMs += 59_000;
  const { meta } = (await (await call(path)).json()) as { meta: Record<string, unknown> };
  // What it claims is what it claimed when it was made.
  expect(meta).toMatchObject({ cache: { state: 'hit', age_ms: 60_000 }, complete_through: '2026-11-01T00:00:00.000Z' });
  nowMs += 1;
  expect(await look(call, path)).toEqual(['MISS', 6]);
  await changed('acme/u-1');
  expect(await look(call, path)).toEqual(['MISS', 6]);
});

test('while as many answers are made as may, others are refused, and what is kept is given', async () => {
  let goOn: () => void = () => undefined;
  const held = new Promise<void>((resolve) => void (goOn = resolve));
  const slow: Ask = async (question, as) => {
    if (JSON.stringify(question).includes('u-slow')) await held;
    return ask(question, as);
  };
  const takeTurn = createTurns({
    ...{ atOnce: 1, waitMaxMs: 0, monotonicMs: () => nowMs, onChange: () => undefined, onRefused: () => undefined },
  });
  const registry = registryWith(1);
  const served = await serveAsk(slow, {
    registry,
    keepViews: (runView) => keeper({ registry })(createViewInTurn(runView, { quick: takeTurn, slow: NO_TURNS })),
    cache: { store, names: NAMES },
  });
  running.push(served);
  const call = async (path: string): Promise<Response> => served.call(path, { scopes: ['query:read'] });
  await look(call, '/v1/views/wiki/mine?user_id=u-1');
  const first = call('/v1/views/wiki/mine?user_id=u-slow');
  // Until the slow one is being made others find their turn.
  let others = 0;
  await expect.poll(async () => (await call(`/v1/views/wiki/mine?user_id=o-${(others += 1)}`)).status, { timeout: 20_000 }).toBe(503);
  const refused = await call('/v1/views/wiki/mine?user_id=u-2');
  expect([refused.status, refused.headers.get('retry-after'), await refused.json()]).toMatchObject([503, '1', { code: 'overloaded' }]);
  expect(await look(call, '/v1/views/wiki/mine?user_id=u-1')).toEqual(['HIT', 5]);
  goOn();
  expect((await first).status).toBe(200);
  expect((await call('/v1/views/wiki/mine?user_id=u-2')).status).toBe(200);
});

test('without Redis, with the cache off, and with a receipt the answer is made, and says so', async () => {
  const call = await serve();
  await look(call, '/v1/views/wiki/mine?user_id=u-1');
  isAway = true;
  expect(await look(call, '/v1/views/wiki/mine?user_id=u-1')).toEqual(['BYPASS', 5]);
  isAway = false;
  expect(await look(call, '/v1/views/wiki/mine?user_id=u-1&after=tgr1.x')).toEqual(['BYPASS', 5]);
  expect(await look(call, '/v1/views/wiki/mine?user_id=u-1')).toEqual(['HIT', 5]);
  const off = await serve({ isOn: false });
  await look(off, '/v1/views/wiki/mine?user_id=u-1');
  expect(asked).toBe(4);
});

test('what there is not is not kept, and another definition finds nothing of the one before', async () => {
  const call = await serve();
  expect((await call('/v1/views/wiki/thing')).status).toBe(404);
  counted = 1_001;
  expect((await call('/v1/views/wiki/thing')).status).toBe(200);
  await look(call, '/v1/views/wiki/mine?user_id=u-1');
  const changedViews = { ...views, mine: { ...views.mine, answer: { n: '${first(mine).edits + 1}' } } };
  const next = await serve({ registry: registryWith(2, changedViews) });
  expect(await look(next, '/v1/views/wiki/mine?user_id=u-1')).toEqual(['MISS', 1_002]);
});

test('of a thousand viewers of a cold key one makes the answer', async () => {
  const registry = registryWith(1);
  const view = registry.view('acme', 'wiki', 'all');
  if (view === null) throw new Error('no such view');
  let made = 0;
  const keptView = keeper({ registry })(async () => {
    made += 1;
    return { ok: true, answer: { body: { n: made }, meta: { generated_at: '' }, mayAgeMs: 0, persons: [] } };
  });
  const asker = { tenant: 'acme', rows: null, signal: new AbortController().signal };
  const values = { params: {}, pseudonyms: {}, window: null, ofNow: [], wait: {}, includesSensitive: false };
  const outcomes = await Promise.all(Array.from({ length: 1_000 }, async () => keptView({ view, values, asker, callerSubject: null })));
  expect(made).toBe(1);
  expect(outcomes.filter((one) => one.ok && one.answer.meta.cache?.state === 'miss')).toHaveLength(1);
});

test('an answer of what nothing announces is kept as long as it may be old, and not at all where it may not', async () => {
  const registry = registryWith(1);
  const keptView = keeper({ registry })(async ({ asker }) => {
    asker.reads?.untold();
    return { ok: true, answer: { body: {}, meta: { generated_at: '' }, mayAgeMs: 0, persons: [] } };
  });
  const states = async (name: string, passMs: readonly number[]): Promise<unknown[]> => {
    const view = registry.view('acme', 'wiki', name);
    if (view === null) throw new Error('no such view');
    const asker = { tenant: 'acme', rows: null, signal: new AbortController().signal };
    const seen: unknown[] = [];
    for (const ms of passMs) {
      nowMs += ms;
      const outcome = await keptView({
        view,
        values: { params: {}, pseudonyms: {}, window: null, ofNow: [], wait: {}, includesSensitive: false },
        asker,
        callerSubject: null,
      });
      seen.push(outcome.ok ? outcome.answer.meta.cache?.state : outcome.problem);
    }
    return seen;
  };
  expect(await states('brief', [0, 59_999, 1])).toEqual(['miss', 'hit', 'miss']);
  expect(await states('thing', [0, 1])).toEqual(['miss', 'miss']);
});

test('a value that cannot be opened counts as absent, and what lies in Redis names nobody', async () => {
  const written: Buffer[] = [];
  const { writeAnswer } = store;
  store.writeAnswer = async (tenant, key, answer) => {
    written.push(Buffer.from(`${tenant} ${key}`), Buffer.from(answer.bytes));
    return writeAnswer(tenant, key, { ...answer, bytes: written.length === 2 ? Buffer.from('{"v":1}') : answer.bytes });
  };
  const call = await serve();
  for (const word of ['MISS', 'MISS', 'HIT']) {
    expect(await look(call, '/v1/views/wiki/mine?user_id=person-17')).toEqual([word, 5]);
  }
  expect(Buffer.concat(written).includes('person-17')).toBe(false);
});

test.each([
  ['class', { class: 'wiki.persons' }, ['MISS', 'MISS', 'HIT']],
  ['name', { key: 'persons:mine:user_id:acme/u-1:days:7' }, ['MISS', 'HIT', 'HIT']],
  ['person', { subject: 'u-2' }, ['HIT', 'MISS', 'HIT']],
])('what is kept is dropped by hand, by its %s, and nothing else', async (_, body, words) => {
  const call = await serve();
  const paths = ['/v1/views/wiki/mine?user_id=u-1', '/v1/views/wiki/mine?user_id=u-2'];
  for (const path of paths) await look(call, path);
  await look(call, '/v1/views/wiki/all');
  const dropped = await call('/v1/admin/cache/invalidate', { method: 'POST', body: JSON.stringify(body) });
  expect([dropped.status, await dropped.json()]).toEqual([200, { dropped: 1 }]);
  const seen = await Promise.all([...paths, '/v1/views/wiki/all'].map(async (path) => look(call, path)));
  expect(seen.map(([word]) => word)).toEqual(words);
});

test('what may become a job waits in the slow lane, and what takes no turn in none', async () => {
  const lanes: string[] = [];
  const laneOf =
    (name: string): TakeTurn =>
    async (tenant, action) => {
      lanes.push(`${name} ${tenant}`);
      return action();
    };
  const view = registryWith(1).view('acme', 'wiki', 'all');
  if (view === null) throw new Error('no such view');
  const seen: unknown[] = [];
  const inTurn = createViewInTurn(
    async ({ asker }) => {
      seen.push(asker.takesTurns);
      return { ok: false, problem: { code: 'not_found' } };
    },
    { quick: laneOf('quick'), slow: laneOf('slow') },
  );
  const values = { params: {}, pseudonyms: {}, window: null, ofNow: [], wait: {}, includesSensitive: false };
  const asker = { tenant: 'acme', rows: null, signal: new AbortController().signal };
  const asked = { view, values, asker: { ...asker, takesTurns: true as const }, callerSubject: null };
  await inTurn(asked);
  await inTurn({ ...asked, view: { ...view, isBackground: true } });
  await inTurn({ ...asked, asker });
  expect(lanes).toEqual(['quick acme', 'slow acme']);
  // Its questions are asked in its turn.
  expect(seen).toEqual([undefined, undefined, undefined]);
});
