import { failed, ok } from '../../fault/fault.ts';
import type { Result } from '../../fault/fault.ts';
import { bucketsOf, bucketStartIn } from '../../time/buckets.ts';
import type { Buckets } from '../../time/buckets.ts';
import { DAY_MS } from '../../time/civil.ts';
import { toIsoIn } from '../../time/iso.ts';
import type { Conclusion } from '../analyses/analysis.ts';
import type { AnswerColumn, AnswerRow } from '../shape.ts';
import { byPerson } from './journey.ts';
import type { Journey, PersonFold } from './journey.ts';
import type { JourneyContext } from './journey-context.ts';
import type { JourneyOf } from './journey-question.ts';
import { matches, planStep, typesOf } from './journey-step.ts';
import type { PlannedStep } from './journey-step.ts';
import { locateIn, LONGEST_DAYS, percent } from './journey-figures.ts';

export function planRetention(question: JourneyOf<'retention'>, { find, range, nowMs, bucketsMax }: JourneyContext): Result<Journey> {
  const start = planStep(question.start, 'start', find);
  if (!start.ok) return start;
  const back = planStep(question.return, 'return', find);
  if (!back.ok) return back;
  const { zone, fromMs, toMs } = range;
  const { grain, periods } = question;
  // A period that is not over yet would look like a loss.
  const overMs = bucketStartIn(zone, grain, nowMs);
  const untilMs = Math.max(toMs, Math.min(overMs, toMs + (periods + 1) * (LONGEST_DAYS[grain] + 1) * DAY_MS));
  const buckets = bucketsOf({ zone, grain, fromMs, toMs: untilMs, bucketsMax });
  if (buckets === null) {
    return failed({ code: 'range_too_large', path: 'from', message: 'the range holds too many buckets; ask for a coarser grain' });
  }
  const plan = { question, start: start.value, back: back.value, range, buckets, overMs };
  return ok({
    types: typesOf([start.value, back.value]),
    fromMs,
    toMs: untilMs,
    readsData: start.value.where !== null || back.value.where !== null,
    begin: () => byPerson(retentionFold(plan)),
  });
}

interface RetentionPlan {
  readonly question: JourneyOf<'retention'>;
  readonly start: PlannedStep;
  readonly back: PlannedStep;
  readonly range: JourneyContext['range'];
  readonly buckets: Buckets;
  readonly overMs: number;
}

interface Taken {
  readonly atMs: number;
  readonly isStart: boolean;
  readonly isReturn: boolean;
}

interface Cohort {
  users: number;
  /** By period, persons who came back in it. */
  readonly returned: number[];
}

function retentionFold(plan: RetentionPlan): PersonFold<Taken> {
  const { question, start, back, range, buckets } = plan;
  const locate = locateIn(buckets);
  const cohorts = new Map<number, Cohort>();
  return {
    take(event) {
      const [isStart, isReturn] = [matches(start, event), matches(back, event)];
      return isStart || isReturn ? { atMs: event.atMs, isStart, isReturn } : null;
    },
    person(events) {
      const at = events.findIndex(({ isStart, atMs }) => isStart && atMs >= range.fromMs && atMs < range.toMs);
      const first = events[at];
      if (first === undefined) return;
      const bucket = locate(first.atMs);
      const cohort = cohorts.get(bucket) ?? { users: 0, returned: Array.from({ length: question.periods + 1 }, () => 0) };
      cohorts.set(bucket, cohort);
      cohort.users += 1;
      const later = events.slice(at + 1).filter(({ isReturn }) => isReturn);
      for (const period of new Set(later.map(({ atMs }) => locate(atMs) - bucket))) {
        const before = cohort.returned[period];
        if (before !== undefined) cohort.returned[period] = before + 1;
      }
    },
    conclude: () => conclude(plan, cohorts),
  };
}

const COLUMNS: readonly AnswerColumn[] = [
  { name: 'cohort', type: 'time' },
  { name: 'period', type: 'integer' },
  { name: 'users', type: 'integer' },
  { name: 'returned', type: 'integer' },
  { name: 'rate', type: 'number', unit: '%' },
];

function conclude({ range, buckets, overMs }: RetentionPlan, cohorts: ReadonlyMap<number, Cohort>): Conclusion {
  const inOrder = [...cohorts].toSorted(([a], [b]) => a - b);
  const rows = inOrder.flatMap(([bucket, { users, returned }]) =>
    returned.flatMap((count, period): AnswerRow[] => {
      const endMs = buckets.edgesMs[bucket + period + 1] ?? Infinity;
      return endMs > overMs ? [] : [[toIsoIn(range.zone, buckets.startsMs[bucket] ?? 0), period, users, count, percent(count, users)]];
    }),
  );
  return { columns: COLUMNS, rows, findings: { users: inOrder.reduce((sum, [, { users }]) => sum + users, 0) } };
}
