import { ok } from '../../fault/fault.ts';
import type { Result } from '../../fault/fault.ts';
import type { AnswerColumn } from '../shape.ts';
import { concludeCohorts, findEntry, planPeriods } from './cohorts.ts';
import type { Periods } from './cohorts.ts';
import { byPerson } from './journey.ts';
import type { Journey, PersonFold } from './journey.ts';
import type { JourneyContext } from './journey-context.ts';
import type { JourneyOf } from './journey-question.ts';
import { matches, planStep, typesOf } from './journey-step.ts';
import type { PlannedStep } from './journey-step.ts';
import { locateIn, percent } from './journey-figures.ts';

export function planRetention(question: JourneyOf<'retention'>, context: JourneyContext): Result<Journey> {
  const { find } = context;
  const start = planStep(question.start, 'start', find);
  if (!start.ok) return start;
  const back = planStep(question.return, 'return', find);
  if (!back.ok) return back;
  const periods = planPeriods(question, context);
  if (!periods.ok) return periods;
  const plan = { question, start: start.value, back: back.value, periods: periods.value };
  return ok({
    types: typesOf([start.value, back.value]),
    fromMs: context.range.fromMs,
    toMs: periods.value.untilMs,
    readsData: start.value.where !== null || back.value.where !== null,
    begin: () => byPerson(retentionFold(plan)),
  });
}

interface RetentionPlan {
  readonly question: JourneyOf<'retention'>;
  readonly start: PlannedStep;
  readonly back: PlannedStep;
  readonly periods: Periods;
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
  const { question, start, back, periods } = plan;
  const { range, buckets } = periods;
  const locate = locateIn(buckets);
  const cohorts = new Map<number, Cohort>();
  return {
    take(event) {
      const [isStart, isReturn] = [matches(start, event), matches(back, event)];
      return isStart || isReturn ? { atMs: event.atMs, isStart, isReturn } : null;
    },
    person(events) {
      const at = findEntry(events, range);
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
    conclude: () =>
      concludeCohorts({
        ...{ periods, columns: COLUMNS, cohorts },
        cellsOf: ({ users, returned }) => returned.map((count) => [count, percent(count, users)]),
      }),
  };
}

const COLUMNS: readonly AnswerColumn[] = [
  { name: 'returned', type: 'integer' },
  { name: 'rate', type: 'number', unit: '%' },
];
