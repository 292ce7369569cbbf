import { compilePack, parsePack } from '@tidegate/core';
import type { CompiledEntity, EntityQuestion, EntityState, EntityValue } from '@tidegate/core';
import { describe, expect, test } from 'vitest';
import type { EntityPage, EntityReader } from '../src/entity-reader.ts';

/** A row to be read, with values by column name; it has no value of the others. */
export interface SeededRow {
  readonly tenant: string;
  readonly subject: string;
  readonly id: string;
  readonly state: EntityState;
}

export interface ReaderUnderTest {
  readonly reader: EntityReader;
  /** Statements sent since the last look; null where none are. */
  statements(): number | null;
}

const SOURCE = {
  pack: 'health',
  title: 'Health',
  events: {
    'goal.set': {
      subject: 'required',
      fields: {
        goal_id: { type: 'string', action: 'keep', why: 'for the tests' },
        status: { type: 'string', action: 'keep', why: 'for the tests', optional: true },
        target: { type: 'decimal', action: 'keep', why: 'for the tests', optional: true },
        share: { type: 'number', action: 'keep', why: 'for the tests', optional: true },
        due: { type: 'date', action: 'keep', why: 'for the tests', optional: true },
        seen: { type: 'timestamp', action: 'keep', why: 'for the tests', optional: true },
        shared: { type: 'boolean', action: 'keep', why: 'for the tests', optional: true },
        tags: { type: 'string_list', action: 'keep', why: 'for the tests', optional: true },
        note: { type: 'string', optional: true, sensitive: 'pii', action: 'seal', why: 'for the tests' },
      },
    },
  },
  entities: { goal: { id: 'goal_id', events: ['goal.set'], indexes: [['subject', 'due'], ['status']] } },
  metrics: {},
};

function compiledGoal(tenant: string): CompiledEntity {
  const parsed = parsePack(SOURCE);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
  const entity = compilePack({ tenant, version: 1, metricVersions: {}, pack: parsed.value }).entities.get('goal');
  if (entity === undefined) throw new Error('no entity');
  return entity;
}

export const GOAL = compiledGoal('acme');
const DAY = 86_400_000;

function row(
  id: string,
  values: Record<string, EntityValue>,
  more: { tenant?: string; subject?: string; deletedMs?: number } = {},
): SeededRow {
  const stamp = { timeMs: 1_000 + id.length, id };
  return {
    ...{ tenant: more.tenant ?? 'acme', subject: more.subject ?? 'anna', id },
    state: {
      values: new Map(Object.entries({ 'goal_id.text': id, ...values }).map(([name, value]) => [name, { value, stamp }])),
      createdMs: stamp.timeMs,
      live: stamp,
      deleted: more.deletedMs === undefined ? null : { timeMs: more.deletedMs, id: 'gone' },
      counted: [],
      foreign: [],
    },
  };
}

/** 9007199254740993 is 2^53 + 1, which no double holds. */
const ROWS: readonly SeededRow[] = [
  row('a', { 'status.text': 'active', 'target.numeric': '10', 'due.date': 20_000, 'seen.instant': DAY, 'shared.boolean': true }),
  row('b', { 'status.text': 'active', 'target.numeric': '9.5', 'due.date': 20_001, 'shared.boolean': false, 'tags.json': '["x", 1]' }),
  row('c', { 'status.text': 'acted', 'target.numeric': '9007199254740993', 'share.double': 0.1 }),
  row('d', { 'note.text': 'tgs1.abc' }),
  row('e', { 'status.text': 'Ökonom', 'target.numeric': '-3' }, { subject: 'bert' }),
  row('f', { 'status.text': 'done', 'target.numeric': '100' }, { subject: 'bert' }),
  row('gone', { 'status.text': 'active' }, { deletedMs: 9_999 }),
  row('theirs', { 'status.text': 'active' }, { tenant: 'other' }),
];

export function entityReaderContract(
  name: string,
  open: (entity: CompiledEntity, rows: readonly SeededRow[]) => Promise<ReaderUnderTest>,
): void {
  describe(`${name} reads rows of entities`, () => {
    const opened = open(GOAL, ROWS);

    async function page(question: Partial<EntityQuestion> = {}): Promise<EntityPage> {
      const read = await (await opened).reader.read({ entity: GOAL, limit: 100, ...question });
      if (!read.ok) throw new Error(JSON.stringify(read.fault));
      return read.value;
    }

    async function ids(question: Partial<EntityQuestion> = {}): Promise<string> {
      return (await page(question)).rows.map((one) => String(one['goal_id'])).join('');
    }

    async function faultOf(question: Partial<EntityQuestion>): Promise<string> {
      const read = await (await opened).reader.read({ entity: GOAL, limit: 100, ...question });
      return read.ok ? 'none' : `${read.fault.code} ${read.fault.path ?? ''}`.trim();
    }

    test('a row has every field by its name, null where it has no value, with its subject and instants', async () => {
      const { rows } = await page({ where: { goal_id: { in: ['a', 'b', 'c', 'd'] } } });
      const none = { due: null, note: null, seen: null, share: null, shared: null, status: null, tags: null, target: null };
      const instants = { _created_at: '1970-01-01T00:00:01.001Z', _updated_at: '1970-01-01T00:00:01.001Z' };
      const anna = { ...none, ...instants, subject: 'anna' };
      expect(rows).toEqual([
        { ...anna, goal_id: 'a', status: 'active', target: 10, due: '2024-10-04', seen: '1970-01-02T00:00:00.000Z', shared: true },
        { ...anna, goal_id: 'b', status: 'active', target: 9.5, due: '2024-10-05', shared: false, tags: ['x', 1] },
        { ...anna, goal_id: 'c', status: 'acted', target: '9007199254740993', share: 0.1 },
        { ...anna, goal_id: 'd', note: 'tgs1.abc' },
      ]);
    });

    test('deleted rows and those of another tenant are nobody’s answer', async () => {
      expect(await ids()).toBe('abcdef');
      expect(await ids({ entity: compiledGoal('other') })).toBe('theirs');
      expect(await ids({ entity: compiledGoal('third') })).toBe('');
    });

    test('a subject has its own rows', async () => {
      expect(await ids({ subject: 'bert' })).toBe('ef');
      expect(await ids({ subject: 'nobody' })).toBe('');
    });

    test.each<[string, NonNullable<EntityQuestion['where']>, string]>([
      ['equal text', { status: { eq: 'active' } }, 'ab'],
      ['another text or none', { status: { ne: 'active' } }, 'cdef'],
      ['one of some', { status: { in: ['acted', 'done'] } }, 'cf'],
      ['none of some', { status: { not_in: ['acted', 'done'] } }, 'abde'],
      ['a prefix, as it is written', { status: { prefix: 'act' } }, 'abc'],
      ['a prefix with what is a pattern elsewhere', { status: { prefix: 'a%' } }, ''],
      ['texts by their bytes', { status: { gt: 'z' } }, 'e'],
      ['a value that is there', { target: { exists: true } }, 'abcef'],
      ['a value that is not there', { target: { exists: false } }, 'd'],
      ['a sealed text that is there', { note: { exists: true } }, 'd'],
      ['numbers that are less', { target: { lt: 9.6 } }, 'be'],
      ['numbers between', { target: { gte: 9.5, lte: 10 } }, 'ab'],
      ['numbers beyond the doubles', { target: { eq: '9007199254740993' } }, 'c'],
      ['the number beside it', { target: { eq: '9007199254740992' } }, ''],
      ['doubles', { share: { eq: 0.1 } }, 'c'],
      ['truth', { shared: { eq: false } }, 'b'],
      ['dates', { due: { gt: '2024-10-04' } }, 'b'],
      ['instants in any zone', { seen: { eq: '1970-01-02T01:00:00+01:00' } }, 'a'],
      ['when it changed', { _updated_at: { lt: '1970-01-01T00:00:02Z' } }, 'abcdef'],
      ['several at once', { status: { eq: 'active' }, target: { gt: 9.5 } }, 'a'],
      ['texts that would be SQL', { status: { eq: "' OR 1=1 --" } }, ''],
    ])('rows are filtered by %s', async (_name, where, expected) => {
      expect(await ids({ where })).toBe(expected);
    });

    test.each<[string, string]>([
      ['target', 'ebafcd'],
      ['-target', 'cfabed'],
      ['-due', 'bacdef'],
      ['status', 'cabfed'],
      ['-goal_id', 'fedcba'],
      ['_created_at', 'abcdef'],
      ['shared', 'bacdef'],
    ])('rows are ordered by %s, those without a value last', async (order, expected) => {
      expect(await ids({ order })).toBe(expected);
    });

    test.each([undefined, 'target', '-target', 'status', '-_updated_at', 'due'])(
      'pages of rows ordered by %s hold each row once',
      async (order) => {
        const whole = await ids({ order });
        let text = '';
        let after: string | undefined;
        for (let pages = 0; pages < 10; pages += 1) {
          const { rows, cursor } = await page({ order, limit: 2, after });
          text += rows.map((one) => String(one['goal_id'])).join('');
          if (cursor === null) break;
          after = cursor;
        }
        expect(text).toBe(whole);
      },
    );

    test.each(['target', '-due', undefined])(
      'pages by offset of rows ordered by %s tile them, and a cursor goes on behind one',
      async (order) => {
        const whole = await ids({ order });
        const texts = await Promise.all([0, 2, 4, 6, 8].map(async (offset) => ids({ order, limit: 2, offset })));
        expect(texts.join('')).toBe(whole.slice(0, 10));
        const { cursor } = await page({ order, limit: 2, offset: 1 });
        expect(await ids({ order, after: cursor ?? '' })).toBe(whole.slice(3));
        expect(await ids({ order, offset: whole.length })).toBe('');
      },
    );

    test('what names no column, or asks what it cannot answer, is refused with its place', async () => {
      expect(await faultOf({ where: { mood: { eq: 'x' } } })).toBe('dimension_unknown where.mood');
      expect(await faultOf({ where: { _tenant: { eq: 'x' } } })).toBe('dimension_unknown where._tenant');
      expect(await faultOf({ where: { target: { prefix: '1' } } })).toBe('where_type_mismatch where.target.prefix');
      expect(await faultOf({ where: { due: { eq: '2024-13-01' } } })).toBe('where_type_mismatch where.due.eq');
      expect(await faultOf({ where: { note: { eq: 'x' } } })).toBe('where_type_mismatch where.note.eq');
      expect(await faultOf({ where: { tags: { eq: 'x' } } })).toBe('where_type_mismatch where.tags.eq');
      expect(await faultOf({ order: 'tags' })).toBe('dimension_unknown order');
      expect(await faultOf({ limit: 0 })).toBe('request_invalid limit');
      expect(await faultOf({ after: 'bm8' })).toBe('cursor_invalid');
      const { cursor } = await page({ order: 'status', limit: 1 });
      expect(await faultOf({ order: 'due', after: cursor ?? '' })).toBe('cursor_invalid');
    });

    test('an answer is one statement, whatever the number of rows', async () => {
      const { statements } = await opened;
      statements();
      await ids({ limit: 1 });
      const few = statements();
      await ids({ where: { status: { exists: true } }, order: '-target' });
      const many = statements();
      expect([few, many]).toEqual(few === null ? [null, null] : [1, 1]);
    });
  });
}
