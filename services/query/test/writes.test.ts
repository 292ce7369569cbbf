import { gzipSync } from 'node:zlib';
import { compilePack, entityTable, parsePack } from '@tidegate/core';
import type { EntityValue, MadeEvent, Receipt } from '@tidegate/core';
import { createMemoryDatabase, createMemoryEntityReader } from '@tidegate/postgres/memory';
import { afterEach, describe, expect, test } from 'vitest';
import type { Receipts } from '../src/receipts.ts';
import { createRegistry } from '../src/registry.ts';
import type { Sent } from '../src/writes/event-sender.ts';
import type { ServedAsk } from './serve-ask.ts';
import { answerWith, serveAsk } from './serve-ask.ts';

const goal = { goal_id: { type: 'string' }, kind: { type: 'string', optional: true }, target: { type: 'decimal', optional: true } };
const pack = {
  pack: 'health',
  title: 'Health',
  events: {
    'goal.set': { subject: 'required', fields: goal },
    'goal.dropped': { subject: 'required', fields: { goal_id: { type: 'string' } } },
    'page.seen': { aliases: ['view'], fields: { page: { type: 'string', optional: true, action: 'keep', why: 'for the tests' } } },
  },
  metrics: {},
  entities: { goal: { id: 'goal_id', events: ['goal.set'], deleted_by: ['goal.dropped'] } },
  views: {
    goals: {
      params: { user_id: { type: 'subject' } },
      queries: { rows: { entity: 'goal', subject: '${params.user_id}' } },
      answer: { items: "${rows.map(r, {'id': r.goal_id, 'far': number(r.target) * 2})}" },
    },
  },
  writes: {
    set: {
      route: 'POST /v1/goals',
      body: {
        user_id: { type: 'subject', default: 'caller' },
        kind: { type: 'string', enum: ['steps', 'sleep'] },
        target: { type: 'number', min: 1 },
        note: { type: 'string', optional: true },
      },
      rules: [{ that: "body.kind != 'sleep' || body.target <= 24", path: 'target', message: 'at most 24 hours' }],
      event: {
        ...{ type: 'goal.set', subject: '${body.user_id}' },
        data: { goal_id: '${id}', kind: '${body.kind}', target: '${body.target}' },
      },
      reads: { rows: { entity: 'goal', subject: '${body.user_id}', where: { goal_id: '${id}' }, limit: 1 } },
      view: { name: 'goals', params: { user_id: '${body.user_id}' } },
      answer: { id: '${rows[0].goal_id}', target: '${rows[0].target}', far: '${first(view.items.filter(i, i.id == id)).far}' },
    },
    drop: {
      route: 'DELETE /v1/goals/{goal_id}',
      params: { goal_id: { type: 'string' }, user_id: { type: 'subject', default: 'caller' } },
      checks: { found: { entity: 'goal', subject: '${params.user_id}', where: { goal_id: '${params.goal_id}' }, limit: 1 } },
      exists: 'size(found) > 0',
      conflict: "found[0].kind == 'sleep'",
      event: { type: 'goal.dropped', subject: '${params.user_id}', data: { goal_id: '${params.goal_id}' } },
      answer: { deleted: '${params.goal_id}' },
    },
    track: {
      route: 'POST /v1/things/track',
      scope: 'things:write',
      body: {
        event_type: { type: 'string' },
        event_id: { type: 'string', optional: true },
        properties: { type: 'json', optional: true },
        user_id: { type: 'subject', optional: true },
      },
      event: {
        ...{ type: '${body.event_type}', id: '${coalesce(body.event_id, id)}', subject: '${coalesce(body.user_id, caller.subject)}' },
        data: '${coalesce(body.properties, {})}',
      },
      waits: false,
      answer: { accepted: true, event_id: '${id}' },
    },
    track_all: { route: 'POST /v1/things/batch', each: 'track', events_max: 4, body_bytes_max: 4_096 },
  },
};

interface World {
  readonly call: ServedAsk['call'];
  /** What was sent to ingest. */
  readonly sent: MadeEvent[];
}

let served: ServedAsk | null = null;
afterEach(async () => served?.close());

interface Played {
  readonly outcome?: (events: readonly MadeEvent[]) => Sent;
  readonly receipts?: Partial<Receipts>;
}

const RECEIVED = '2026-11-01T00:00:00.500Z';
const allAccepted = (events: readonly MadeEvent[]): Sent => {
  return { ok: true, receipt: 'tgr1.x', receivedAt: RECEIVED, verdicts: events.map(() => ({ verdict: 'accepted' })) };
};

/** Goals that are sent become rows at once, as an aggregator would make them. */
async function serve({ outcome = allAccepted, receipts = {} }: Played = {}): Promise<World> {
  const parsed = parsePack(pack);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
  const registry = createRegistry(() => undefined);
  const value = { pack: 'health', version: 1, source: pack, metrics: {} };
  registry.take({ key: Buffer.from('pack/acme/health'), value: Buffer.from(JSON.stringify({ version: 1, value })) });
  const entity = compilePack({ tenant: 'acme', version: 1, metricVersions: {}, pack: parsed.value }).entities.get('goal');
  if (entity === undefined) throw new Error('no entity');
  const database = createMemoryDatabase();
  const rows = new Map();
  database.entities.set(entityTable(entity), rows);
  const put = (subject: string, id: string, kind: string, target: string): void => {
    const stamp = { timeMs: 0, id };
    const members: readonly [string, EntityValue][] = [
      ['goal_id.text', id],
      ['kind.text', kind],
      ['target.numeric', target],
    ];
    const values = new Map(members.map(([name, one]) => [name, { value: one, stamp }]));
    const state = { values, createdMs: 0, live: stamp, deleted: null, counted: [], foreign: [] };
    rows.set(id, { tenant: 'acme', subject: `acme/${subject}`, id, partition: 0, state });
  };
  put('u-1', 'old', 'steps', '5');
  put('u-1', 'nap', 'sleep', '8');
  const sent: MadeEvent[] = [];
  served = await serveAsk(async () => ({ ok: true, answer: answerWith([]), mayAgeMs: 0 }), {
    registry,
    receipts,
    entities: createMemoryEntityReader(database),
    async sendEvents(events) {
      sent.push(...events);
      const result = outcome(events);
      for (const { type, subject, data } of result.ok ? events : []) {
        const { goal_id: id, kind, target } = data as Record<string, string>;
        if (type === 'goal.set' && subject !== undefined) put(subject, String(id), String(kind), String(target));
      }
      return result;
    },
  });
  const { call } = served;
  return { sent, call: async (path, init) => call(path, { method: 'POST', scopes: ['ingest:write', 'things:write'], ...init }) };
}

const body = (value: unknown): { body: string } => ({ body: JSON.stringify(value) });
const SET = '/v1/writes/health/set';
const STEPS = { user_id: 'u-1', kind: 'steps', target: 8_000.5 };

describe('a write of a pack', () => {
  test('sends an event made of the request, waits for it, and answers 201 with the committed row', async () => {
    const { call, sent } = await serve();
    const answer = await call(SET, body(STEPS));
    const told = (await answer.json()) as { id: string };
    expect([answer.status, told, answer.headers.get('tidegate-receipt')]).toMatchObject([201, { target: 8_000.5, far: 16_001 }, 'tgr1.x']);
    expect(sent).toMatchObject([
      { id: told.id, type: 'goal.set', subject: 'u-1', data: { goal_id: told.id, kind: 'steps', target: 8_000.5 } },
    ]);
    expect(told.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(Object.keys(sent[0]?.data ?? {})).toEqual(['goal_id', 'kind', 'target']);
  });

  test('is the same event where the same request comes again under one Idempotency-Key, and another where it is another', async () => {
    const { call, sent } = await serve();
    const headers = { 'idempotency-key': 'k-1' };
    for (const [value, more] of [
      [STEPS, { headers }],
      [STEPS, { headers }],
      [{ ...STEPS, target: 9 }, { headers }],
      [STEPS, { headers: { 'idempotency-key': 'k-2' } }],
      [STEPS, {}],
    ] as const) {
      expect((await call(SET, { ...body(value), ...more })).status).toBe(201);
    }
    const ids = sent.map(({ id }) => id);
    expect(ids[1]).toBe(ids[0]);
    expect(new Set(ids).size).toBe(4);
    expect((await call(SET, { ...body(STEPS), headers: { 'idempotency-key': 'a b' } })).status).toBe(400);
  });

  test('tells at once all that does not fit, by the names that the caller used, and sends nothing', async () => {
    const { call, sent } = await serve();
    const refused = async (value: unknown) => {
      const answer = await call(SET, body(value));
      const problem = (await answer.json()) as { code: string; errors?: { path: string }[] };
      return [answer.status, problem.code, ...(problem.errors ?? []).map(({ path }) => path)];
    };
    expect(await refused({ kind: 'run', target: '8', colour: 'red' })).toEqual([422, 'request_invalid', '', 'user_id', 'kind', 'target']);
    expect(await refused({ ...STEPS, target: 0 })).toEqual([422, 'request_invalid', 'target']);
    expect(await refused({ ...STEPS, kind: 'sleep', target: 25 })).toEqual([422, 'request_invalid', 'target']);
    expect(await refused([STEPS])).toEqual([422, 'request_invalid', '']);
    expect((await call(SET, { body: '{' })).status).toBe(400);
    expect((await call(SET, { ...body(STEPS), headers: { 'content-type': 'text/plain' } })).status).toBe(415);
    // 16 digits: a double would be another number.
    expect((await call(SET, { body: '{"user_id":"u-1","kind":"steps","target":1.000000000000001}' })).status).toBe(422);
    expect(sent).toEqual([]);
  });

  test('is refused with what the judge has against the event, told of the members that were sent', async () => {
    const fault = { code: 'field_out_of_range', path: 'data.target', message: 'at most 100' };
    const { call } = await serve({
      outcome: () => ({ ok: true, receipt: null, receivedAt: RECEIVED, verdicts: [{ verdict: 'rejected', ...fault }] }),
    });
    const answer = await call(SET, body(STEPS));
    expect([answer.status, await answer.json()]).toMatchObject([422, { code: 'request_invalid', errors: [{ ...fault, path: 'target' }] }]);
  });

  test('is answered 202 with the receipt where the event is not counted in time', async () => {
    const receipt: Receipt = { tenant: 'acme', logGeneration: 1, entries: [] };
    const { call } = await serve({
      receipts: {
        open: () => receipt,
        waitFor: async () => ({ countedIn: null, held: [] }),
        stateOf: async () => ({ isCounted: false, pendingEvents: 1, isLogChanged: false, covered: [] }),
      },
    });
    const answer = await call(SET, body(STEPS));
    expect([answer.status, await answer.json()]).toMatchObject([202, { accepted: true, receipt: 'tgr1.x', id: expect.any(String) }]);
  });

  test('is to be sent again where the log takes nothing, or it is not known whether it did', async () => {
    const { call } = await serve({ outcome: () => ({ ok: false, problem: { code: 'log_unavailable', retryAfterS: 3 } }) });
    const answer = await call(SET, body(STEPS));
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '3']);
    await served?.close();
    const other = await serve({ outcome: () => ({ ok: true, receipt: null, receivedAt: RECEIVED, verdicts: [{ verdict: 'retry' }] }) });
    expect((await other.call(SET, body(STEPS))).status).toBe(503);
  });

  test('is about the person who asks and nobody else, unless a scope says otherwise (H-70)', async () => {
    const { call, sent } = await serve();
    const { user_id: _own, ...unnamed } = STEPS;
    expect((await call(SET, { ...body(unnamed), subject: 'u-2' })).status).toBe(201);
    expect(sent).toMatchObject([{ subject: 'u-2' }]);
    const other = await call(SET, { ...body(STEPS), subject: 'u-2' });
    expect([other.status, await other.json(), sent.length]).toMatchObject([403, { code: 'row_refused' }, 1]);
    const any = { subject: 'u-2', scopes: ['ingest:write', 'ingest:write_any'] };
    // Who may write it and may not see it is answered with the receipt.
    expect((await call(SET, { ...body(STEPS), ...any })).status).toBe(202);
    expect((await call(SET, { ...body(STEPS), ...any, scopes: [...any.scopes, 'events:read'] })).status).toBe(201);
    expect(sent.at(-1)).toMatchObject({ subject: 'u-1' });
    // A row of another person is not found.
    expect((await call('/v1/writes/health/drop?goal_id=old', { subject: 'u-2' })).status).toBe(404);
    expect((await call('/v1/writes/health/drop?goal_id=old&user_id=u-1', { subject: 'u-2' })).status).toBe(403);
  });

  test('is judged on committed rows: 404 where there is no such thing, 409 where it stands otherwise', async () => {
    const { call, sent } = await serve();
    expect((await call('/v1/writes/health/drop?goal_id=none&user_id=u-1')).status).toBe(404);
    const conflict = await call('/v1/writes/health/drop?goal_id=nap&user_id=u-1');
    expect([conflict.status, await conflict.json(), sent]).toMatchObject([409, { code: 'row_conflict' }, []]);
    const answer = await call('/v1/writes/health/drop?goal_id=old&user_id=u-1');
    expect([answer.status, await answer.json()]).toEqual([200, { deleted: 'old' }]);
    expect(sent).toMatchObject([{ type: 'goal.dropped', subject: 'u-1', data: { goal_id: 'old' } }]);
  });

  test('needs its scope, also from who reaches the service past the gateway, and is listed with its pack', async () => {
    const { call } = await serve();
    const answer = await call(SET, { ...body(STEPS), scopes: ['query:read'] });
    expect([answer.status, await answer.json()]).toMatchObject([403, { code: 'scope_missing' }]);
    expect((await call('/v1/writes/health/none', body({}))).status).toBe(404);
    const listed: unknown = await (await call('/v1/packs/health', { method: 'GET' })).json();
    expect(listed).toMatchObject({
      writes: expect.arrayContaining([
        expect.objectContaining({
          ...{ write: 'set', route: 'POST /v1/goals', scope: 'ingest:write', path: '/v1/writes/health/set' },
          body: expect.arrayContaining([{ name: 'kind', type: 'string', optional: false, enum: ['steps', 'sleep'] }]),
        }),
        expect.objectContaining({ write: 'track_all', each: 'track', events_max: 4 }),
      ]),
    });
  });
});

describe('a write that does not wait', () => {
  test('is answered as soon as the log has its event, whose type and id the request names (S-29)', async () => {
    const { call, sent } = await serve();
    const asked = { event_type: 'view', event_id: 'e-1', properties: { page: 'a' } };
    const answer = await call('/v1/writes/health/track', { ...body(asked), subject: 'u-9' });
    expect([answer.status, await answer.json()]).toEqual([202, { accepted: true, event_id: 'e-1' }]);
    expect(sent).toMatchObject([{ id: 'e-1', type: 'view', subject: 'u-9', data: { page: 'a' } }]);
    const named = await call('/v1/writes/health/track', { ...body({ ...asked, user_id: 'u-1' }), subject: 'u-9' });
    expect(named.status).toBe(403);
  });
});

describe('a write of many events (S-31)', () => {
  const BATCH = '/v1/writes/health/track_all';
  const one = (id: string, more: object = {}) => ({ event_type: 'view', event_id: id, ...more });
  const rejectSecond = (events: readonly MadeEvent[]): Sent => ({
    ...{ ok: true, receipt: 'tgr1.y', receivedAt: RECEIVED },
    verdicts: events.map((_, at) =>
      at === 1 ? { verdict: 'rejected', code: 'unknown_member', path: 'data.page', message: 'no' } : { verdict: 'accepted' },
    ),
  });

  test('has a verdict for each, in order, and one bad event does not sink the others', async () => {
    const { call, sent } = await serve({ outcome: rejectSecond });
    const answer = await call(BATCH, body([one('a'), { colour: 'red' }, one('b', { properties: { page: 'x' } }), one('c')]));
    expect(answer.status).toBe(207);
    expect(await answer.json()).toMatchObject({
      accepted: 2,
      receipt: 'tgr1.y',
      verdicts: [
        { index: 0, id: 'a', verdict: 'accepted' },
        { index: 1, verdict: 'rejected', code: 'request_invalid' },
        { index: 2, id: 'b', verdict: 'rejected', code: 'unknown_member', path: 'properties.page' },
        { index: 3, id: 'c', verdict: 'accepted' },
      ],
    });
    expect(sent.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });

  test('takes NDJSON and gzip, and keeps the bounds that the pack declares', async () => {
    const { call, sent } = await serve();
    const lines = `${JSON.stringify(one('a'))}\n\n${JSON.stringify(one('b'))}\n{broken\n`;
    const ndjson = await call(BATCH, {
      body: gzipSync(lines),
      headers: { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' },
    });
    expect([ndjson.status, await ndjson.json()]).toMatchObject([207, { accepted: 2, rejected: [{ index: 2, code: 'bad_json' }] }]);
    expect(sent.map(({ id }) => id)).toEqual(['a', 'b']);
    const status = async (init: RequestInit) => (await call(BATCH, init)).status;
    expect(await status(body([1, 2, 3, 4, 5].map((at) => one(`e-${at}`))))).toBe(413);
    expect(await status({ body: gzipSync(Buffer.alloc(5_000, 0x20)), headers: { 'content-encoding': 'gzip' } })).toBe(413);
    expect(await status({ body: 'x', headers: { 'content-encoding': 'gzip' } })).toBe(400);
    expect(await status({ body: 'x', headers: { 'content-encoding': 'br' } })).toBe(415);
    expect(await status(body([]))).toBe(422);
    expect(await status(body({}))).toBe(422);
    expect(await status(body([{ colour: 'red' }]))).toBe(422);
  });

  test('makes the ids that are missing of the key, equal events included', async () => {
    const { call, sent } = await serve();
    const events = [{ event_type: 'view' }, { event_type: 'view' }];
    for (let time = 0; time < 2; time += 1) await call(BATCH, { ...body(events), headers: { 'idempotency-key': 'k' } });
    const [a, b, again, bAgain] = sent.map(({ id }) => id);
    expect([again, bAgain]).toEqual([a, b]);
    expect(a).not.toBe(b);
  });
});
