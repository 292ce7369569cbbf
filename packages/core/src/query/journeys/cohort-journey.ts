import { formatExact } from '../../event/exact-number.ts';
import type { ExactNumber } from '../../event/exact-number.ts';
import { failed, ok } from '../../fault/fault.ts';
import type { Result } from '../../fault/fault.ts';
import { ExactSum } from '../../rollup/exact-sum.ts';
import { bucketsOf, bucketStartIn } from '../../time/buckets.ts';
import type { Buckets } from '../../time/buckets.ts';
import { DAY_MS } from '../../time/civil.ts';
import { toIsoIn } from '../../time/iso.ts';
import type { Conclusion } from '../analyses/analysis.ts';
import { numberOrText } from '../dims-access.ts';
import type { AnswerColumn, AnswerRow } from '../shape.ts';
import { byPerson } from './journey.ts';
import type { Journey, PersonFold } from './journey.ts';
import type { JourneyContext } from './journey-context.ts';
import { locateIn, LONGEST_DAYS } from './journey-figures.ts';
import type { JourneyOf } from './journey-question.ts';
import { findField, matches, planStep, typesOf } from './journey-step.ts';
import type { PlannedStep } from './journey-step.ts';

const NUMBERS: ReadonlySet<string> = new Set(['integer', 'decimal']);

/** What the persons of each cohort do, and what it comes to, period by period. */
export function planCohort(question: JourneyOf<'cohort'>, { find, range, nowMs, bucketsMax }: JourneyContext): Result<Journey> {
  const start = planStep(question.start, 'start', find);
  if (!start.ok) return start;
  const event = planStep(question.event, 'event', find);
  if (!event.ok) return event;
  const value = planValue(question, find);
  if (!value.ok) return value;
  const { zone, fromMs, toMs } = range;
  const { grain, periods } = question;
  // A period that is not over yet would look like a loss.
  const overMs = bucketStartIn(zone, grain, nowMs);
  const untilMs = Math.max(toMs, Math.min(overMs, toMs + (periods + 1) * (LONGEST_DAYS[grain] + 1) * DAY_MS));
  const buckets = bucketsOf({ zone, grain, fromMs, toMs: untilMs, bucketsMax });
  if (buckets === null) {
    return failed({ code: 'range_too_large', path: 'from', message: 'the range holds too many buckets; ask for a coarser grain' });
  }
  const plan = { question, start: start.value, event: event.value, value: value.value, range, buckets, overMs };
  return ok({
    types: typesOf([start.value, event.value]),
    fromMs,
    toMs: untilMs,
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
  readonly range: JourneyContext['range'];
  readonly buckets: Buckets;
  readonly overMs: number;
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
  const { question, start, event, value, range, buckets } = plan;
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
      const at = events.findIndex(({ isStart, atMs }) => isStart && atMs >= range.fromMs && atMs < range.toMs);
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
    conclude: () => conclude(plan, cohorts),
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
  { name: 'cohort', type: 'time' },
  { name: 'period', type: 'integer' },
  { name: 'users', type: 'integer' },
  { name: 'active', type: 'integer' },
  { name: 'events', type: 'integer' },
  { name: 'value', type: 'number' },
  { name: 'per_user', type: 'number' },
  { name: 'cumulative_per_user', type: 'number' },
];

function conclude({ range, buckets, overMs }: CohortPlan, cohorts: ReadonlyMap<number, Cohort>): Conclusion {
  const inOrder = [...cohorts].toSorted(([a], [b]) => a - b);
  const rows = inOrder.flatMap(([bucket, { users, periods }]) => {
    const total = new ExactSum();
    return periods.flatMap(({ active, events, sum }, period): AnswerRow[] => {
      total.merge(sum);
      if ((buckets.edgesMs[bucket + period + 1] ?? Infinity) > overMs) return [];
      const value = formatExact(sum.value());
      const each = [Number(value) / users, Number(formatExact(total.value())) / users];
      return [[toIsoIn(range.zone, buckets.startsMs[bucket] ?? 0), period, users, active, events, numberOrText(value), ...each]];
    });
  });
  return { columns: COLUMNS, rows, findings: { users: inOrder.reduce((sum, [, { users }]) => sum + users, 0) } };
}
