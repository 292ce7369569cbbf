/** Persons by the bucket of their start, period by period: what retention and cohort questions share. */
import { failed, ok } from '../../fault/fault.ts';
import type { Result } from '../../fault/fault.ts';
import { bucketsOf, bucketStartIn } from '../../time/buckets.ts';
import type { Buckets } from '../../time/buckets.ts';
import { DAY_MS } from '../../time/civil.ts';
import { toIsoIn } from '../../time/iso.ts';
import type { Conclusion } from '../analyses/analysis.ts';
import type { AnswerColumn, AnswerRow } from '../shape.ts';
import type { JourneyContext } from './journey-context.ts';

/** How far behind its beginning a period can end. */
const LONGEST_DAYS = { day: 1, week: 7, month: 31 } as const;

export interface Periods {
  readonly range: JourneyContext['range'];
  /** Of the range, and of the periods of its last cohort as far as they are over. */
  readonly buckets: Buckets;
  readonly untilMs: number;
  /** A period that ends later is not over. */
  readonly overMs: number;
}

interface PeriodsAsk {
  readonly grain: keyof typeof LONGEST_DAYS;
  readonly periods: number;
}

export function planPeriods({ grain, periods }: PeriodsAsk, { range, nowMs, bucketsMax }: JourneyContext): Result<Periods> {
  const { zone, fromMs, toMs } = range;
  // A period that is not over yet would look like a loss.
  const overMs = bucketStartIn(zone, grain, nowMs);
  const untilMs = Math.max(toMs, Math.min(overMs, toMs + (periods + 1) * (LONGEST_DAYS[grain] + 1) * DAY_MS));
  const buckets = bucketsOf({ zone, grain, fromMs, toMs: untilMs, bucketsMax });
  if (buckets === null) {
    return failed({ code: 'range_too_large', path: 'from', message: 'the range holds too many buckets; ask for a coarser grain' });
  }
  return ok({ range, buckets, untilMs, overMs });
}

/** Index of a person's first start in the range, which puts the person into a cohort; -1: there is none. */
export function findEntry(
  events: readonly { readonly isStart: boolean; readonly atMs: number }[],
  { fromMs, toMs }: Periods['range'],
): number {
  return events.findIndex(({ isStart, atMs }) => isStart && atMs >= fromMs && atMs < toMs);
}

interface Cohorts<T> {
  readonly periods: Periods;
  /** Behind cohort, period and users. */
  readonly columns: readonly AnswerColumn[];
  /** By the index of their bucket. */
  readonly cohorts: ReadonlyMap<number, T>;
  /** The cells of those columns, period by period. */
  readonly cellsOf: (cohort: T) => readonly AnswerRow[];
}

const COLUMNS: readonly AnswerColumn[] = [
  { name: 'cohort', type: 'time' },
  { name: 'period', type: 'integer' },
  { name: 'users', type: 'integer' },
];

export function concludeCohorts<T extends { readonly users: number }>({ periods, columns, cohorts, cellsOf }: Cohorts<T>): Conclusion {
  const { range, buckets, overMs } = periods;
  const inOrder = [...cohorts].toSorted(([a], [b]) => a - b);
  const rows = inOrder.flatMap(([bucket, cohort]) => {
    const start = toIsoIn(range.zone, buckets.startsMs[bucket] ?? 0);
    const isOver = (_: unknown, period: number): boolean => (buckets.edgesMs[bucket + period + 1] ?? Infinity) <= overMs;
    return cellsOf(cohort)
      .map((cells, period) => [start, period, cohort.users, ...cells])
      .filter(isOver);
  });
  return { columns: [...COLUMNS, ...columns], rows, findings: { users: inOrder.reduce((sum, [, { users }]) => sum + users, 0) } };
}
