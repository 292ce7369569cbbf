import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeAnnouncement, encodeAnnouncement } from './announcement.ts';
import type { CommitAnnouncement } from './announcement.ts';
import { NEVER_SEALED, NOTHING_SEALED } from './sealed.ts';
import type { Announcement, SeriesEntry } from './announcement-shape.ts';

const number = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
/** A lane that was never begun has no generation: its number is none. */
const positive = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const series: fc.Arbitrary<SeriesEntry> = fc.record({
  id: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  tenant: fc.string(),
  metric: fc.string({ unit: 'grapheme' }),
  version: number,
  setNo: fc.nat(),
  subject: fc.string(),
  dims: fc.array(fc.option(fc.string({ unit: 'grapheme' }))),
});

const sealedSecond = fc.oneof(fc.constant(NEVER_SEALED), fc.integer());

const commits: fc.Arbitrary<CommitAnnouncement> = fc
  .tuple(
    fc.record({
      partition: fc.nat(65_535),
      term: number,
      commitNo: number,
      previousCommitNo: number,
      nextOffset: number,
      completeThroughMs: number,
      logGeneration: number,
      backfill: fc.option(fc.record({ nextOffset: number, logGeneration: positive })),
      sealed: fc.record({ quarter_hour: sealedSecond, hour: sealedSecond, day: sealedSecond }),
    }),
    fc.array(series, { maxLength: 5 }),
    fc.array(
      fc.record({
        series: fc.nat(),
        grain: fc.constantFrom(1, 2, 3, 4),
        bucketS: fc.integer(),
        revision: number,
        state: fc.uint8Array({ maxLength: 300 }),
      }),
      { maxLength: 20 },
    ),
    fc.array(
      fc.array(fc.string(), { maxLength: 2 }).chain((lookups) => {
        const texts = fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 2 });
        const values = fc.array(texts, { minLength: lookups.length, maxLength: lookups.length });
        return fc.record({
          ...{ tenant: fc.string(), pack: fc.string(), entity: fc.string(), lookups: fc.constant(lookups) },
          keys: fc.array(fc.record({ subject: fc.string(), id: fc.string({ unit: 'grapheme' }), values }), { minLength: 1, maxLength: 10 }),
        });
      }),
      { maxLength: 3 },
    ),
  )
  .map(([head, entries, cells, entities]) => ({
    ...head,
    entities,
    series: entries,
    cells:
      entries.length === 0
        ? []
        : cells.map((cell) => ({ ...cell, grain: cell.grain as 1 | 2 | 3 | 4, series: cell.series % entries.length })),
  }));

/** Every key with what names its entity. */
function keysOf(announcements: readonly Pick<CommitAnnouncement, 'entities'>[]): unknown[] {
  return announcements.flatMap(({ entities = [] }) => entities.flatMap(({ keys, ...named }) => keys.map((key) => ({ ...named, ...key }))));
}

/** Cells with their series in place of its number. */
function resolved(announcements: readonly Pick<Announcement, 'series' | 'cells'>[]): unknown[] {
  return announcements.flatMap(({ series: entries, cells }) => cells.map((cell) => ({ ...cell, series: entries[cell.series] })));
}

test('the parts of an announcement together hold every cell once with its series, and every key of a row, in order', () => {
  fc.assert(
    fc.property(commits, fc.integer({ min: 200, max: 2_000 }), (commit, bytesMax) => {
      const records = encodeAnnouncement(commit, bytesMax);
      const read = records.flatMap((bytes) => decodeAnnouncement(commit.partition, bytes) ?? []);
      expect(read).toHaveLength(records.length);
      expect(resolved(read)).toEqual(resolved([commit]));
      expect(keysOf(read)).toEqual(keysOf([commit]));
      for (const [part, one] of read.entries()) {
        const { series: _series, cells, entities: _keys, part: partNo, parts, ...head } = one;
        const { series: _entries, cells: _cells, entities: _all, ...expected } = commit;
        expect(head).toEqual(expected);
        expect([partNo, parts]).toEqual([part, records.length]);
        expect(cells.length > 1 ? (records[part]?.length ?? 0) : 0).toBeLessThanOrEqual(bytesMax);
      }
    }),
  );
});

test('bytes cut short are no announcement', () => {
  fc.assert(
    fc.property(commits, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (commit, part) => {
      const bytes = encodeAnnouncement(commit)[0] ?? new Uint8Array(0);
      expect(decodeAnnouncement(0, bytes.slice(0, Math.floor(bytes.length * part)))).toBeNull();
    }),
  );
});

test('any bytes are an announcement or none: reading never throws', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ maxLength: 20 }), (tail, state) => {
      const read = decodeAnnouncement(0, Uint8Array.of(3, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, ...tail));
      const again = read === null ? null : decodeAnnouncement(0, encodeAnnouncement(read)[0] ?? state);
      expect(again?.cells.length).toBe(read?.cells.length);
    }),
    { numRuns: 500 },
  );
});

const ID = 'a0a1a2a3a4a5a6a7a8a9aaabacadaeaf';
const HEAD = 'ac02 ab02 00 01'; // commit 300 = 2·128 + 44, before it 299; part 0 of 1
const POSITION = '80808001 e807 02'; // next offset 2^21; complete through 1000 = 7·128 + 104; log generation 2
const BACKFILL = '8101 01'; // next offset 129 = 128 + 1; log generation 1
const SEALED = '02 03 00 04 878006'; // two grains: hours through 0; days through -49156: zigzag 98311 = 6·128² + 0·128 + 7
const BODY = `01 ${ID} 04 61636d65 01 6d 03 00 00 03 00 01 00 01 02 c3a6
  01 00 02 870e 07 03 01 02 03`; // acme, m, version 3, set 0, no subject; absent, "", "æ"; quarter hour -900: zigzag 1799 = 14·128 + 7

function fromHex(...parts: readonly string[]): Uint8Array {
  return Uint8Array.from((parts.join('').match(/[0-9a-f]{2}/g) ?? []).map((byte) => Number.parseInt(byte, 16)));
}

const EXPECTED: Announcement = {
  ...{ partition: 9, term: 5, commitNo: 300, previousCommitNo: 299, part: 0, parts: 1 },
  ...{ nextOffset: 2 ** 21, completeThroughMs: 1_000, logGeneration: 2 },
  backfill: null,
  sealed: NOTHING_SEALED,
  series: [
    {
      id: Uint8Array.from({ length: 16 }, (_, i) => 0xa0 + i),
      ...{ tenant: 'acme', metric: 'm', version: 3, setNo: 0, subject: '' },
      dims: [null, '', 'æ'],
    },
  ],
  cells: [{ series: 0, grain: 2, bucketS: -900, revision: 7, state: Uint8Array.of(1, 2, 3) }],
  entities: [],
};

test('announcements of version 1, which told nothing of sealed cells, stay readable', () => {
  expect(decodeAnnouncement(9, fromHex('01 05', HEAD, POSITION, BODY))).toEqual(EXPECTED);
});

test('announcements of version 2, which told nothing of the backfill lane, stay readable', () => {
  const expected = { ...EXPECTED, sealed: { ...NOTHING_SEALED, hour: 0, day: -49_156 } };
  expect(decodeAnnouncement(9, fromHex('02 05', HEAD, POSITION, SEALED, BODY))).toEqual(expected);
});

test('announcements of version 3, which named no entities, stay readable and are what is written where none changed', () => {
  const bytes = fromHex('03 05', HEAD, POSITION, BACKFILL, SEALED, BODY);
  const sealed = { ...NOTHING_SEALED, hour: 0, day: -49_156 };
  const expected = { ...EXPECTED, backfill: { nextOffset: 129, logGeneration: 1 }, sealed };
  expect(decodeAnnouncement(9, bytes)).toEqual(expected);
  expect(encodeAnnouncement(expected)).toEqual([bytes]);
});

test('announcements of version 4, which told keys of rows alone, stay readable', () => {
  const entities = '01 04 61636d65 01 70 01 65 02 01 73 00 00 01 69'; // acme, p, e, two rows: (s, "") and ("", i)
  const bytes = fromHex('04 05', HEAD, POSITION, BACKFILL, SEALED, BODY, entities);
  const sealed = { ...NOTHING_SEALED, hour: 0, day: -49_156 };
  const keys = [
    { subject: 's', id: '', values: [] },
    { subject: '', id: 'i', values: [] },
  ];
  const expected = { ...EXPECTED, backfill: { nextOffset: 129, logGeneration: 1 }, sealed };
  const named = { ...expected, entities: [{ tenant: 'acme', pack: 'p', entity: 'e', lookups: [], keys }] };
  expect(decodeAnnouncement(9, bytes)).toEqual(named);
});

test('announcements of version 5 tell which values of lookups changed rows had and have', () => {
  // acme, p, e, one lookup l, two rows: (s, "") from v to w, and ("", i) without a value
  const entities = '01 04 61636d65 01 70 01 65 01 01 6c 02 01 73 00 02 01 76 01 77 00 01 69 00';
  const bytes = fromHex('05 05', HEAD, POSITION, BACKFILL, SEALED, BODY, entities);
  const sealed = { ...NOTHING_SEALED, hour: 0, day: -49_156 };
  const keys = [
    { subject: 's', id: '', values: [['v', 'w']] },
    { subject: '', id: 'i', values: [[]] },
  ];
  const expected = { ...EXPECTED, backfill: { nextOffset: 129, logGeneration: 1 }, sealed };
  const named = { ...expected, entities: [{ tenant: 'acme', pack: 'p', entity: 'e', lookups: ['l'], keys }] };
  expect(decodeAnnouncement(9, bytes)).toEqual(named);
  expect(encodeAnnouncement(named)).toEqual([bytes]);
});

test('a commit without cells is one part without series', () => {
  const idle: CommitAnnouncement = {
    partition: 1,
    term: 1,
    commitNo: 2,
    previousCommitNo: 1,
    nextOffset: 3,
    completeThroughMs: 4,
    logGeneration: 1,
    backfill: null,
    sealed: NOTHING_SEALED,
    series: [],
    cells: [],
  };
  const [bytes, ...more] = encodeAnnouncement(idle);
  expect(more).toEqual([]);
  expect(decodeAnnouncement(1, bytes ?? new Uint8Array(0))).toEqual({ ...idle, part: 0, parts: 1, entities: [] });
});
