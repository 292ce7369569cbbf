import { compilePack, entityTable, parsePack } from '@tidegate/core';
import type { EntityValue } from '@tidegate/core';
import type { AgesRequest, ToldAges } from '@tidegate/http';
import { createMemoryEntityReader } from '@tidegate/postgres/memory';
import { afterEach, expect, test } from 'vitest';
import type { ReadLog } from '../src/read-log.ts';
import { createRegistry } from '../src/registry.ts';
import type { RunView } from '../src/views/run-view.ts';
import { serveAsk } from './serve-ask.ts';
import type { ServedAsk } from './serve-ask.ts';

const pack = {
  pack: 'house',
  title: 'House',
  events: {
    'person.came': {
      subject: 'required',
      fields: {
        born: { type: 'date', optional: true, sensitive: 'pii', action: 'seal', why: 'for the tests' },
        born_in: { type: 'integer', derive: { from: 'born', as: 'year' }, action: 'keep', why: 'for the tests' },
      },
    },
  },
  metrics: {},
  entities: { person: { id: 'subject', events: ['person.came'] } },
  views: {
    ages: {
      params: { on: { type: 'date' } },
      queries: { rows: { entity: 'person', ages: { age: { of: 'born', on: '${params.on}', else: 'born_in' } }, limit: 1_000 } },
      answer: { ages: '${rows.map(r, r.age)}' },
    },
  },
};

/** So many persons, all born in 1967; of the last one nobody knows when. */
function house(persons: number) {
  const parsed = parsePack(pack);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
  const registry = createRegistry(() => undefined);
  const value = { pack: 'house', version: 1, source: pack, metrics: {} };
  registry.take({ key: Buffer.from('pack/acme/house'), value: Buffer.from(JSON.stringify({ version: 1, value })) });
  const entity = compilePack({ tenant: 'acme', version: 1, metricVersions: {}, pack: parsed.value }).entities.get('person');
  if (entity === undefined) throw new Error('the pack has the entity');
  const columns = new Map(entity.fields.map(({ name, columnName }) => [name, columnName]));
  const stamp = { timeMs: 1, id: 'e' };
  const rows = Array.from({ length: persons }, (_, at) => {
    const subject = `p-${String(at).padStart(4, '0')}`;
    const members: [string, EntityValue][] =
      at === persons - 1
        ? []
        : [
            ['born', `tgs1.${subject}`],
            ['born_in', '1967'],
          ];
    const values = new Map(members.map(([name, one]) => [columns.get(name) ?? '', { value: one, stamp }]));
    const state = { values, createdMs: 1, live: stamp, deleted: null, counted: [], foreign: [] };
    return [subject, { tenant: 'acme', subject, id: '', partition: 0, state }] as const;
  });
  return { registry, entities: createMemoryEntityReader({ entities: new Map([[entityTable(entity), new Map(rows)]]) }) };
}

let served: ServedAsk | null = null;
afterEach(async () => served?.close());

interface Asked {
  readonly asked: AgesRequest[];
  /** Whether an answer was told that nothing announces when it changes. */
  readonly untold: boolean[];
  readonly answer: () => Promise<Record<string, unknown>>;
}

async function serve(persons: number, told: (asked: AgesRequest) => ToldAges | null): Promise<Asked> {
  const [asked, untold]: [AgesRequest[], boolean[]] = [[], []];
  const keepViews = (runView: RunView): RunView => {
    return async (of) => {
      let isUntold = false;
      const reads: ReadLog = {
        ...{ metric: async () => undefined, entity: async () => undefined, mayAge: () => reads },
        untold: () => void (isUntold = true),
      };
      const outcome = await runView({ ...of, asker: { ...of.asker, reads } });
      untold.push(isUntold);
      return outcome;
    };
  };
  const readAges = async (request: AgesRequest): Promise<ToldAges | null> => {
    asked.push(request);
    return told(request);
  };
  served = await serveAsk(async () => Promise.reject(new Error('nothing is asked')), { ...house(persons), keepViews, readAges });
  const { call } = served;
  const answer = async () =>
    (await (await call('/v1/views/house/ages?on=2026-08-22', { scopes: ['query:read'] })).json()) as Record<string, unknown>;
  return { asked, untold, answer };
}

test('expressions have the age that ingest works out on the day, and who told no date has none', async () => {
  const { asked, answer, untold } = await serve(3, ({ persons }) => persons.map(() => 58));
  expect(await answer()).toMatchObject({ ages: [58, 58, null], meta: expect.not.objectContaining({ ages: expect.anything() }) });
  const persons = ['p-0000', 'p-0001'].map((subject) => ({ subject, value: `tgs1.${subject}` }));
  expect(asked).toEqual([{ types: ['person.came'], field: 'born', on: '2026-08-22', persons }]);
  expect(untold).toEqual([false]);
});

test('a date that does not open goes by the year of birth, says so, and is not kept as what holds; who is erased has no age', async () => {
  const { answer, untold } = await serve(4, () => ['unreadable', null, 58]);
  // 2026 - 1967, a day before the birthday.
  expect(await answer()).toMatchObject({ ages: [59, null, 58, null], meta: { ages: { age: 'year_of_birth' } } });
  expect(untold).toEqual([true]);
});

test('many are asked for in pages of 250, and no more once ingest cannot be asked', async () => {
  let left = 2;
  const { asked, answer } = await serve(802, ({ persons }) => ((left -= 1) < 0 ? null : persons.map(() => 58)));
  const { ages, meta } = await answer();
  expect(asked.map(({ persons }) => persons.length)).toEqual([250, 250, 250]);
  expect(ages).toEqual([...Array.from({ length: 500 }, () => 58), ...Array.from({ length: 301 }, () => 59), null]);
  expect(meta).toMatchObject({ ages: { age: 'year_of_birth' } });
});
