import type { StoredGrain } from '../rollup/grain.ts';

/** From fine to coarse. */
const ORDER: readonly StoredGrain[] = ['minute', 'quarter_hour', 'hour', 'day'];
const USUAL: readonly StoredGrain[] = ['quarter_hour', 'hour', 'day'];

/**
 * The grains in which a metric's cells are kept, finest first: `quarter_hour` always, and with `day` its hours, of which days
 * are made. Nothing declared is everything but minutes, which cost fifteen times as many cells and have to be asked for.
 */
export function keptGrains(declared: readonly StoredGrain[] | undefined): readonly StoredGrain[] {
  const kept = new Set<StoredGrain>(declared ?? USUAL);
  kept.add('quarter_hour');
  if (kept.has('day')) kept.add('hour');
  return ORDER.filter((grain) => kept.has(grain));
}
