import { describe, expect, it } from 'vitest';
import { chiSquareUpper, normalTwoSided, studentTwoSided } from './distributions.ts';

/** ∫ over [from, to] by Simpson's rule: slow, and nothing in common with series and fractions. */
function integrate(density: (x: number) => number, from: number, to: number): number {
  const steps = 200_000;
  const width = (to - from) / steps;
  let sum = density(from) + density(to);
  for (let i = 1; i < steps; i += 1) sum += (i % 2 === 0 ? 2 : 4) * density(from + i * width);
  return (sum * width) / 3;
}

/** Γ at halves, from Γ(1) = 1, Γ(1/2) = √π and Γ(x + 1) = x Γ(x). */
function gammaOfHalf(halves: number): number {
  let value = halves % 2 === 0 ? 1 : Math.sqrt(Math.PI);
  for (let at = halves % 2 === 0 ? 2 : 1; at < halves; at += 2) value *= at / 2;
  return value;
}

describe('tail probabilities', () => {
  it.each([
    [1.959963984540054, 0.05],
    [2.5758293035489004, 0.01],
    [0, 1],
    [6, 1.973175290075396e-9],
  ])('of the normal at %f are those of published tables', (z, p) => {
    expect(normalTwoSided(z)).toBeCloseTo(p, 12);
    expect(normalTwoSided(-z) / p).toBeCloseTo(1, 8);
  });

  it.each([
    [12.706204736432095, 1, 0.05],
    [2.2281388519649385, 10, 0.05],
    [3.16927267, 10, 0.01],
    [1.9799304050824413, 120, 0.05],
  ])('of t = %f with %d degrees are those of published tables', (t, df, p) => {
    expect(studentTwoSided(t, df)).toBeCloseTo(p, 8);
  });

  it.each([
    [3.841458820694124, 1, 0.05],
    [18.307038053275146, 10, 0.05],
    [29.587, 10, 0.001],
    [13.816, 2, 0.001],
  ])('of chi-square = %f with %d degrees are those of published tables', (x, df, p) => {
    expect(chiSquareUpper(x, df) / p).toBeCloseTo(1, 3);
  });

  it('of t are the area under its density, whole degrees and halves', () => {
    for (const df of [1, 2, 3, 7, 30]) {
      const scale = gammaOfHalf(df + 1) / (Math.sqrt(df * Math.PI) * gammaOfHalf(df));
      for (const t of [0.1, 0.7, 1.5, 4]) {
        const inside = 2 * integrate((x) => scale * (1 + (x * x) / df) ** (-(df + 1) / 2), 0, t);
        expect(studentTwoSided(t, df)).toBeCloseTo(1 - inside, 9);
      }
    }
  });

  it('of chi-square are the area under its density', () => {
    for (const df of [2, 3, 4, 9]) {
      const scale = 1 / (2 ** (df / 2) * gammaOfHalf(df));
      for (const x of [0.5, 2, 8, 25]) {
        const inside = integrate((at) => scale * at ** (df / 2 - 1) * Math.exp(-at / 2), 0, x);
        expect(chiSquareUpper(x, df)).toBeCloseTo(1 - inside, 6);
      }
    }
  });

  it('are 1 in the middle and fall to 0', () => {
    expect(studentTwoSided(0, 5)).toBe(1);
    expect(studentTwoSided(Infinity, 5)).toBe(0);
    expect(chiSquareUpper(0, 3)).toBe(1);
    expect(normalTwoSided(40)).toBeLessThan(1e-300);
  });
});
