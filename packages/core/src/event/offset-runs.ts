/** Offsets `first` … `first + count - 1` of a partition, one after the other. */
export interface OffsetRun {
  readonly first: number;
  readonly count: number;
}

/**
 * The same offsets in as few runs as there can be, ascending. `runs` may come in any order and touch each other; none may
 * hold an offset of another one.
 */
export function mergeRuns(runs: readonly OffsetRun[]): readonly OffsetRun[] {
  const merged: { first: number; count: number }[] = [];
  for (const { first, count } of runs.toSorted((a, b) => a.first - b.first)) {
    const last = merged.at(-1);
    if (last !== undefined && last.first + last.count === first) last.count += count;
    else merged.push({ first, count });
  }
  return merged;
}

/**
 * At most `runsMax` runs over several partitions' lists (each ascending, and each keeps one run at least): the narrowest gaps
 * are closed, so of all ways to get there few foreign offsets are taken in.
 */
export function closeGaps(lists: readonly (readonly OffsetRun[])[], runsMax: number): readonly (readonly OffsetRun[])[] {
  const excess = lists.reduce((sum, runs) => sum + runs.length, 0) - runsMax;
  if (excess <= 0) return lists;
  const gaps = lists.flatMap((runs, list) => runs.slice(1).map((run, i) => ({ list, at: i + 1, width: run.first - endOf(runs[i]) })));
  const closed = gaps.toSorted((a, b) => a.width - b.width).slice(0, excess);
  return lists.map((runs, list) => {
    const places = new Set(closed.filter((gap) => gap.list === list).map(({ at }) => at));
    const spans = runs.map((run, i) => (places.has(i) ? { first: endOf(runs[i - 1]), count: endOf(run) - endOf(runs[i - 1]) } : run));
    return mergeRuns(spans);
  });
}

function endOf(run: OffsetRun | undefined): number {
  return run === undefined ? 0 : run.first + run.count;
}
