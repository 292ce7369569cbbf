/** How each of some inputs, so many places before, goes with an output (D-F6). */
import { correlate, falseDiscovery, laggedPairs } from './correlation.ts';
import type { Correlated } from './correlation.ts';

export interface LaggedInput {
  readonly name: string;
  readonly values: readonly (number | null)[];
  /** The least number of places before. */
  readonly minLag: number;
}

export interface Tried {
  readonly name: string;
  readonly lag: number;
  readonly found: Correlated;
}

export function tryLags({ name, values, minLag }: LaggedInput, output: readonly (number | null)[], maxLag: number): readonly Tried[] {
  const lags = Array.from({ length: Math.max(0, maxLag - minLag + 1) }, (_, at) => minLag + at);
  return lags.map((lag) => ({ name, lag, found: correlate(laggedPairs(values, output, lag)) }));
}

/** Of each input the lag with the greatest |r|, the smaller one of equals. */
export function bestOf(tried: readonly Tried[]): readonly Tried[] {
  const best = new Map<string, Tried>();
  for (const one of tried) {
    const known = best.get(one.name);
    if (known === undefined || sizeOf(one) > sizeOf(known)) best.set(one.name, one);
  }
  return [...best.values()];
}

/** The strongest first, then by name and lag; those that could not be tested last. */
export function inOrder(tried: readonly Tried[]): readonly Tried[] {
  return tried.toSorted((a, b) => sizeOf(b) - sizeOf(a) || (a.name < b.name ? -1 : a.name > b.name ? 1 : a.lag - b.lag));
}

/** Of each that was tested its q, corrected for all that were. */
export function correctedOf(tried: readonly Tried[]): ReadonlyMap<Tried, number> {
  const tested = tried.flatMap((one) => (one.found.kind === 'correlated' ? [{ one, p: one.found.value.p }] : []));
  const qs = falseDiscovery(tested.map(({ p }) => p));
  return new Map(tested.map(({ one }, at) => [one, qs[at] ?? 1]));
}

/** q below this is called significant. */
export const Q_MAX = 0.05;

function sizeOf({ found }: Tried): number {
  return found.kind === 'correlated' ? Math.abs(found.value.r) : -1;
}
