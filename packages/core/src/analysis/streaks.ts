export interface Streaks {
  /** Length of the run that ends on the day asked about or the day before it; 0 without one. */
  readonly current: number;
  /** Length of the longest run up to that day. */
  readonly longest: number;
}

/** Runs of consecutive days (counted from any day) among days in any order, some of them more than once. Days after `today` do not count. */
export function streaksOf(days: readonly number[], today: number): Streaks {
  const past = [...new Set(days)].filter((day) => day <= today).sort((a, b) => a - b);
  let longest = 0;
  let run = 0;
  let before = Number.NaN;
  for (const day of past) {
    run = day === before + 1 ? run + 1 : 1;
    longest = Math.max(longest, run);
    before = day;
  }
  return { current: before >= today - 1 ? run : 0, longest };
}
