/** How late events are counted: the time between an event and its counting, by classes. */

/** Upper bounds of the classes, in seconds; one class more holds what is later still. */
export const LATENESS_BOUNDS_S = [1, 5, 30, 60, 300, 900, 3_600, 21_600, 86_400, 604_800] as const;

const BOUNDS_MS = Float64Array.from(LATENESS_BOUNDS_S, (bound) => bound * 1_000);

/** Events by class, and the sum of what they were late by, in milliseconds. */
export class Lateness {
  readonly counts: Float64Array = new Float64Array(BOUNDS_MS.length + 1);
  sumMs = 0;

  /** Most events are of the first classes, so the search is a walk. */
  add(lateMs: number): void {
    let at = 0;
    while (at < BOUNDS_MS.length && lateMs > (BOUNDS_MS[at] ?? 0)) at += 1;
    this.counts[at] = (this.counts[at] ?? 0) + 1;
    // An event may be some minutes ahead of its arrival: it is not late.
    if (lateMs > 0) this.sumMs += lateMs;
  }

  take(from: Lateness): void {
    for (let at = 0; at < this.counts.length; at += 1) this.counts[at] = (this.counts[at] ?? 0) + (from.counts[at] ?? 0);
    this.sumMs += from.sumMs;
  }
}

/**
 * The bound of the class that holds the event at the rank p(n-1), rounded up: so much, or less, is the lateness of that share of
 * the events. Null: there are none, or it is beyond the last bound.
 */
export function latenessQuantileS(counts: readonly number[], p: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let before = 0;
  for (const [at, bound] of LATENESS_BOUNDS_S.entries()) {
    before += counts[at] ?? 0;
    if (total > 0 && before > Math.ceil(p * (total - 1))) return bound;
  }
  return null;
}
