import { compilePack, entityTable, parsePack } from '@tidegate/core';
import type { EntityValue } from '@tidegate/core';
import type { OpenedValues, OpenRequest } from '@tidegate/http';
import { createMemoryEntityReader } from '@tidegate/postgres/memory';
import { afterEach, expect, test } from 'vitest';
import { createRegistry } from '../src/registry.ts';
import type { RunView, ViewOutcome } from '../src/views/run-view.ts';
import { serveAsk } from './serve-ask.ts';
import type { ServedAsk } from './serve-ask.ts';

const text = { type: 'string', optional: true, sensitive: 'pii', action: 'seal', why: 'for the tests' };
const pack = {
  pack: 'house',
  title: 'House',
  events: {
    'person.came': { subject: 'required', fields: { name: text, born: text, room: { type: 'string' } } },
    'person.moved': { subject: 'required', fields: { name: text, born: text, room: { type: 'string' } } },
  },
  metrics: {},
  entities: { person: { id: 'subject', events: ['person.came', 'person.moved'] } },
  views: {
    person: {
      scope: 'patient:read',
      params: { who: { type: 'subject' } },
      queries: { rows: { entity: 'person', subject: '${params.who}', limit: 1 } },
      exists: 'size(rows) > 0',
      sealed: { name: { entity: 'person', field: 'name' }, born: { entity: 'person', field: 'born', include: 'sensitive' } },
      answer: { room: '${rows[0].room}', name: '${rows[0].name}', born: '${rows[0].born}' },
    },
  },
};

function house() {
  const parsed = parsePack(pack);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
  const registry = createRegistry(() => undefined);
  const value = { pack: 'house', version: 1, source: pack, metrics: {} };
  registry.take({ key: Buffer.from('pack/acme/house'), value: Buffer.from(JSON.stringify({ version: 1, value })) });
  const entity = compilePack({ tenant: 'acme', version: 1, metricVersions: {}, pack: parsed.value }).entities.get('person');
  if (entity === undefined) throw new Error('the pack has the entity');
  const stamp = { timeMs: 1, id: 'e' };
  const members: readonly [string, EntityValue][] = [
    ['room.text', 'r-1'],
    ['name.text', 'tgs1.name'],
    ['born.text', 'tgs1.born'],
  ];
  const values = new Map(members.map(([name, one]) => [name, { value: one, stamp }]));
  const state = { values, createdMs: 1, live: stamp, deleted: null, counted: [], foreign: [] };
  const rows = new Map([['', { tenant: 'acme', subject: 'acme/jo', id: '', partition: 0, state }]]);
  return { registry, entities: createMemoryEntityReader({ entities: new Map([[entityTable(entity), rows]]) }) };
}

let served: ServedAsk | null = null;
afterEach(async () => served?.close());

interface Opener {
  readonly asked: OpenRequest[];
  readonly outcomes: ViewOutcome[];
  call(path: string, init?: Parameters<ServedAsk['call']>[1]): Promise<Response>;
}

/** `key`: what ingest says of it; null: it cannot be asked. Each value opens to what stands behind its prefix. */
async function serve(key: OpenedValues['key'] | null = 'there'): Promise<Opener> {
  const [asked, outcomes]: [OpenRequest[], ViewOutcome[]] = [[], []];
  const keepViews = (runView: RunView): RunView => {
    return async (of) => {
      const outcome = await runView(of);
      outcomes.push(outcome);
      return outcome;
    };
  };
  const openFields = async (request: OpenRequest): Promise<OpenedValues | null> => {
    asked.push(request);
    if (key === null) return null;
    return { key, values: request.values.map(({ value }) => (key === 'there' ? JSON.stringify(value.slice(5).toUpperCase()) : null)) };
  };
  served = await serveAsk(async () => Promise.reject(new Error('nothing is asked')), { ...house(), keepViews, openFields });
  const { call } = served;
  return { asked, outcomes, call: (path, init) => call(path, { scopes: ['query:read', 'patient:read'], ...init }) };
}

const PATH = '/v1/views/house/person?who=jo';

test('a view opens what it names for who may ask it; what is sensitive is not even there', async () => {
  const { call, asked } = await serve();
  const answer = await call(PATH);
  expect([answer.status, await answer.json()]).toEqual([
    200,
    { room: 'r-1', name: 'NAME', meta: expect.not.objectContaining({ sealed: expect.anything() }) },
  ]);
  expect(asked).toEqual([{ subject: 'acme/jo', values: [{ types: ['person.came', 'person.moved'], field: 'name', value: 'tgs1.name' }] }]);
  // Named to the gateway, which writes it down before anything leaves; kept by nobody.
  const told = ['x-tidegate-subject', 'x-tidegate-opened', 'cache-control', 'etag', 'tidegate-meta'].map((name) =>
    answer.headers.get(name),
  );
  expect(told).toEqual(['acme/jo', 'name', 'no-store', null, null]);
});

test('what is sensitive is opened for the person who asks for it, and for nobody else', async () => {
  const { call, asked } = await serve();
  const own = await call(`${PATH}&include=sensitive`, { subject: 'jo', scopes: ['query:read'] });
  expect([own.status, own.headers.get('x-tidegate-opened'), await own.json()]).toMatchObject([
    ...[200, 'born,name', { room: 'r-1', name: 'NAME', born: 'BORN' }],
  ]);
  expect(asked.length).toBe(1);
  // A program with the scope, another person who may read everybody's events, and a token that was made to show these rows.
  const rows = { metrics: null, where: {}, subject: 'jo' };
  for (const as of [{}, { subject: 'mo', scopes: ['patient:read', 'events:read'] }, { subject: 'jo', rows }]) {
    const refused = await call(`${PATH}&include=sensitive`, as);
    expect([refused.status, await refused.json()]).toMatchObject([403, { code: 'row_refused' }]);
  }
  expect(asked.length).toBe(1);
});

test.each([
  ['gone', 'erased'],
  ['unreadable', 'unreadable'],
  [null, 'unavailable'],
] as const)('a member that cannot be opened (%s) is null, and the answer says why', async (key, reason) => {
  const { call } = await serve(key);
  const answer = await call(PATH);
  expect([answer.status, await answer.json()]).toMatchObject([200, { room: 'r-1', name: null, meta: { sealed: { name: reason } } }]);
  expect([answer.headers.get('x-tidegate-opened'), answer.headers.get('cache-control')]).toEqual([null, 'no-store']);
});

test('what caches are given is as it was sealed, and a call that might become a job is answered at once', async () => {
  const { call, outcomes } = await serve();
  const own = await call(`${PATH}&include=sensitive`, { subject: 'jo', headers: { prefer: 'respond-async' } });
  expect([own.status, await own.json()]).toMatchObject([200, { born: 'BORN' }]);
  expect(outcomes).toMatchObject([{ ok: true, answer: { body: { name: 'tgs1.name', born: 'tgs1.born' } } }]);
});
