import { describe, expect, it } from 'vitest';
import { parsePack } from '../pack/parse.ts';
import { compileWrites, writeRoutes } from './pack-writes.ts';

const set = {
  route: 'POST /v1/goals',
  body: { user_id: { type: 'subject', default: 'caller' }, target: { type: 'number' } },
  event: { type: 'goal.set', subject: '${body.user_id}', data: { goal_id: '${id}', target: '${body.target}' } },
};
const pack = {
  pack: 'health',
  title: 'Health',
  events: {
    'goal.set': { subject: 'required', fields: { goal_id: { type: 'string' }, target: { type: 'decimal', optional: true } } },
  },
  metrics: {},
  entities: { goal: { id: 'goal_id', events: ['goal.set'] } },
};

function faultsOf(writes: object, more: object = {}): readonly string[] {
  const parsed = parsePack({ ...pack, ...more, writes });
  return parsed.ok ? [] : parsed.fault.map(({ path, message }) => `${path}: ${message}`);
}

describe('a write of a pack', () => {
  it('is compiled with its route, its scope and its status', () => {
    const parsed = parsePack({
      ...pack,
      writes: { set, change: { ...set, route: 'PATCH /v1/goals/{goal_id}', params: { goal_id: { type: 'string' } } } },
    });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
    const writes = compileWrites(parsed.value);
    expect(writes.get('set')).toMatchObject({
      route: { method: 'POST', path: '/v1/goals' },
      scope: 'ingest:write',
      status: 201,
      waits: true,
    });
    expect(writes.get('change')).toMatchObject({ status: 200 });
    expect(writeRoutes(parsed.value).map(({ route: { method, path } }) => `${method} ${path}`)).toEqual([
      'POST /v1/goals',
      'PATCH /v1/goals/{goal_id}',
    ]);
  });

  it('knows of which member of the request each place of its event is made', () => {
    const event = { ...set.event, occurred_at: '${coalesce(body.at, now)}', data: { ...set.event.data, goal_id: '${body.a + body.b}' } };
    const body = { ...set.body, at: { type: 'instant', optional: true }, a: { type: 'string' }, b: { type: 'string' } };
    const parsed = parsePack({ ...pack, writes: { set: { ...set, body, event } } });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
    const memberOf = compileWrites(parsed.value).get('set')?.memberOf;
    const places = ['data.target', 'data.target.deeper', 'subject', 'occurred_at', 'data.goal_id', 'data.other', 'type'];
    expect(places.map((place) => memberOf?.(place))).toEqual(['target', 'target.deeper', 'user_id', 'at', '', '', '']);
  });

  it.each<[string, object, string]>([
    ['neither an event nor each', { event: undefined }, 'writes.set.event: a write has either'],
    ['an event type that the pack lacks', { event: { ...set.event, type: 'goal.lost' } }, 'writes.set.event.type: is no event type'],
    [
      'a field that the event lacks',
      { event: { ...set.event, data: { ...set.event.data, colour: 'red' } } },
      'writes.set.event.data.colour',
    ],
    ['a field that it leaves out', { event: { ...set.event, data: {} } }, 'writes.set.event.data: lacks goal_id'],
    ['an event about nobody', { event: { type: 'goal.set', data: set.event.data } }, 'writes.set.event.subject: the event type needs one'],
    [
      'a name that nothing has',
      { event: { ...set.event, data: { goal_id: '${goal}' } } },
      'writes.set.event.data.goal_id: is no expression',
    ],
    ['a receipt before there is one', { conflict: "receipt == ''" }, 'writes.set.conflict: is no expression'],
    [
      'a rule that cannot be read',
      { rules: [{ that: 'body.', path: 'target', message: 'no' }] },
      'writes.set.rules.0.that: is no expression',
    ],
    ['a check of a field that there is not', { checks: { found: { entity: 'goal', order: 'shoes' } } }, 'writes.set.checks.found.order'],
    ['rows of no entity', { reads: { found: { entity: 'walk' } } }, 'writes.set.reads.found.entity: is no entity'],
    ['a view that the pack lacks', { view: { name: 'goals' } }, 'writes.set.view.name: is no view'],
    ['a route that reads', { route: 'GET /v1/goals' }, 'writes.set.route: GET writes nothing'],
    ['a route of the engine', { route: 'POST /v1/events/goals' }, 'writes.set.route: lies under a path of the engine'],
    ['each of a write that there is not', { event: undefined, body: {}, each: 'put' }, 'writes.set.each: is no write'],
  ])('is refused with its place for %s', (_, change, told) => {
    expect(faultsOf({ set: { ...set, ...change } }).join('\n')).toContain(told);
  });

  it('has a route of its own', () => {
    expect(faultsOf({ set, other: set })).toEqual(['writes.other.route: another route of the pack is this one']);
    expect(faultsOf({ set }, { views: { goals: { route: 'GET /v1/goals', queries: {}, answer: {} } } })).toEqual([]);
  });
});
