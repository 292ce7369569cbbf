import { describe, expect, it } from 'vitest';
import { parsePack } from '../pack/parse.ts';
import type { CompiledView } from './compiled-view.ts';
import { fillAnswer } from './fill-answer.ts';
import { compileViews } from './pack-views.ts';
import type { ParamValue } from './param-values.ts';
import { parseParams } from './params.ts';
import { ENGINE_SEGMENTS, parseRoute, routeShape } from './route-template.ts';
import { toQuestion } from './view-query.ts';
import type { Json } from '../expression/to-json.ts';

const pack = {
  pack: 'walks',
  title: 'Walks',
  events: {
    'walk.ended': {
      subject: 'required',
      fields: {
        place: { type: 'enum', values: ['park', 'town'], dimension: true },
        metres: { type: 'integer', min: 0 },
      },
    },
  },
  metrics: {
    walks: {
      events: ['walk.ended'],
      dimensions: ['place'],
      sets: [['place'], ['place', 'subject']],
      measures: { walks: { measure: 'count' }, metres: { measure: 'sum', field: 'metres' } },
    },
  },
  entities: { walk: { id: 'subject', events: ['walk.ended'] } },
  cache: { daily: { ttl_s: 300, max_staleness_s: 60 } },
};

const view = {
  title: 'Walks of one person',
  route: 'GET /api/v1/walks/{user_id}',
  scope: 'patient:read',
  cache: 'daily',
  params: { user_id: { type: 'subject' }, place: { type: 'string', enum: ['park', 'town'], optional: true } },
  window: { days: 7, max_days: 31 },
  queries: {
    days: {
      ...{ metric: 'walks', kind: 'series', measures: ['metres'], grain: 'day', subject: '${params.user_id}' },
      ...{ from: '${window.from}', to: '${window.to}', zone: '${params.tz}', where: { place: '${params.place}' } },
    },
  },
  answer: { user_id: '${params.user_id}', total: '${sum(days.map(d, d.metres))}' },
};

function faultsOf(change: object, packChange: object = {}): readonly string[] {
  const parsed = parsePack({ ...pack, ...packChange, views: { mine: { ...view, ...change } } });
  return parsed.ok ? [] : parsed.fault.map(({ path, message }) => `${path}: ${message}`);
}

function compiled(change: object = {}): CompiledView {
  const parsed = parsePack({ ...pack, views: { mine: { ...view, ...change } } });
  const found = parsed.ok ? compileViews(parsed.value).get('mine') : undefined;
  if (found === undefined) throw new Error(JSON.stringify(parsed));
  return found;
}

const pseudonymOf = (id: string): string => `pseudonym of ${id}`;
// 23:30 UTC on 5 November is 00:30 of the 6th in Oslo.
const NOW_MS = Date.UTC(2026, 10, 5, 23, 30);
function params(given: Readonly<Record<string, string | readonly string[]>>, callerSubject: string | null = null) {
  const all = new Map(Object.entries(given).map(([name, texts]) => [name, [texts].flat()]));
  return parseParams(compiled(), { given: all, nowMs: NOW_MS, callerSubject, pseudonymOf });
}

describe('a view of a pack', () => {
  it('is compiled with its route, its class and its scope', () => {
    expect(faultsOf({})).toEqual([]);
    expect(compiled()).toMatchObject({
      route: { method: 'GET', path: '/v1/walks/{user_id}', params: ['user_id'] },
      scope: 'patient:read',
      cache: { name: 'daily', ttlMs: 300_000, maxStalenessMs: 60_000 },
    });
  });

  it('has an index for rows that its route finds by several members', () => {
    const filtered = (where: object, entity: object): readonly string[] => {
      const entities = { outing: { id: '_event', events: ['walk.ended'], ...entity } };
      const queries = { days: { entity: 'outing', subject: '${params.user_id}', where } };
      return faultsOf({ queries, answer: {} }, { entities });
    };
    const place = { place: 'park' };
    const fault = 'views.mine.queries.days.where: no index of the entity begins with two of _subject, place.text, by which rows are found';
    expect(filtered(place, {})).toEqual([fault]);
    expect(filtered(place, { indexes: [['subject'], ['metres', 'place', 'subject']] })).toEqual([fault]);
    expect(filtered(place, { indexes: [['place', 'subject', 'metres']] })).toEqual([]);
    // By one member, by what no index finds, and where the key says which row it is.
    expect(filtered({}, {})).toEqual([]);
    expect(filtered({ place: { ne: 'park' } }, {})).toEqual([]);
    expect(filtered(place, { id: 'subject' })).toEqual([]);
    // Who asks by no route waits for nobody.
    const queries = { days: { entity: 'outing', subject: '${params.user_id}', where: place } };
    expect(faultsOf({ queries, answer: {}, route: undefined }, { entities: { outing: { id: '_event', events: ['walk.ended'] } } })).toEqual(
      [],
    );
  });

  it('has an index for figures over rows that its route finds by several members', () => {
    const figures = (indexes: readonly (readonly string[])[], query: object = { where: { place: 'park' } }): readonly string[] => {
      const entities = { outing: { id: '_event', events: ['walk.ended'], indexes } };
      const range = { at: '_created_at', from: '${window.from}', to: '${window.to}' };
      const days = { entity: 'outing', range, measures: { n: { measure: 'count' } }, ...query };
      return faultsOf({ queries: { days }, answer: {} }, { entities });
    };
    const fault =
      'views.mine.queries.days.where: no index of the entity begins with two of place.text, _created_at, by which rows are found';
    expect(figures([['place'], ['_created_at']])).toEqual([fault]);
    expect(figures([['place', '_created_at']])).toEqual([]);
    // The range alone is one member.
    expect(figures([['metres']], {})).toEqual([]);
  });

  it('has an index for whichever of its filters are given', () => {
    const params = { ...view.params, metres: { type: 'integer', optional: true }, since: { type: 'instant', optional: true } };
    const filtered = (query: object, indexes: readonly (readonly string[])[]): readonly string[] => {
      const entities = { outing: { id: '_event', events: ['walk.ended'], indexes } };
      return faultsOf({ params, queries: { days: { entity: 'outing', ...query } }, answer: {} }, { entities });
    };
    const missing = (...columns: readonly string[]): string =>
      `views.mine.queries.days.where: no index of the entity begins with two of ${columns.join(', ')}, by which rows are found`;
    const where = { place: '${params.place}', metres: '${params.metres}' };
    // Both together go by the index, and without them there is one member alone; with metres alone there is none.
    const ofOne = { subject: '${params.user_id}', where };
    expect(filtered(ofOne, [['place', 'subject']])).toEqual([missing('_subject', 'metres.numeric')]);
    expect(
      filtered(ofOne, [
        ['place', 'subject'],
        ['metres', 'subject'],
      ]),
    ).toEqual([]);
    // All three go by it, and of the pairs one.
    const ofThree = { where: { ...where, _updated_at: { gte: '${params.since}' } } };
    expect(filtered(ofThree, [['place', 'metres']])).toEqual([
      missing('place.text', '_updated_at'),
      missing('metres.numeric', '_updated_at'),
    ]);
  });

  it.each<[string, object, string]>([
    [
      'a measure that the metric lacks',
      { queries: { days: { ...view.queries.days, measures: ['steps'] } } },
      'views.mine.queries.days.measures',
    ],
    [
      'a dimension that the metric lacks',
      { queries: { days: { ...view.queries.days, group_by: ['town'] } } },
      'views.mine.queries.days.group_by',
    ],
    ['a metric of another pack', { queries: { days: { ...view.queries.days, metric: 'edits' } } }, 'views.mine.queries.days.metric'],
    ['a member that no question has', { queries: { days: { ...view.queries.days, colour: 'red' } } }, 'views.mine.queries.days'],
    [
      'an analysis of nothing',
      { queries: { days: { metric: 'walks', kind: 'trend', measure: 'steps', last: '30d' } } },
      'views.mine.queries.days.measure',
    ],
    ['an entity that the pack lacks', { queries: { days: { entity: 'trail' } } }, 'views.mine.queries.days.entity: is no entity'],
    ['a field that the entity lacks', { queries: { days: { entity: 'walk', order: '-shoes' } } }, 'views.mine.queries.days.order'],
    [
      'a where that the entity lacks',
      { queries: { days: { entity: 'walk', where: { shoes: 'red' } } } },
      'views.mine.queries.days.where.shoes',
    ],
    [
      'a step of an event that the pack lacks',
      { queries: { days: { kind: 'funnel', last: '30d', steps: [{ event: 'walk.ended' }, { event: 'walk.begun' }] } } },
      'views.mine.queries.days.steps',
    ],
    ['neither metric nor entity', { queries: { days: { kind: 'series' } } }, 'views.mine.queries.days'],
    [
      'a name that nothing has',
      { answer: { total: '${sum(weeks)}' } },
      'views.mine.answer.total: is no expression that can be evaluated: Unknown variable: weeks',
    ],
    ['an expression that nothing closes', { answer: { total: ['${days'] } }, 'views.mine.answer.total[0]'],
    ['a member meta of its own', { answer: { meta: {} } }, 'views.mine.answer.meta'],
    ['a parameter of the path that is not declared', { params: {} }, 'views.mine.route: names {user_id}'],
    [
      'a parameter of the path that may be left out',
      { params: { ...view.params, user_id: { type: 'subject', optional: true } } },
      'views.mine.params.user_id',
    ],
    ['a parameter of the window', { params: { ...view.params, days: { type: 'integer' } } }, 'views.mine.params.days'],
    [
      'a parameter in the path that the route lacks',
      { params: { ...view.params, place: { type: 'string', in: 'path' } } },
      'views.mine.params.place.in',
    ],
    ['a default of another type', { params: { ...view.params, n: { type: 'integer', default: 'two' } } }, 'views.mine.params.n.default'],
    ['a route of the engine', { route: 'GET /v1/metrics/{user_id}' }, 'views.mine.route: lies under a path of the engine'],
    ['a route that writes', { route: 'POST /v1/walks/{user_id}' }, 'views.mine.route: a view is read with GET'],
    ['a class that there is not', { cache: 'weekly' }, 'views.mine.cache'],
    [
      'a query by a name of the engine',
      { queries: { now: view.queries.days }, answer: {} },
      'views.mine.queries.now: is a name of the engine',
    ],
    [
      'an age of what is not kept',
      { cache: undefined, queries: { days: { ...view.queries.days, may_age_s: 60 } } },
      'views.mine.queries.days.may_age_s: belongs to a view whose answers are kept',
    ],
    [
      'an age of raw events',
      { queries: { days: { kind: 'funnel', last: '30d', steps: [{ event: 'walk.ended' }, { event: 'walk.ended' }], may_age_s: 60 } } },
      'views.mine.queries.days.may_age_s: belongs to a metric or an entity',
    ],
    [
      'queries in a circle',
      { queries: { days: { ...view.queries.days, when: 'size(more) > 0' }, more: { ...view.queries.days, when: 'size(days) > 0' } } },
      'views.mine.queries: need each other',
    ],
  ])('is refused with its place for %s', (_, change, told) => {
    expect(faultsOf(change).join('\n')).toContain(told);
  });

  it('may name a list that is made of rows, which is empty without any', () => {
    const more = { ...view.queries.days, when: 'size(days) > 0', where: { place: '${days.map(d, d.place)}' } };
    expect(faultsOf({ queries: { ...view.queries, more } })).toEqual([]);
    const empty = { ...view.queries.days, where: { place: '${[]}' } };
    expect(faultsOf({ queries: { days: empty } })).not.toEqual([]);
  });

  it('asks for nothing that was left out', () => {
    const one = compiled();
    const values = params({ user_id: 'u-1' });
    if (!values.ok) throw new Error(JSON.stringify(values.fault));
    const filled = one.queries[0]?.body.fill({ ...values.value }, { left: 1_000 });
    expect(toQuestion(filled?.ok === true ? filled.value : ({} as Json), one, { wait: { after: 'tgr1.x' } })).toEqual({
      ...{ metric: 'walks', kind: 'series', measures: ['metres'], grain: 'day', subject: 'u-1', zone: 'UTC', where: {} },
      ...{ from: '2026-10-30', to: '2026-11-06', max_staleness_ms: 60_000, after: 'tgr1.x' },
    });
  });

  it('takes a value for eq and a list for in', () => {
    const asked = toQuestion({ where: { a: 'x', b: ['y'], c: { gt: 1, lt: null }, d: { eq: null } } }, { cache: null }, { wait: {} });
    expect(asked).toEqual({ where: { a: { eq: 'x' }, b: { in: ['y'] }, c: { gt: 1 } } });
  });
});

describe('the values that a view makes', () => {
  const made = {
    let: { doubled: '${days.map(d, 2 * d.metres)}', most: { of: '${max(doubled)}' } },
    answer: { total: '${sum(doubled)}', most: '${most.of}' },
  };

  it('are known to those after them and to the answer', () => {
    const filled = fillAnswer(compiled(made), { params: {}, days: [{ metres: 10 }, { metres: 25.5 }] }, { left: 1_000 });
    // 2·10 + 2·25.5 = 71
    expect(filled).toEqual({ ok: true, value: { total: 71, most: 51 } });
    // A pack comes out of the database with its members in another order.
    const { doubled, most } = made.let;
    const turned = compiled({ ...made, let: { most, doubled } });
    expect(fillAnswer(turned, { params: {}, days: [{ metres: 10 }, { metres: 25.5 }] }, { left: 1_000 })).toEqual(filled);
  });

  it('are refused where they need each other, or bear the name of something else', () => {
    expect(faultsOf({ ...made, let: { most: '${max(doubled)}', doubled: '${[most]}' } })).toEqual([
      'views.mine.let: need each other in a circle',
    ]);
    expect(faultsOf({ others: 'refused' })).toEqual(['views.mine.others: needs `exists`: what is not there is nobody’s']);
    expect(faultsOf({ others: 'refused', exists: 'size(days) > 0' })).toEqual([]);
    expect(faultsOf({ let: { days: '${1}' } })).toEqual(['views.mine.let.days: is the name of something else']);
    expect(faultsOf({ let: { now: '${1}' } })).toEqual(['views.mine.let.now: is the name of something else']);
  });

  it('tell where they cannot be made', () => {
    const filled = fillAnswer(compiled(made), { params: {}, days: [{ metres: 'far' }] }, { left: 1_000 });
    expect(filled).toMatchObject({ ok: false, fault: { member: 'let.doubled', kind: 'failed' } });
  });
});

describe('the parameters of a view', () => {
  const valuesOf = (given: Readonly<Record<string, string | readonly string[]>>): Readonly<Record<string, ParamValue>> => {
    const read = params({ user_id: 'u-1', ...given });
    return read.ok ? { ...read.value.params, from: read.value.window?.from ?? null, to: read.value.window?.to ?? null } : {};
  };

  it('come to a window of whole local days, today the last (D-01)', () => {
    expect(valuesOf({})).toMatchObject({ days: 7, from: '2026-10-30', to: '2026-11-06', end: '2026-11-05', place: null });
    expect(valuesOf({ tz: 'Europe/Oslo', days: '1' })).toMatchObject({ from: '2026-11-06', to: '2026-11-07' });
    expect(valuesOf({ as_of: '2026-11-01T00:00:00+01:00', days: '2' })).toMatchObject({ from: '2026-10-30', to: '2026-11-01' });
    // Both ends count.
    expect(valuesOf({ start: '2026-10-01', end: '2026-10-31' })).toMatchObject({ days: 31, from: '2026-10-01', to: '2026-11-01' });
  });

  it.each<[Readonly<Record<string, string | readonly string[]>>, readonly string[]]>([
    [{ user_id: [] }, ['user_id']],
    [{ user_id: ['a', 'b'] }, ['user_id']],
    [{ place: 'sea' }, ['place']],
    [{ colour: 'red' }, ['']],
    [{ days: '0' }, ['days']],
    [{ days: '32' }, ['days']],
    [{ days: '1.5' }, ['days']],
    [{ days: '7', start: '2026-10-01', end: '2026-10-02' }, ['days']],
    [{ start: '2026-10-01' }, ['end']],
    [{ start: '2026-10-02', end: '2026-10-01' }, ['end']],
    [{ start: '2026-02-30', end: 'soon', tz: 'Mars/Olympus' }, ['start', 'end', 'tz']],
    [{ as_of: '2026-10-01' }, ['as_of']],
    [{ wait_ms: '10001' }, ['wait_ms']],
  ])('are all told that do not fit: %j', (given, paths) => {
    const read = params({ user_id: 'u-1', ...given });
    expect(read.ok ? [] : read.fault.map(({ path }) => path)).toEqual(paths);
    expect(JSON.stringify(read)).not.toMatch(/sea|red|Mars|soon/);
  });

  it('name the person who asks where nobody is named', () => {
    const own = compiled({ route: 'GET /v1/walks', params: { user_id: { type: 'subject', default: 'caller' } }, queries: {}, answer: {} });
    const read = (callerSubject: string | null) => parseParams(own, { given: new Map(), nowMs: NOW_MS, callerSubject, pseudonymOf });
    expect(read('u-9')).toMatchObject({ ok: true, value: { params: { user_id: 'u-9' } } });
    expect(read(null)).toMatchObject({ ok: false, fault: [{ path: 'user_id' }] });
  });

  it('are the pseudonym of a thing where its plain id is given, and the same where its pseudonym is', () => {
    const one = compiled({
      route: 'GET /v1/walks/{walk_id}',
      params: { walk_id: { type: 'id' } },
      window: undefined,
      queries: {},
      answer: {},
    });
    const read = (id: string) => parseParams(one, { given: new Map([['walk_id', [id]]]), nowMs: NOW_MS, callerSubject: null, pseudonymOf });
    expect(read('w-1')).toMatchObject({ ok: true, value: { params: { walk_id: 'pseudonym of w-1' } } });
    expect(read('ab'.repeat(32))).toMatchObject({ ok: true, value: { params: { walk_id: 'ab'.repeat(32) } } });
  });

  it('hold lists and numbers to what is declared', () => {
    const listing = compiled({
      route: 'GET /v1/walks',
      params: { of: { type: 'list', min: 2, max: 3 }, n: { type: 'number', min: 0, max: 1, default: 0.5 } },
      window: undefined,
      queries: {},
      answer: {},
    });
    const read = (of: string, n?: string) =>
      parseParams(listing, {
        given: new Map([['of', [of]], ...(n === undefined ? [] : [['n', [n]] as const])]),
        nowMs: NOW_MS,
        callerSubject: null,
        pseudonymOf,
      });
    expect(read('a,b')).toMatchObject({ ok: true, value: { params: { of: ['a', 'b'], n: 0.5 } } });
    for (const [of, n] of [['a'], ['a,a'], ['a,,b'], ['a,b,c,d'], ['a,b', '1.1'], ['a,b', '1e0']] as const)
      expect(read(of, n).ok).toBe(false);
  });
});

describe('a route', () => {
  it('is written once for both of its prefixes and with or without a slash at its end', () => {
    expect(parseRoute('GET /api/v1/walks/{id}/')).toMatchObject({ ok: true, value: { path: '/v1/walks/{id}', params: ['id'] } });
    expect(parseRoute('GET /api/analytics/overview')).toMatchObject({ ok: true, value: { path: '/api/analytics/overview' } });
    expect(parseRoute('GET /v1/{all}').ok).toBe(false);
    expect(parseRoute('GET /v1/a/{id}/b/{id}').ok).toBe(false);
    expect(parseRoute('GET /health').ok).toBe(false);
  });

  it('is another one’s where no literal tells them apart', () => {
    expect(routeShape({ method: 'GET', path: '/v1/walks/{id}' })).toBe(routeShape({ method: 'GET', path: '/v1/walks/{user}' }));
    expect(routeShape({ method: 'GET', path: '/v1/walks/{id}' })).not.toBe(routeShape({ method: 'GET', path: '/v1/walks/latest' }));
  });

  it('may lie under no path of the engine', () => {
    expect(ENGINE_SEGMENTS.has('metrics')).toBe(true);
  });
});
