import fc from 'fast-check';
import type { GrainCode, RangePiece } from '@tidegate/core';
import { expect, test } from 'vitest';
import { chunksOf, firstDay, rangeOfChunk } from '../src/chunks.ts';

const DAY_S = 86_400;
const GRAIN_S: Readonly<Record<GrainCode, number>> = { 1: 60, 2: 900, 3: 3_600, 4: DAY_S };
const OF = { tenant: 'acme', metric: 'steps', version: 1, setNo: 0 };
const FROM_S = Date.UTC(2026, 0, 1) / 1_000;

const grains = fc.constantFrom<GrainCode>(1, 2, 3, 4);
const subjects = fc.constantFrom(null, 'p1');

/** A piece of whole buckets that begins within two years. */
const pieces = fc.tuple(grains, fc.nat(730 * 1_440), fc.integer({ min: 1, max: 200 })).map(([grain, at, buckets]): RangePiece => {
  const fromS = FROM_S + Math.floor((at * 60) / GRAIN_S[grain]) * GRAIN_S[grain];
  return { grain, fromS, toS: fromS + buckets * GRAIN_S[grain] };
});

test('each bucket of a piece lies in one of its chunks and in no other, and that is the chunk of its announcements', () => {
  fc.assert(
    fc.property(pieces, subjects, (piece, subject) => {
      const range = { ...OF, subject, fromS: piece.fromS, toS: piece.toS };
      const names = chunksOf(range, [piece], { bySubject: subject !== null, chunksMax: 1_000 }) ?? [];
      const spans = names.map((name) => ({ name, span: rangeOfChunk(name).pieces[0] }));
      for (let bucketS = piece.fromS; bucketS < piece.toS; bucketS += GRAIN_S[piece.grain]) {
        const holding = spans.filter(({ span }) => span !== undefined && bucketS >= span.fromS && bucketS < span.toS);
        expect(holding.map(({ name }) => name.utcDay)).toEqual([firstDay({ subject }, piece.grain, bucketS)]);
        expect(holding.map(({ name }) => name.subject)).toEqual([subject]);
      }
    }),
  );
});

test('a month of quarter hours about one person is at most five chunks, about nobody thirty', () => {
  const chunks = (subject: string | null, day: number): number => {
    const fromS = FROM_S + day * DAY_S;
    const piece = { grain: 2 as const, fromS, toS: fromS + 30 * DAY_S };
    return chunksOf({ ...OF, subject, fromS, toS: piece.toS }, [piece], { bySubject: subject !== null, chunksMax: 1_000 })?.length ?? 0;
  };
  const days = Array.from({ length: 365 }, (_, day) => day);
  expect(Math.max(...days.map((day) => chunks('p1', day)))).toBe(5);
  expect(new Set(days.map((day) => chunks(null, day)))).toEqual(new Set([30]));
});
