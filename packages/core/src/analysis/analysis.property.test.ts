import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeAnomalies, USUAL_ANOMALY_RULE } from './anomalies.ts';
import { correlate, falseDiscovery, laggedPairs } from './correlation.ts';
import { FORECAST_VALUES_MIN, forecastLine } from './forecast.ts';
import { fitLine } from './line.ts';
import { medianOf, sampleFigures } from './sample.ts';
import { changePoint, rollingMeans, trendOf } from './trend.ts';

const small = fc.integer({ min: -50, max: 50 });
const points = fc.array(fc.record({ x: small, y: small }), { minLength: 2, maxLength: 30 });

/** Sums of whole numbers are exact, so these fractions are the definitions themselves. */
function sumsOf(list: readonly { x: number; y: number }[]): { n: number; dxx: number; dxy: number; dyy: number; sx: number; sy: number } {
  const n = list.length;
  const sum = (of: (point: { x: number; y: number }) => number): number => list.reduce((total, point) => total + of(point), 0);
  const [sx, sy] = [sum(({ x }) => x), sum(({ y }) => y)];
  const dxx = n * sum(({ x }) => x * x) - sx * sx;
  const dyy = n * sum(({ y }) => y * y) - sy * sy;
  return { n, dxx, dyy, dxy: n * sum(({ x, y }) => x * y) - sx * sy, sx, sy };
}

describe('a line', () => {
  it('is the one of the normal equations', () => {
    fc.assert(
      fc.property(points, (list) => {
        const { n, dxx, dxy, dyy, sx, sy } = sumsOf(list);
        const line = fitLine(list);
        if (dxx === 0) return void expect(line).toBeNull();
        expect(line?.slope).toBeCloseTo(dxy / dxx, 9);
        expect(line?.intercept).toBeCloseTo((sy - (dxy / dxx) * sx) / n, 9);
        expect(line?.r2).toBeCloseTo(dyy === 0 ? 1 : (dxy * dxy) / (dxx * dyy), 9);
      }),
    );
  });
});

describe('a correlation', () => {
  it('is the covariance over both deviations, and the same whichever is x', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ x: small, y: small }), { minLength: 10, maxLength: 40 }), (list) => {
        const { dxx, dxy, dyy } = sumsOf(list);
        const found = correlate(list);
        if (dxx === 0 || dyy === 0) return void expect(found.kind).toBe('constant');
        const swapped = correlate(list.map(({ x, y }) => ({ x: y, y: x })));
        if (found.kind !== 'correlated' || swapped.kind !== 'correlated') throw new Error('not correlated');
        expect(found.value.r).toBeCloseTo(dxy / Math.sqrt(dxx * dyy), 9);
        expect(swapped.value.r).toBeCloseTo(found.value.r, 12);
        expect(swapped.value.p).toBeCloseTo(found.value.p, 9);
      }),
    );
  });

  it('of points on a line is certain', () => {
    const line = Array.from({ length: 12 }, (_, x) => ({ x, y: 7 - 3 * x }));
    expect(correlate(line)).toEqual({ kind: 'correlated', value: { n: 12, r: -1, slope: -3, t: null, p: 0 } });
  });

  it('pairs each output with the input so many places before it', () => {
    expect(laggedPairs([1, null, 3, 4], [10, 20, null, 40], 1)).toEqual([
      { x: 1, y: 20 },
      { x: 3, y: 40 },
    ]);
    expect(laggedPairs([1, 2], [10, 20], 0)).toEqual([
      { x: 1, y: 10 },
      { x: 2, y: 20 },
    ]);
  });

  it('is told from chance by the step-up rule: q is at most a level exactly where the rule rejects at that level', () => {
    const ps = fc.array(
      fc.integer({ min: 0, max: 1_000 }).map((mills) => mills / 1_000),
      { minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(
        ps,
        fc.integer({ min: 1, max: 999 }).map((mills) => mills / 1_000 + 0.0003),
        (list, level) => {
          const sorted = list.toSorted((a, b) => a - b);
          let last = -1;
          for (const [at, p] of sorted.entries()) if (p <= ((at + 1) / list.length) * level) last = at;
          const bound = last < 0 ? -1 : (sorted[last] ?? -1);
          expect(falseDiscovery(list).map((q) => q <= level)).toEqual(list.map((p) => p <= bound));
        },
      ),
    );
  });
});

/** By sorting copies; nothing is shared with the code under test. */
function middle(list: readonly number[]): number {
  const sorted = [...list].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[half] ?? 0) : ((sorted[half - 1] ?? 0) + (sorted[half] ?? 0)) / 2;
}

function zByDefinition(x: number, before: readonly number[]): number | null {
  const median = middle(before);
  const distances = before.map((one) => Math.abs(one - median));
  const mad = middle(distances);
  const mean = distances.reduce((sum, one) => sum + one, 0) / distances.length;
  if (mad > 0) return (0.6745 * (x - median)) / mad;
  if (mean > 0) return (x - median) / (1.2533 * mean);
  return x === median ? 0 : null;
}

describe('anomalies', () => {
  it('are those that the definition names', () => {
    const value = fc.option(fc.integer({ min: 0, max: 12 }), { freq: 8 });
    fc.assert(
      fc.property(fc.array(value, { maxLength: 50 }), fc.constantFrom(1, 7), (values, season) => {
        const judged = judgeAnomalies(values, { ...USUAL_ANOMALY_RULE, window: 10, least: 4, season });
        for (const [at, x] of values.entries()) {
          const before = values.filter((one, place) => place < at && (at - place) % season === 0 && one !== null).slice(-10) as number[];
          if (x === null || before.length < 4) {
            expect(judged[at]).toBeNull();
            continue;
          }
          const z = zByDefinition(x, before);
          expect(judged[at]?.expected).toBe(middle(before));
          expect(judged[at]?.isAnomaly).toBe(z === null || Math.abs(z) > 3.5);
          if (z === null) expect(judged[at]?.z).toBeNull();
          else expect(judged[at]?.z).toBeCloseTo(z, 9);
        }
      }),
    );
  });

  it('of a constant series are whatever differs, without a z', () => {
    const series = [...Array.from({ length: 20 }, () => 5), 6, 5];
    const judged = judgeAnomalies(series, USUAL_ANOMALY_RULE);
    expect(judged[20]).toEqual({ expected: 5, z: null, isAnomaly: true, severity: 'high', direction: 'above' });
    expect(judged[13]).toBeNull();
    expect(judged[19]).toMatchObject({ z: 0, isAnomaly: false, severity: 'none', direction: 'equal' });
  });
});

describe('a change of level', () => {
  it('lies where two means leave the least squared distance', () => {
    fc.assert(
      fc.property(fc.array(small, { minLength: 10, maxLength: 24 }), (values) => {
        const found = changePoint(values.map((y, x) => ({ x, y })));
        if (found === null) return;
        const spread = (list: number[]): number => (sampleFigures(list).sd ?? 0) ** 2 * (list.length - 1);
        const costs = values.map((_, at) =>
          at < 5 || at > values.length - 5 ? Infinity : spread(values.slice(0, at)) + spread(values.slice(at)),
        );
        expect(costs[found.at]).toBeCloseTo(Math.min(...costs), 6);
      }),
    );
  });

  it('is seen in a step and not in noise around one level', () => {
    const noise = [3, 1, 2, 3, 2, 1, 3, 2, 1, 2, 3, 1];
    const at = (values: number[]) => changePoint(values.map((y, x) => ({ x, y })));
    expect(at(noise)).toBeNull();
    expect(at([...noise, ...noise.map((value) => value + 40)])).toMatchObject({ at: 12, before: 2, after: 42 });
    expect(at([1, 1, 1, 1, 1, 9, 9, 9, 9, 9])).toMatchObject({ at: 5, before: 1, after: 9, p: 0 });
  });
});

describe('a trend', () => {
  it('is told in percent of the mean for 30 days: a slope of 2 around a mean of 100 is 60 %', () => {
    const rising = Array.from({ length: 11 }, (_, x) => ({ x, y: 90 + 2 * x }));
    expect(trendOf(rising)).toMatchObject({ n: 11, slopePer30Pct: 60, direction: 'rising', p: 0 });
    expect(trendOf(rising.map(({ x, y }) => ({ x: -x, y }))).direction).toBe('falling');
    expect(trendOf(rising.map(({ x }) => ({ x, y: 4 })))).toMatchObject({ direction: 'stable', p: 1, change: null });
  });

  it('of fewer than five points, or of points at one time, is not told', () => {
    expect(
      trendOf([
        { x: 0, y: 1 },
        { x: 1, y: 2 },
      ]).direction,
    ).toBe('insufficient_data');
    expect(trendOf(Array.from({ length: 6 }, (_, y) => ({ x: 1, y }))).direction).toBe('insufficient_data');
  });

  it('rolls over what is there', () => {
    expect(rollingMeans([1, null, 3, 5], 3)).toEqual([1, 1, 2, 4]);
    expect(rollingMeans([null, 2], 1)).toEqual([null, 2]);
  });
});

describe('a forecast', () => {
  it('goes on along the line, with a band of 1.96 deviations of the rest', () => {
    // y = 2 + 3x, and every second value 1 above, every other 1 below: the line stays nearly, SSE = 14 (1 - its part).
    const exact = forecastLine(
      Array.from({ length: 14 }, (_, x) => 2 + 3 * x),
      2,
    );
    expect(exact?.points).toEqual([
      { value: 44, lo: 44, hi: 44 },
      { value: 47, lo: 47, hi: 47 },
    ]);
  });

  it('agrees with the sums of the definition', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 40 }), { minLength: FORECAST_VALUES_MIN, maxLength: 28 }), (values) => {
        const { n, dxx, dxy, sx, sy } = sumsOf(values.map((y, x) => ({ x, y })));
        const slope = dxy / dxx;
        const intercept = (sy - slope * sx) / n;
        const sse = values.reduce((sum, y, x) => sum + (y - intercept - slope * x) ** 2, 0);
        const half = 1.959964 * Math.sqrt(sse / (n - 2));
        const value = intercept + slope * n;
        const [first] = forecastLine(values, 1)?.points ?? [];
        expect(first?.value).toBeCloseTo(Math.max(0, value), 8);
        expect(first?.lo).toBeCloseTo(Math.max(0, value - half), 8);
        expect(first?.hi).toBeCloseTo(Math.max(0, value + half), 8);
      }),
    );
  });

  it('goes below zero only where values did, and is none of too few', () => {
    const falling = Array.from({ length: 14 }, (_, x) => 13 - x);
    expect(forecastLine(falling, 1)?.points[0]?.value).toBe(0);
    expect(forecastLine([...falling, -1], 1)?.points[0]?.value).toBeCloseTo(-2, 9);
    expect(forecastLine(falling.slice(1), 1)).toBeNull();
  });
});

it('the middle of an even number of values is the mean of the two middle ones', () => {
  expect(medianOf([4, 1, 3, 2])).toBe(2.5);
  expect(medianOf([])).toBeNull();
});
