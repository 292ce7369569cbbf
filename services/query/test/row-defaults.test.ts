import { ok } from '@tidegate/core';
import type { EntityRow } from '@tidegate/postgres';
import { createMemoryCells } from '@tidegate/redis/cells-memory';
import type { MemoryCells } from '@tidegate/redis/cells-memory';
import { createSealer } from '@tidegate/runtime';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Ask } from '../src/ask.ts';
import { createFreshness } from '../src/freshness.ts';
import { createLifetimes } from '../src/lifetimes.ts';
import { createRegistry } from '../src/registry.ts';
import { createKeptViews } from '../src/views/kept-views.ts';
import { NAMES, SILENT_METER } from './fixtures.ts';
import { answerWith, serveAsk } from './serve-ask.ts';
import type { ServedAsk } from './serve-ask.ts';

const source = {
  pack: 'walks',
  title: 'Walks',
  events: {
    'walker.told': { subject: 'required', fields: { zone: { type: 'string', format: 'zone', optional: true } } },
    'walk.ended': { subject: 'required', fields: { metres: { type: 'integer' } } },
  },
  metrics: { walks: { events: ['walk.ended'], sets: [['subject']], measures: { metres: { measure: 'sum', field: 'metres' } } } },
  entities: { walker: { id: 'subject', events: ['walker.told'] } },
  cache: { daily: { ttl_s: 7_200 } },
  views: {
    days: {
      cache: 'daily',
      params: { user_id: { type: 'subject', default: 'caller', everybody: 'walks:all' } },
      window: { days: 2, tz: { default_from: { entity: 'walker', field: 'zone', of: 'user_id' } } },
      queries: {
        found: {
          ...{ metric: 'walks', kind: 'summary', subject: '${params.user_id}' },
          ...{ from: '${window.from}', to: '${window.to}', zone: '${params.tz}' },
        },
      },
      answer: { start: '${window.start}', end: '${window.end}', zone: '${params.tz}', found: '${size(found)}' },
    },
  },
};

/** Zones by pseudonym, as rows hold them. */
const zones = new Map<string, string | null>();
let nowMs = 0;
let read: (string | undefined)[] = [];
let asked: unknown[] = [];
let store: MemoryCells;
let served: ServedAsk;

const ask: Ask = async (question, { reads }) => {
  const { subject = null } = question as { readonly subject?: string };
  await reads?.metric('walks', subject === null ? null : `acme/${subject}`);
  asked.push(question);
  return { ok: true, answer: answerWith([], { zone: (question as { zone: string }).zone }), mayAgeMs: 0 };
};

beforeEach(async () => {
  // 04:50 UTC on 6 November 2026: in New York 23:50 of the 5th.
  nowMs = Date.UTC(2026, 10, 6, 4, 50);
  [read, asked] = [[], []];
  zones.clear();
  zones.set('acme/ada', 'America/New_York').set('acme/bo', 'Asia/Tokyo').set('acme/cy', null);
  store = createMemoryCells({ nowMs: () => nowMs });
  const commit = { partition: 0, term: 1, commitNo: 1, nextOffset: 5, logGeneration: 1, backfill: null, rollupsOffset: 1 };
  const sealed = { quarter_hour: 0, hour: 0, day: 0 };
  await store.beginEpoch({ seen: null, epoch: 'e1', progress: [{ ...commit, completeThroughMs: nowMs, sealed }] });
  const registry = createRegistry(() => undefined);
  const value = { pack: 'walks', version: 1, source, metrics: { walks: 1 } };
  registry.take({ key: Buffer.from('pack/acme/walks'), value: Buffer.from(JSON.stringify({ version: 1, value })) });
  const keepViews = (runView: Parameters<typeof createKeptViews>[0]['runView']) =>
    createKeptViews({
      ...{ runView, store, freshness: createFreshness(() => nowMs), nowMs: () => nowMs, names: NAMES, meter: SILENT_METER },
      ...{ cacheBudgetMs: 10_000, lifetimeOf: createLifetimes({ isOn: true, byVariable: new Map(), byClass: new Map() }) },
      ...{ registry, kept: { fingerprint: () => '' }, entryKey: new Uint8Array(32).fill(1) },
      ...{ entrySealer: createSealer(new Uint8Array(32).fill(2)), figures: { count: () => undefined } },
      ...{ index: { note: async () => false }, pseudonymOf: (tenant: string, id: string) => `${tenant}/${id}` },
    });
  served = await serveAsk(ask, {
    registry,
    keepViews,
    entities: {
      async read({ subject, limit }) {
        read.push(`${subject} ${limit}`);
        const zone = zones.get(subject ?? '');
        const rows: readonly EntityRow[] = zone === undefined ? [] : [{ subject: subject ?? '', zone }];
        return ok({ rows, cursor: null });
      },
      figures: async () => ok([]),
    },
  });
});
afterEach(async () => served.close());

async function days(query: string, scopes = ['query:read', 'walks:all']) {
  const as_of = new Date(nowMs).toISOString();
  const response = await served.call(`/v1/views/walks/days?as_of=${as_of}&${query}`, { scopes });
  const { meta, ...body } = (await response.json()) as { meta: Record<string, unknown> } & Record<string, unknown>;
  return { cache: response.headers.get('x-cache'), body, defaults: meta['defaults'], zone: meta['zone'] };
}

test('the zone of a person’s row lays the window and is asked for, and the answer says where it is from', async () => {
  expect(await days('user_id=ada')).toEqual({
    cache: 'MISS',
    body: { start: '2026-11-04', end: '2026-11-05', zone: 'America/New_York', found: 0 },
    defaults: { tz: { value: 'America/New_York', from: 'walker.zone' } },
    zone: 'America/New_York',
  });
  expect(asked).toMatchObject([{ subject: 'ada', from: '2026-11-04', to: '2026-11-06', zone: 'America/New_York' }]);
  expect((await days('user_id=bo')).body).toMatchObject({ start: '2026-11-05', end: '2026-11-06', zone: 'Asia/Tokyo' });
  expect(read).toEqual(['acme/ada 1', 'acme/bo 1']);
});

test('the pack’s default counts, and the answer says why, where there is no row, no zone, or none that there is', async () => {
  zones.set('acme/dee', 'Mars/Olympus');
  const found = await Promise.all(['cy', 'nobody', 'dee', '*'].map(async (who) => days(`user_id=${who}`)));
  expect(found.map(({ body, defaults }) => [body['zone'], body['end'], defaults])).toEqual(
    ['no_value', 'no_row', 'value_invalid', 'no_row'].map((why) => ['UTC', '2026-11-06', { tz: { value: 'UTC', from: 'default', why } }]),
  );
  // Everybody has no row.
  expect(read.filter((one) => one?.startsWith('undefined'))).toEqual([]);
});

test('a zone that is asked for counts, and no row is read for it', async () => {
  expect(await days('user_id=ada&tz=Asia/Tokyo')).toMatchObject({ body: { zone: 'Asia/Tokyo', end: '2026-11-06' }, defaults: undefined });
  expect(read).toEqual([]);
});

test('a kept answer goes as soon as the person’s row is told to have changed, and no other goes with it', async () => {
  const path = 'user_id=ada';
  expect([(await days(path)).cache, (await days(path)).cache, (await days('user_id=bo')).cache]).toEqual(['MISS', 'HIT', 'MISS']);
  zones.set('acme/ada', 'Asia/Tokyo');
  const keys = [{ subject: 'acme/ada', id: '', values: [] }];
  await store.advance([], NAMES.ofChanges([], [{ tenant: 'acme', pack: 'walks', entity: 'walker', lookups: [], keys }]));
  expect(await days(path)).toMatchObject({ cache: 'MISS', body: { zone: 'Asia/Tokyo', end: '2026-11-06' } });
  expect([(await days(path)).cache, (await days('user_id=bo')).cache]).toEqual(['HIT', 'HIT']);
});

test('a kept answer is not given beyond the midnight of the zone that the row says', async () => {
  const now = async () => {
    const response = await served.call('/v1/views/walks/days?user_id=ada', { scopes: ['query:read'] });
    return [response.headers.get('x-cache'), ((await response.json()) as { zone: string }).zone];
  };
  expect([await now(), await now()]).toEqual([
    ['MISS', 'America/New_York'],
    ['HIT', 'America/New_York'],
  ]);
  nowMs += 10 * 60_000;
  expect(await now()).toEqual(['MISS', 'America/New_York']);
});

test('who may see no rows is refused where the row would say it, and answered where the request does', async () => {
  const rows = { subject: null, metrics: null, where: {}, k: 5 };
  const as = { scopes: ['query:read'], rows };
  const refused = await served.call('/v1/views/walks/days?user_id=ada', as);
  expect([refused.status, await refused.json()]).toMatchObject([403, { code: 'groups_unprotected', errors: [{ path: 'params.tz' }] }]);
  expect((await served.call('/v1/views/walks/days?user_id=ada&tz=UTC', as)).status).toBe(200);
});
