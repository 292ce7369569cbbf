import { formatExact } from '../../event/exact-number.ts';
import type { ExactNumber } from '../../event/exact-number.ts';
import { failed, ok } from '../../fault/fault.ts';
import type { Result } from '../../fault/fault.ts';
import { ExactSum } from '../../rollup/exact-sum.ts';
import { numberOrText } from '../dims-access.ts';
import type { AnswerColumn, AnswerRow } from '../shape.ts';
import { concludeCohorts, findEntry, planPeriods } from './cohorts.ts';
import type { Periods } from './cohorts.ts';
import { byPerson } from './journey.ts';
import type { Journey, PersonFold } from './journey.ts';
import type { JourneyContext } from './journey-context.ts';
import { locateIn } from './journey-figures.ts';
import type { JourneyOf } from './journey-question.ts';
import { findField, matches, planStep, typesOf } from './journey-step.ts';
import type { PlannedStep } from './journey-step.ts';

const NUMBERS: ReadonlySet<string> = new Set(['integer', 'decimal']);

/** What the persons of each cohort do, and what it comes to, period by period. */
export function planCohort(question: JourneyOf<'cohort'>, context: JourneyContext): Result<Journey> {
  const { find } = context;
  const start = planStep(question.start, 'start', find);
  if (!start.ok) return start;
  const event = planStep(question.event, 'event', find);
  if (!event.ok) return event;
  const value = planValue(question, find);
  if (!value.ok) return value;
  const periods = planPeriods(question, context);
  if (!periods.ok) return periods;
  const plan = { question, start: start.value, event: event.value, value: value.value, periods: periods.value };
  return ok({
    types: typesOf([start.value, event.value]),
    fromMs: context.range.fromMs,
    toMs: periods.value.untilMs,
    readsData: value.value !== null || start.value.where !== null || event.value.where !== null,
    begin: () => byPerson(cohortFold(plan)),
  });
}

/** The field that is summed; null: events are counted. */
function planValue({ event, value }: JourneyOf<'cohort'>, find: JourneyContext['find']): Result<string | null> {
  const type = value === undefined ? null : find(event.event);
  if (value === undefined || type === null) return ok(null);
  const field = findField(type, value, 'value');
  if (!field.ok) return field;
  if (NUMBERS.has(field.value.type)) return ok(value);
  return failed({ code: 'question_invalid', path: 'value', message: 'is no integer or decimal' });
}

interface CohortPlan {
  readonly question: JourneyOf<'cohort'>;
  readonly start: PlannedStep;
  readonly event: PlannedStep;
  readonly value: string | null;
  readonly periods: Periods;
}

interface Taken {
  readonly atMs: number;
  readonly isStart: boolean;
  readonly isEvent: boolean;
  readonly value: ExactNumber | null;
}

interface Period {
  active: number;
  events: number;
  readonly sum: ExactSum;
}

interface Cohort {
  users: number;
  readonly periods: readonly Period[];
}

const ONE: ExactNumber = { unscaled: 1, scale: 0 };

function cohortFold(plan: CohortPlan): PersonFold<Taken> {
  const { question, start, event, value, periods } = plan;
  const { range, buckets } = periods;
  const locate = locateIn(buckets);
  const cohorts = new Map<number, Cohort>();
  const emptyPeriods = (): Period[] => Array.from({ length: question.periods + 1 }, () => ({ active: 0, events: 0, sum: new ExactSum() }));
  return {
    take(told) {
      const [isStart, isEvent] = [matches(start, told), matches(event, told)];
      const amount = !isEvent ? null : value === null ? ONE : (told.fields?.exact(value) ?? null);
      return isStart || isEvent ? { atMs: told.atMs, isStart, isEvent, value: amount } : null;
    },
    person(events) {
      const at = findEntry(events, range);
      const first = events[at];
      if (first === undefined) return;
      const bucket = locate(first.atMs);
      const cohort = cohorts.get(bucket) ?? { users: 0, periods: emptyPeriods() };
      cohorts.set(bucket, cohort);
      cohort.users += 1;
      addEvents(
        cohort,
        events.slice(at).filter(({ isEvent }) => isEvent),
        (atMs) => locate(atMs) - bucket,
      );
    },
    conclude: () => concludeCohorts({ periods, columns: COLUMNS, cohorts, cellsOf }),
  };
}

/** The start too, where it is such an event. */
function addEvents({ periods }: Cohort, events: readonly Taken[], periodOf: (atMs: number) => number): void {
  const seen = new Set<number>();
  for (const { atMs, value } of events) {
    const at = periodOf(atMs);
    const period = periods[at];
    if (period === undefined) continue;
    if (!seen.has(at)) period.active += 1;
    seen.add(at);
    period.events += 1;
    if (value !== null) period.sum.add(value);
  }
}

const COLUMNS: readonly AnswerColumn[] = [
  { name: 'active', type: 'integer' },
  { name: 'events', type: 'integer' },
  { name: 'value', type: 'number' },
  { name: 'per_user', type: 'number' },
  { name: 'cumulative_per_user', type: 'number' },
];

function cellsOf({ users, periods }: Cohort): readonly AnswerRow[] {
  const total = new ExactSum();
  return periods.map(({ active, events, sum }) => {
    total.merge(sum);
    const value = formatExact(sum.value());
    return [active, events, numberOrText(value), Number(value) / users, Number(formatExact(total.value())) / users];
  });
}
