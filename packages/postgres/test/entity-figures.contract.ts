import { compilePack, parsePack } from '@tidegate/core';
import type { CompiledEntity, EntityQuestion, EntityValue, FiguresQuestion } from '@tidegate/core';
import { describe, expect, test } from 'vitest';
import type { EntityReader, EntityRow } from '../src/entity-reader.ts';
import type { SeededRow } from './entity-reader.contract.ts';

export interface SeededEntity {
  readonly entity: CompiledEntity;
  readonly rows: readonly SeededRow[];
}

const SOURCE = {
  pack: 'shop',
  title: 'Shop',
  events: {
    'order.placed': {
      subject: 'required',
      fields: {
        order_id: { type: 'string', action: 'keep', why: 'for the tests' },
        shop: { type: 'string', action: 'keep', why: 'for the tests' },
        amount: { type: 'decimal', action: 'keep', why: 'for the tests', optional: true },
        listed: { type: 'decimal', action: 'keep', why: 'for the tests', optional: true },
        due: { type: 'date', action: 'keep', why: 'for the tests', optional: true },
        note: { type: 'string', optional: true, sensitive: 'pii', action: 'seal', why: 'for the tests' },
      },
    },
    'part.sent': {
      subject: 'required',
      fields: {
        order_id: { type: 'string', action: 'keep', why: 'for the tests' },
        part_no: { type: 'integer', action: 'keep', why: 'for the tests' },
        grams: { type: 'decimal', action: 'keep', why: 'for the tests', optional: true },
      },
    },
    'shop.told': {
      subject: 'none',
      key: 'shop',
      fields: {
        shop: { type: 'string', action: 'keep', why: 'for the tests' },
        town: { type: 'string', action: 'keep', why: 'for the tests' },
      },
    },
  },
  entities: {
    order: { id: 'order_id', events: ['order.placed'], indexes: [['shop']] },
    part: { id: ['order_id', 'part_no'], events: ['part.sent'] },
    shop: { id: 'shop', events: ['shop.told'] },
  },
  metrics: {},
};

function compiled(): ReadonlyMap<string, CompiledEntity> {
  const parsed = parsePack(SOURCE);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
  return compilePack({ tenant: 'acme', version: 1, metricVersions: {}, pack: parsed.value }).entities;
}

const ENTITIES = compiled();

function entityOf(name: string): CompiledEntity {
  const entity = ENTITIES.get(name);
  if (entity === undefined) throw new Error(`no entity ${name}`);
  return entity;
}

interface Seed {
  readonly subject?: string;
  readonly id: string;
  /** Of its event; default: the row's own. */
  readonly event?: string;
  readonly at: string;
  readonly values: Readonly<Record<string, EntityValue>>;
  readonly isDeleted?: true;
}

function seeded({ subject = '', id, event = id, at, values, isDeleted }: Seed): SeededRow {
  const stamp = { timeMs: Date.parse(at), id: event };
  return {
    ...{ tenant: 'acme', subject, id },
    state: {
      values: new Map(Object.entries(values).map(([name, value]) => [name, { value, stamp }])),
      ...{ createdMs: stamp.timeMs, live: stamp, counted: [], foreign: [] },
      deleted: isDeleted === true ? { timeMs: stamp.timeMs + 1, id: 'gone' } : null,
    },
  };
}

const order = (id: string, subject: string, at: string, values: Record<string, EntityValue>, more: Partial<Seed> = {}): SeededRow =>
  seeded({ id, subject, at, values: { 'order_id.text': id, ...values }, ...more });
const part = (orderId: string, no: number, subject: string, grams: string | null): SeededRow =>
  seeded({
    ...{ id: JSON.stringify([orderId, String(no)]), subject, at: `2026-03-05T0${no}:00:00Z` },
    values: { 'order_id.text': orderId, 'part_no.numeric': String(no), ...(grams === null ? {} : { 'grams.numeric': grams }) },
  });
/** 2026-03-01 is day 20,513. */
const MARCH_1 = 20_513;

const ROWS: readonly SeededEntity[] = [
  {
    entity: entityOf('order'),
    rows: [
      order('o1', 'anna', '2026-03-01T10:00:00Z', { 'shop.text': 'A', 'amount.numeric': '10', 'due.date': MARCH_1 + 4 }),
      // Half past midnight of the 2nd in Berlin.
      order('o2', 'anna', '2026-03-01T23:30:00Z', { 'shop.text': 'A', 'amount.numeric': '20.5', 'due.date': MARCH_1 - 1 }),
      order('o3', 'bert', '2026-03-02T12:00:00Z', { 'shop.text': 'A', 'amount.numeric': '30', 'due.date': MARCH_1 + 3 }),
      order('o4', 'bert', '2026-03-03T12:00:00Z', { 'shop.text': 'B', 'amount.numeric': '-5', 'listed.numeric': '7' }),
      order('o5', 'carl', '2026-03-03T13:00:00Z', { 'shop.text': 'B', 'listed.numeric': '9007199254740993' }),
      order('o6', 'carl', '2026-03-01T10:00:00Z', { 'shop.text': 'B', 'amount.numeric': '1000' }, { isDeleted: true }),
    ],
  },
  {
    entity: entityOf('part'),
    rows: [part('o1', 2, 'anna', '250'), part('o1', 1, 'anna', '100.5'), part('o3', 1, 'bert', null), part('o4', 1, 'dora', '9')],
  },
  { entity: entityOf('shop'), rows: [seeded({ id: 'A', at: '2026-01-01T00:00:00Z', values: { 'shop.text': 'A', 'town.text': 'Köln' } })] },
];

interface TiedSeed {
  readonly shop: string;
  readonly event: string;
  readonly at?: string;
  readonly updatedAt?: string;
}

function tiedRow(id: string, { shop, event, at = '2026-03-01T10:00:00Z', updatedAt = at }: TiedSeed): SeededRow {
  const { state, ...key } = order(id, 'anna', updatedAt, { 'shop.text': shop }, { event });
  return { ...key, state: { ...state, createdMs: Date.parse(at) } };
}

/** Of one instant in each shop: the ids of their events say which is the later. */
const TIED: readonly SeededRow[] = [
  tiedRow('z', { shop: 'same', event: 'e1' }),
  tiedRow('a', { shop: 'same', event: 'e3' }),
  tiedRow('m', { shop: 'same', event: 'e2' }),
  // Changed by a later event, whose id is the smaller one.
  tiedRow('d', { shop: 'fixed', event: 'e9' }),
  tiedRow('c', { shop: 'fixed', event: 'e0', updatedAt: '2026-03-01T10:00:01Z' }),
  // In more than 127 bytes.
  tiedRow('y', { shop: 'long', event: `${'x'.repeat(200)}1` }),
  tiedRow('b', { shop: 'long', event: `${'x'.repeat(200)}2` }),
  // With instants that take fewer bytes.
  tiedRow('z2', { shop: 'old', event: 'e1', at: '1969-12-31T23:59:59Z' }),
  tiedRow('a2', { shop: 'old', event: 'e2', at: '1969-12-31T23:59:59Z' }),
  // In bytes é comes after z, as in the log.
  tiedRow('r', { shop: 'other', event: 'z' }),
  tiedRow('q', { shop: 'other', event: 'é' }),
];

export function entityFiguresContract(name: string, open: (seeds: readonly SeededEntity[]) => Promise<EntityReader>): void {
  describe(`${name} works out figures over rows of entities`, () => {
    const opened = open(ROWS);
    const tied = open([{ entity: entityOf('order'), rows: TIED }]);
    const COUNT = { n: { measure: 'count' } } as const;

    async function figures(question: Partial<FiguresQuestion>): Promise<readonly EntityRow[]> {
      const read = await (await opened).figures({ entity: entityOf('order'), groupBy: [], measures: COUNT, ...question });
      if (!read.ok) throw new Error(JSON.stringify(read.fault));
      return read.value;
    }

    async function faultOf(question: Partial<FiguresQuestion>): Promise<string> {
      const read = await (await opened).figures({ entity: entityOf('order'), groupBy: [], measures: COUNT, ...question });
      return read.ok ? 'none' : `${read.fault.code} ${read.fault.path ?? ''}`;
    }

    async function rows(question: Partial<EntityQuestion>): Promise<readonly EntityRow[]> {
      const read = await (await opened).read({ entity: entityOf('order'), limit: 100, ...question });
      if (!read.ok) throw new Error(JSON.stringify(read.fault));
      return read.value.rows;
    }

    const ids = async (question: Partial<EntityQuestion>) => (await rows(question)).map((row) => row['order_id']).join(' ');

    test('of each group its counts, sums, means, extremes, people and percentiles; what is deleted is in none', async () => {
      const [a, b] = await figures({
        groupBy: ['shop'],
        measures: {
          ...{
            n: { measure: 'count' },
            priced: { measure: 'count', field: ['amount'] },
            people: { measure: 'distinct', field: ['subject'] },
          },
          ...{
            sum: { measure: 'sum', field: ['amount'] },
            mean: { measure: 'avg', field: ['amount'] },
            sd: { measure: 'stddev', field: ['amount'] },
          },
          ...{ least: { measure: 'min', field: ['amount'] }, most: { measure: 'max', field: ['amount'] } },
          ...{ p50: { measure: 'percentile', field: ['amount'], q: 0.5 }, p90: { measure: 'percentile', field: ['amount'], q: 0.9 } },
          ...{ last: { measure: 'max', field: ['_created_at'] }, due: { measure: 'min', field: ['due'] } },
        },
      });
      // 10, 20.5 and 30: 60.5 / 3; place 0.9 · 2 = 1.8 lies between 20.5 and 30, at 20.5 + 0.8 · 9.5.
      expect(a).toMatchObject({ shop: 'A', n: 3, priced: 3, people: 2, sum: 60.5, least: 10, most: 30, p50: 20.5 });
      expect(a?.['mean']).toBeCloseTo(60.5 / 3, 9);
      expect(a?.['p90']).toBeCloseTo(28.1, 9);
      // Squared distances of the mean 20.1666… add up to 200.1666…, by two.
      expect(a?.['sd']).toBeCloseTo(Math.sqrt(200.1666666666667 / 2), 9);
      expect(a).toMatchObject({ last: '2026-03-02T12:00:00.000Z', due: '2026-02-28' });
      expect(b).toEqual({
        ...{ shop: 'B', n: 2, priced: 1, people: 2, sum: -5, mean: -5, sd: null, least: -5, most: -5, p50: -5, p90: -5 },
        ...{ last: '2026-03-03T13:00:00.000Z', due: null },
      });
    });

    test('without groups there is one row, of nothing too', async () => {
      expect(await figures({})).toEqual([{ n: 5 }]);
      const measures = { ...COUNT, sum: { measure: 'sum', field: ['amount'] }, mean: { measure: 'avg', field: ['amount'] } } as const;
      expect(await figures({ subject: 'nobody', measures })).toEqual([{ n: 0, sum: 0, mean: null }]);
      expect(await figures({ subject: 'nobody', groupBy: ['shop'] })).toEqual([]);
    });

    test('each measure counts under its own conditions and bounds, the first of some fields, or by a weight', async () => {
      const [row] = await figures({
        measures: {
          inA: { measure: 'count', where: { shop: { eq: 'A' } } },
          small: { measure: 'sum', field: ['amount'], gte: 0, lt: 30 },
          either: { measure: 'sum', field: ['amount', 'listed'], where: { shop: { eq: 'B' } } },
          weighted: { measure: 'avg', field: ['amount'], weight: ['listed', 'amount'] },
        },
      });
      // -5 and 2^53 + 1: beyond what a double holds. Weights are 10, 20.5, 30 and 7: (100 + 420.25 + 900 - 35) / 67.5.
      expect(row).toMatchObject({ inA: 3, small: 30.5, either: 9_007_199_254_740_988 });
      expect(row?.['weighted']).toBeCloseTo(1_385.25 / 67.5, 9);
    });

    test('days are of UTC dates, seconds are between instants', async () => {
      const between = ['_created_at', 'due'] as const;
      const [row] = await figures({
        measures: {
          days: { measure: 'avg', days: between, gte: 0 },
          bad: { measure: 'count', days: between, lt: 0 },
          longest: { measure: 'max', seconds: between },
        },
      });
      // 4 days of o1 and 2 of o3; o2 was due two days before it was placed. From 10 h to midnight four days on.
      expect(row).toEqual({ days: 3, bad: 1, longest: 4 * 86_400 - 36_000 });
    });

    test('buckets are those of the zone, and what lies outside of the range is in none', async () => {
      const range = { at: '_created_at', from: '2026-03-01', to: '2026-03-03', zone: 'Europe/Berlin', grain: 'day' } as const;
      expect(await figures({ range })).toEqual([
        { bucket: '2026-03-01T00:00:00.000+01:00', n: 1 },
        { bucket: '2026-03-02T00:00:00.000+01:00', n: 2 },
      ]);
      expect(await figures({ range: { ...range, grain: undefined } })).toEqual([{ n: 3 }]);
      // Dates are those that they name in any zone.
      expect(await figures({ range: { ...range, at: 'due', to: '2026-03-05', grain: 'week', zone: 'Pacific/Auckland' } })).toEqual([
        { bucket: '2026-03-02T00:00:00.000+00:00', n: 1 },
      ]);
    });

    test('groups are in order by a figure or by themselves, and cut only where that is asked for', async () => {
      const measures = { ...COUNT, sum: { measure: 'sum', field: ['amount'] } } as const;
      expect(await figures({ groupBy: ['order_id'], measures, order: '-sum', limit: 2 })).toEqual([
        { order_id: 'o3', n: 1, sum: 30 },
        { order_id: 'o2', n: 1, sum: 20.5 },
      ]);
      expect((await figures({ groupBy: ['amount'] })).map((row) => row['amount'])).toEqual([-5, 10, 20.5, 30, null]);
    });

    test('of rows with equal members the first or the last is picked, among those that are found or others', async () => {
      expect(await ids({ pick: { last: ['shop'], by: '_created_at' } })).toBe('o3 o5');
      expect(await ids({ pick: { first: ['shop', 'subject'], by: '_created_at' } })).toBe('o1 o3 o4 o5');
      // What has no amount takes no part.
      expect(await ids({ pick: { last: ['shop'], by: 'amount' } })).toBe('o3 o4');
      const late = { _created_at: { gte: '2026-03-01T12:00:00Z' } };
      expect(await ids({ where: late, pick: { first: ['shop'], by: '_created_at' } })).toBe('o2 o4');
      // Of shop A the first of all lies before.
      expect(await ids({ where: late, pick: { first: ['shop'], by: '_created_at', among: {} } })).toBe('o4');
      // Two that have no value of it are each the only one of its kind.
      expect(await ids({ pick: { last: ['listed'], by: '_created_at' } })).toBe('o1 o2 o3 o4 o5');
    });

    test('a row of another entity stands beside, of several the one updated last, and can be asked and grouped by', async () => {
      const parts = { part: { entity: entityOf('part'), on: { order_id: 'order_id' } } };
      const found = await rows({ beside: parts });
      expect(found.map((row) => (row['part'] as EntityRow | null)?.['part_no'] ?? null)).toEqual([2, null, 1, 1, null]);
      expect(found[0]?.['part']).toMatchObject({ order_id: 'o1', part_no: 2, grams: 250, subject: 'anna' });
      expect(await ids({ beside: parts, where: { 'part.order_id': { exists: false } } })).toBe('o2 o5');
      expect(await ids({ beside: parts, where: { 'part.grams': { gt: 5 } } })).toBe('o1 o4');
      const first = { part: { ...parts.part, pick: { first: ['order_id'], by: 'part_no' } } };
      expect(await ids({ beside: first, where: { 'part.grams': { eq: 100.5 } } })).toBe('o1');
      const towns = { told: { entity: entityOf('shop'), on: { shop: 'shop' } } };
      expect(await figures({ beside: towns, groupBy: ['told.town'] })).toEqual([
        { 'told.town': 'Köln', n: 3 },
        { 'told.town': null, n: 2 },
      ]);
    });

    test('of several members the first that a row has is asked, grouped by and joined on, and is called as the first of them', async () => {
      // o5 has no amount: what it is listed at stands for it.
      expect(await ids({ where: { 'amount|listed': { gt: 25 } } })).toBe('o3 o5');
      expect(await ids({ where: { 'listed|amount': { lt: 10 } } })).toBe('o4');
      const towns = { told: { entity: entityOf('shop'), on: { shop: 'shop' } } };
      expect(await figures({ beside: towns, groupBy: ['told.town|shop'] })).toEqual([
        { 'told.town': 'B', n: 2 },
        { 'told.town': 'Köln', n: 3 },
      ]);
      const parts = { part: { entity: entityOf('part'), on: { order_id: 'order_id' } } };
      // Found by the row beside before it: without a part there is no order of it.
      const again = { ...parts, again: { entity: entityOf('order'), on: { 'part.order_id': 'order_id' } } };
      const found = await rows({ beside: again });
      expect(found.map((row) => (row['again'] as EntityRow | null)?.['order_id'] ?? null)).toEqual(['o1', null, 'o3', 'o4', null]);
      const either = { ...parts, again: { entity: entityOf('order'), on: { 'part.order_id|order_id': 'order_id' } } };
      expect((await rows({ beside: either })).map((row) => (row['again'] as EntityRow | null)?.['order_id'])).toEqual([
        'o1',
        'o2',
        'o3',
        'o4',
        'o5',
      ]);
      expect(await faultOf({ groupBy: ['shop|mood'] })).toBe('dimension_unknown group_by[0]');
      expect(await faultOf({ groupBy: ['shop|note'] })).toBe('where_type_mismatch group_by[0]');
      expect(await faultOf({ groupBy: ['shop|amount'] })).toBe('where_type_mismatch group_by[0]');
      expect(await faultOf({ pick: { last: ['amount|listed'], by: '_created_at' } })).toBe('request_invalid pick');
    });

    test('of one person’s rows only that person’s stand beside', async () => {
      const parts = { part: { entity: entityOf('part'), on: { order_id: 'order_id' } } };
      // The part of o4 is another person's.
      const found = await rows({ subject: 'bert', beside: parts });
      expect(found.map((row) => [row['order_id'], (row['part'] as EntityRow | null)?.['part_no'] ?? null])).toEqual([
        ['o3', 1],
        ['o4', null],
      ]);
    });

    test('a list has the rows of its group in the order of a member', async () => {
      const measures = { parts: { measure: 'list', by: 'part_no', fields: ['part_no', 'grams', '_created_at'] } } as const;
      expect(await figures({ entity: entityOf('part'), subject: 'anna', groupBy: ['order_id'], measures })).toEqual([
        {
          order_id: 'o1',
          parts: [
            { part_no: 1, grams: 100.5, _created_at: '2026-03-05T01:00:00.000Z' },
            { part_no: 2, grams: 250, _created_at: '2026-03-05T02:00:00.000Z' },
          ],
        },
      ]);
      expect(await figures({ entity: entityOf('part'), subject: 'nobody', measures })).toEqual([{ parts: [] }]);
    });

    test('the first and the last are values of the row that has one, of two at one place that of the greater id', async () => {
      const by = '_created_at';
      const measures = {
        first: { measure: 'first', field: ['amount'], by },
        last: { measure: 'last', field: ['amount', 'listed'], by },
        least: { measure: 'first', field: ['order_id'], by: 'due' },
        small: { measure: 'last', field: ['amount'], by, where: { amount: { lt: 25 } } },
      } as const;
      // o5 has no amount, so the last of B is what it is listed at; nothing of B is due.
      expect(await figures({ groupBy: ['shop'], measures })).toEqual([
        { shop: 'A', first: 10, last: 30, least: 'o2', small: 20.5 },
        { shop: 'B', first: -5, last: '9007199254740993', least: null, small: -5 },
      ]);
      const parts = { grams: { measure: 'last', field: ['part_no'], by: 'part_no' } } as const;
      expect(await figures({ entity: entityOf('part'), groupBy: [], measures: parts })).toEqual([{ grams: 2 }]);
      const tied = { part: { measure: 'first', field: ['order_id'], by: 'part_no' } } as const;
      // Three are the first part: those of anna, bert and dora.
      expect(await figures({ entity: entityOf('part'), measures: tied })).toEqual([{ part: 'o4' }]);
      expect(await faultOf({ measures: { x: { measure: 'last', field: ['amount'], by: 'mood' } } })).toBe(
        'dimension_unknown measures.x.by',
      );
    });

    test('of rows at one place the one of the later event is the later, whatever the ids of the rows', async () => {
      const ask = { groupBy: ['shop'], measures: { last: { measure: 'last', field: ['order_id'], by: '_created_at' } } } as const;
      const ofTied = async (more: object) => {
        const read = await (await tied).read({ entity: entityOf('order'), limit: 100, ...more });
        return read.ok ? read.value.rows : [];
      };
      const latest = { fixed: 'c', long: 'b', old: 'a2', other: 'q', same: 'a' };
      const figured = await (await tied).figures({ entity: entityOf('order'), ...ask });
      expect(figured).toEqual({ ok: true, value: Object.entries(latest).map(([shop, last]) => ({ shop, last })) });
      const picked = async (pick: object) => (await ofTied({ pick })).map(({ shop, order_id: id }) => [shop, id]).toSorted();
      expect(await picked({ last: ['shop'], by: '_created_at' })).toEqual(Object.entries(latest));
      expect(await picked({ first: ['shop'], by: '_created_at' })).toEqual([
        ...[
          ['fixed', 'd'],
          ['long', 'y'],
          ['old', 'z2'],
          ['other', 'r'],
          ['same', 'z'],
        ],
      ]);
      for (const order of [{ order: '-_created_at' }, { order: '_created_at' }, {}]) {
        const beside = { other: { entity: entityOf('order'), on: { shop: 'shop' }, ...order } };
        const pairs = (await ofTied({ beside })).map(({ shop, other }) => [shop, (other as EntityRow | null)?.['order_id']]);
        expect(pairs).toHaveLength(TIED.length);
        expect(Object.fromEntries(pairs)).toEqual(latest);
      }
    });

    test('rows are meant of which one list of conditions holds, and rivals of a pick are such rows', async () => {
      const any = [{ amount: { gte: 25 } }, { amount: { exists: false }, shop: { eq: 'B' } }];
      expect(await ids({ any })).toBe('o3 o5');
      expect(await ids({ any, where: { shop: { eq: 'A' } } })).toBe('o3');
      expect(await figures({ any, groupBy: ['shop'] })).toEqual([
        { shop: 'A', n: 1 },
        { shop: 'B', n: 1 },
      ]);
      const early = [{ amount: { lt: 15 } }, { due: { lt: '2026-03-01' } }];
      // Without o3 the last of A is o2, and of B o4.
      expect(await ids({ any: early, pick: { last: ['shop'], by: '_created_at' } })).toBe('o2 o4');
      const parts = { part: { entity: entityOf('part'), on: { order_id: 'order_id' } } };
      expect(await ids({ beside: parts, any: [{ 'part.grams': { gt: 200 } }, { shop: { eq: 'B' } }] })).toBe('o1 o4 o5');
      expect(await faultOf({ any: [{ shop: { eq: 'A' } }, { mood: { eq: 1 } }] })).toBe('dimension_unknown any[1].mood');
    });

    test('a row beside lies between instants of the row, and is the first or the last of them', async () => {
      const DAY_S = 86_400;
      const beside = (more: object) => ({ other: { entity: entityOf('order'), on: { shop: 'shop' }, ...more } });
      const others = async (more: object): Promise<unknown> =>
        (await rows({ beside: beside(more) })).map((row) => (row['other'] as EntityRow | null)?.['order_id'] ?? null);
      // A: o1 on the 1st at 10 h, o2 at 23:30, o3 on the 2nd at 12 h. B: o4 on the 3rd at 12 h, o5 an hour later.
      const later = { _created_at: { gt: { of: '_created_at' } } };
      expect(await others({ within: later, order: '_created_at' })).toEqual(['o2', 'o3', null, 'o5', null]);
      expect(await others({ within: later, order: '-_created_at' })).toEqual(['o3', 'o3', null, 'o5', null]);
      const soon = { _created_at: { gt: { of: '_created_at' }, lte: { of: '_created_at', plus_s: DAY_S } } };
      expect(await others({ within: soon, order: '-_created_at' })).toEqual(['o2', 'o3', null, 'o5', null]);
      const before = { _created_at: { lt: { of: '_created_at' }, gte: { of: '_created_at', plus_s: -DAY_S } } };
      expect(await others({ within: before, order: '_created_at' })).toEqual([null, 'o1', 'o2', null, 'o4']);
      // Bound only where it has an amount above 15.
      const some = { _created_at: { gt: { of: '_created_at', when: { amount: { gt: 15 } } } } };
      expect(await others({ within: some, order: '_created_at' })).toEqual(['o1', 'o3', null, 'o4', 'o4']);
      // By a member that some lack: they are not among them. What is equal goes by the greater id.
      expect(await others({ order: 'listed' })).toEqual([null, null, null, 'o4', 'o4']);
      expect(await others({ on: { subject: 'subject' }, order: 'shop' })).toEqual(['o2', 'o2', 'o3', 'o3', 'o5']);
      const next = { ...beside({ within: later, order: '_created_at' }), third: { entity: entityOf('order'), on: { shop: 'shop' } } };
      const after = {
        ...next,
        third: { ...next.third, within: { _created_at: { gt: { of: 'other._created_at' } } }, order: '_created_at' },
      };
      expect((await rows({ beside: after })).map((row) => (row['third'] as EntityRow | null)?.['order_id'] ?? null)).toEqual([
        ...['o3', null, null, null, null],
      ]);
      const refused = async (more: object): Promise<string> => faultOf({ beside: beside(more) });
      expect(await refused({ within: { _created_at: { gt: { of: 'due' } } } })).toBe(
        'where_type_mismatch beside.other.within._created_at.gt',
      );
      expect(await refused({ within: { mood: { gt: { of: 'due' } } } })).toBe('dimension_unknown beside.other.within.mood');
      expect(await refused({ order: 'note' })).toBe('where_type_mismatch beside.other.order');
    });

    test('each row stands once for each of some texts, which are asked, joined on and grouped by', async () => {
      const each = { town: ['B', 'A'] };
      const parts = await rows({ entity: entityOf('part'), each, whole: true, where: { grams: { gt: 50 } } });
      expect(parts.map((row) => [row['part_no'], row['each']])).toEqual([
        [1, { town: 'A' }],
        [1, { town: 'B' }],
        [2, { town: 'A' }],
        [2, { town: 'B' }],
      ]);
      const last = { placed: { entity: entityOf('order'), on: { 'each.town': 'shop' }, order: '-_created_at' } };
      const found = await rows({ entity: entityOf('shop'), each, beside: last, whole: true });
      expect(found.map((row) => (row['placed'] as EntityRow | null)?.['order_id'])).toEqual(['o3', 'o5']);
      expect(await figures({ entity: entityOf('shop'), each, groupBy: ['each.town'] })).toEqual([
        { 'each.town': 'A', n: 1 },
        { 'each.town': 'B', n: 1 },
      ]);
      expect(await ids({ each, whole: true, where: { 'each.town': { eq: 'A' } } })).toBe('o1 o2 o3 o4 o5');
      expect(await faultOf({ each: { a: ['x'], b: ['y'] } })).toBe('request_invalid each');
      expect(await faultOf({ each, beside: { each: { entity: entityOf('shop'), on: { shop: 'shop' } } } })).toBe(
        'request_invalid beside.each',
      );
      const paged = await (await opened).read({ entity: entityOf('order'), limit: 5, each });
      expect(paged).toMatchObject({ ok: false, fault: { code: 'request_invalid', path: 'each' } });
    });

    test('rows that are asked for whole are all of them, or none', async () => {
      const read = async (limit: number) => (await opened).read({ entity: entityOf('order'), whole: true, limit });
      expect(await read(5)).toMatchObject({ ok: true, value: { cursor: null, rows: [{}, {}, {}, {}, {}] } });
      expect(await read(4)).toMatchObject({ ok: false, fault: { code: 'range_too_large' } });
    });

    test('what names no member, or measures what is no number, is refused with its place', async () => {
      expect(await faultOf({ groupBy: ['mood'] })).toBe('dimension_unknown group_by[0]');
      expect(await faultOf({ groupBy: ['note'] })).toBe('where_type_mismatch group_by[0]');
      expect(await faultOf({ measures: { x: { measure: 'sum', field: ['shop'] } } })).toBe('where_type_mismatch measures.x.field');
      expect(await faultOf({ measures: { x: { measure: 'max' } } })).toBe('request_invalid measures.x');
      expect(await faultOf({ measures: { x: { measure: 'count', days: ['due', 'amount'] } } })).toBe('where_type_mismatch measures.x.days');
      expect(await faultOf({ measures: { x: { measure: 'count', where: { shop: { gt: 1 } } } } })).toBe(
        'where_type_mismatch measures.x.where.shop.gt',
      );
      expect(await faultOf({ order: 'sum' })).toBe('request_invalid order');
      expect(await faultOf({ pick: { last: ['note'], by: 'amount' } })).toBe('where_type_mismatch pick.last');
      expect(await faultOf({ beside: { p: { entity: entityOf('part'), on: { order_id: 'part_no' } } } })).toBe(
        'where_type_mismatch beside.p.on.order_id',
      );
      expect(await faultOf({ range: { at: 'amount', from: '2026-03-01', to: '2026-03-02', zone: 'UTC' } })).toBe(
        'where_type_mismatch range.at',
      );
    });
  });
}
