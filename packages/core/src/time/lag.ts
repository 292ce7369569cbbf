/** How long events waited to be counted, as counts by class: such counts add up over partitions, processes and minutes. */

/** Each class ends a tenth above the one before it, so its middle is at most 5 % off. */
const GROWTH = Math.log(1.1);
/** Of a day: what waited longer is told as that. */
const CLASS_MAX = 192;

/** Class 0 holds what waited a millisecond at most. */
export function lagClass(lagMs: number): number {
  return lagMs <= 1 ? 0 : Math.min(CLASS_MAX, Math.ceil(Math.log(lagMs) / GROWTH));
}

/** The event at the rank p(n-1), rounded down, waited so long: the middle of its class. Null: there are none. */
export function lagQuantileMs(counts: ReadonlyMap<number, number>, p: number): number | null {
  const classes = [...counts].toSorted(([a], [b]) => a - b);
  const total = classes.reduce((sum, [, count]) => sum + count, 0);
  const rank = Math.floor(p * (total - 1));
  let before = 0;
  for (const [at, count] of classes) {
    before += count;
    if (before > rank) return at === 0 ? 1 : Math.exp((at - 0.5) * GROWTH);
  }
  return null;
}
