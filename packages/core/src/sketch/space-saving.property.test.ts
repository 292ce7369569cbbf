import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hashText } from '../hash/value-hash.ts';
import { ByteReader } from '../rollup/byte-reader.ts';
import { ByteWriter } from '../rollup/byte-writer.ts';
import { SpaceSaving } from './space-saving.ts';

const COUNTERS = 8;

function summaryOf(values: readonly string[], counters = COUNTERS): SpaceSaving {
  const summary = new SpaceSaving(counters);
  for (const value of values) summary.add({ hash: () => hashText(value), text: () => value });
  return summary;
}

function encode(summary: SpaceSaving): Uint8Array {
  const writer = new ByteWriter();
  summary.write(writer);
  return writer.finish();
}

function readBack(bytes: Uint8Array, counters = COUNTERS): SpaceSaving {
  const reader = new ByteReader(bytes);
  const summary = new SpaceSaving(counters);
  summary.read(reader);
  expect(reader.isDone).toBe(true);
  return summary;
}

function merged(parts: readonly SpaceSaving[], counters = COUNTERS): SpaceSaving {
  const into = new SpaceSaving(counters);
  for (const part of parts) into.merge(part);
  return into;
}

function frequencies(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

/** What a summary claims, against the true counts of all values. */
function expectBounds(summary: SpaceSaving, values: readonly string[], counters = COUNTERS): void {
  const truth = frequencies(values);
  const held = summary.top(counters);
  for (const { value, count, error } of held) {
    const true_ = truth.get(value) ?? 0;
    expect(true_).toBeLessThanOrEqual(count);
    expect(true_).toBeGreaterThanOrEqual(count - error);
    expect(error * (counters + 1)).toBeLessThanOrEqual(values.length);
    truth.delete(value);
  }
  expect(Math.max(0, ...truth.values())).toBeLessThanOrEqual(summary.unheldMax);
  expect(summary.unheldMax * (counters + 1)).toBeLessThanOrEqual(values.length);
}

/** Exactly the most frequent values, ties by text. */
function trueTop(values: readonly string[], k: number): { value: string; count: number; error: number }[] {
  return [...frequencies(values)]
    .sort(([a, left], [b, right]) => right - left || (a < b ? -1 : 1))
    .slice(0, k)
    .map(([value, count]) => ({ value, count, error: 0 }));
}

const few = fc.array(fc.nat({ max: COUNTERS - 1 }).map(String), { maxLength: 60 });
// Some values come often, most seldom: what is held changes all the time.
const many = fc.array(fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 60 })).map(String), { maxLength: 200 });

test('with as many counters as different values everything is exact, and any order of merges gives the same bytes', () => {
  fc.assert(
    fc.property(few, few, few, (a, b, c) => {
      const all = summaryOf([...a, ...b, ...c]);
      expect(all.top(COUNTERS)).toEqual(trueTop([...a, ...b, ...c], COUNTERS));
      const [left, middle, right] = [summaryOf(a), summaryOf(b), summaryOf(c)];
      expect(encode(merged([left, merged([middle, right])]))).toEqual(encode(all));
      expect(encode(merged([merged([right, left]), middle]))).toEqual(encode(all));
    }),
  );
});

test('merging two summaries gives the same bytes either way round, and the empty one changes nothing', () => {
  fc.assert(
    fc.property(many, many, (a, b) => {
      const [left, right] = [summaryOf(a), summaryOf(b)];
      const [ab, ba] = [merged([left]), merged([right])];
      ab.merge(right);
      ba.merge(left);
      expect(encode(ab)).toEqual(encode(ba));
      ab.merge(new SpaceSaving(COUNTERS));
      expect(encode(ab)).toEqual(encode(ba));
      expect(encode(left)).toEqual(encode(summaryOf(a)));
    }),
  );
});

test('true counts lie within the bounds after any split and any tree of merges, and no frequent value is missing', () => {
  fc.assert(
    fc.property(many, many, many, many, (a, b, c, d) => {
      const [one, two, three, four] = [summaryOf(a), summaryOf(b), readBack(encode(summaryOf(c))), summaryOf(d)];
      const all = [...a, ...b, ...c, ...d];
      expectBounds(merged([merged([one, two]), merged([three, four])]), all);
      expectBounds(merged([four, merged([merged([three, one]), two])]), all);
    }),
    { numRuns: 300 },
  );
});

test('bounds hold when events are added to a summary that was merged or read from bytes', () => {
  fc.assert(
    fc.property(many, many, many, (a, b, c) => {
      const into = readBack(encode(merged([summaryOf(a), summaryOf(b)])));
      for (const value of c) into.add({ hash: () => hashText(value), text: () => value });
      expectBounds(into, [...a, ...b, ...c]);
    }),
  );
});

const VALUES = 8_000;
/** Zipf with exponent 1.1 over 2,000 values, drawn with a seed. */
function heavyTail(): string[] {
  let state = 9;
  const draw = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  const weights = Array.from({ length: 2_000 }, (_, i) => (i + 1) ** -1.1);
  const sums = weights.map(
    (
      (sum) => (weight: number) =>
        (sum += weight)
    )(0),
  );
  const total = sums.at(-1) ?? 1;
  return Array.from({ length: VALUES }, () =>
    String(
      sums.findIndex(
        (
          (at) => (sum: number) =>
            sum >= at
        )(draw() * total),
      ),
    ),
  );
}

test.each<[string, () => string[]]>([
  ['a heavy tail', heavyTail],
  ['a heavy tail sorted by value', () => heavyTail().toSorted()],
  ['all equal', () => Array.from({ length: VALUES }, () => 'one')],
  ['all different', () => Array.from({ length: VALUES }, (_, i) => `value ${i}`)],
  ['the frequent values last', () => Array.from({ length: VALUES }, (_, i) => (i < VALUES / 2 ? `seldom ${i}` : `often ${i % 5}`))],
  ['a value that comes just after all counters are taken', () => Array.from({ length: VALUES }, (_, i) => String(i % 102))],
])('a hundred counters keep their bounds on %s', (_name, stream) => {
  const values = stream();
  expectBounds(summaryOf(values, 100), values, 100);
  const parts = [0, 1, 2, 3].map((part) => summaryOf(values.slice((part * VALUES) / 4, ((part + 1) * VALUES) / 4), 100));
  expectBounds(merged(parts, 100), values, 100);
});

test('the ten most frequent values of a heavy tail are found with a hundred counters', () => {
  const values = heavyTail();
  const names = (top: readonly { value: string }[]): string[] => top.map(({ value }) => value);
  expect(names(summaryOf(values, 100).top(10)).sort()).toEqual(names(trueTop(values, 10)).sort());
});

test('any bytes are a summary or none: reading never throws', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const reader = new ByteReader(bytes);
      const summary = new SpaceSaving(COUNTERS);
      summary.read(reader);
      if (reader.isDone) encode(summary);
    }),
    { numRuns: 1_000 },
  );
});
