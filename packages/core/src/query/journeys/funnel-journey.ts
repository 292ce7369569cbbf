import { funnelTimes } from '../../analysis/funnel.ts';
import { medianOf } from '../../analysis/sample.ts';
import { failed, ok } from '../../fault/fault.ts';
import type { Result } from '../../fault/fault.ts';
import type { Conclusion } from '../analyses/analysis.ts';
import type { AnswerColumn, AnswerRow } from '../shape.ts';
import { byPerson } from './journey.ts';
import type { Journey, PersonFold } from './journey.ts';
import type { JourneyContext } from './journey-context.ts';
import type { JourneyOf } from './journey-question.ts';
import { findField, matches, planStep, typesOf } from './journey-step.ts';
import type { PlannedStep } from './journey-step.ts';
import { percent } from './journey-figures.ts';

/** More values of the breakdown than anyone reads. */
const GROUPS_MAX = 1_000;

interface Taken {
  readonly atMs: number;
  /** Falling. */
  readonly steps: readonly number[];
  /** Of an event that serves the first step: the value of the breakdown. */
  readonly group: string | null;
}

/** Of each step the times in which persons reached it, milliseconds. */
type Reached = readonly number[][];

export function planFunnel(question: JourneyOf<'funnel'>, { find, range }: JourneyContext): Result<Journey> {
  const steps: PlannedStep[] = [];
  for (const [at, step] of question.steps.entries()) {
    const planned = planStep(step, `steps.${at}`, find);
    if (!planned.ok) return planned;
    steps.push(planned.value);
  }
  const { breakdown } = question;
  const first = find(steps[0]?.type ?? '');
  if (breakdown !== undefined && first !== null) {
    const field = findField(first, breakdown, 'breakdown');
    if (!field.ok) return field;
    if (!field.value.isDimension) {
      return failed({ code: 'dimension_unknown', path: 'breakdown', message: 'the field is no dimension of the event type' });
    }
  }
  const windowMs = question.window_s * 1_000;
  return ok({
    types: typesOf(steps),
    fromMs: range.fromMs,
    toMs: range.toMs + windowMs,
    readsData: breakdown !== undefined || steps.some(({ where }) => where !== null),
    begin: () => byPerson(funnelFold(question, steps, { ...range, windowMs, steps: steps.length })),
  });
}

function funnelFold(
  { steps: asked, breakdown }: JourneyOf<'funnel'>,
  steps: readonly PlannedStep[],
  shape: Parameters<typeof funnelTimes>[1],
): PersonFold<Taken> {
  const whole = emptyReached(steps.length);
  const groups = new Map<string | null, Reached>();
  return {
    take(event) {
      const served = steps.flatMap((step, at) => (matches(step, event) ? [at] : [])).toReversed();
      if (served.length === 0) return null;
      const isFirst = served.at(-1) === 0;
      return {
        atMs: event.atMs,
        steps: served,
        group: breakdown !== undefined && isFirst ? (event.fields?.dimension(breakdown) ?? null) : null,
      };
    },
    person(events) {
      note(whole, funnelTimes(events, shape));
      if (breakdown === undefined) return;
      const values = new Set(events.filter(({ steps: served }) => served.at(-1) === 0).map(({ group }) => group));
      for (const value of values) {
        const reached = groups.get(value) ?? emptyReached(steps.length);
        if (groups.size < GROUPS_MAX) groups.set(value, reached);
        note(
          reached,
          funnelTimes(
            events.map((event) => inGroup(event, value)),
            shape,
          ),
        );
      }
    },
    conclude: () => conclude(asked, { breakdown, whole, groups }),
  };
}

/** Only an event of the group begins a chain of it. */
function inGroup(event: Taken, value: string | null): Taken {
  return event.group === value ? event : { ...event, steps: event.steps.filter((step) => step !== 0) };
}

function emptyReached(steps: number): Reached {
  return Array.from({ length: steps }, () => []);
}

function note(reached: Reached, times: readonly (number | null)[]): void {
  for (const [step, ms] of times.entries()) if (ms !== null) reached[step]?.push(ms);
}

const COLUMNS: readonly AnswerColumn[] = [
  { name: 'step', type: 'integer' },
  { name: 'name', type: 'string' },
  { name: 'users', type: 'integer' },
  { name: 'conversion', type: 'number', unit: '%' },
  { name: 'step_conversion', type: 'number', unit: '%' },
  { name: 'median_s', type: 'number', unit: 's' },
];

interface Counted {
  readonly breakdown: string | undefined;
  readonly whole: Reached;
  readonly groups: ReadonlyMap<string | null, Reached>;
}

function conclude(steps: JourneyOf<'funnel'>['steps'], { breakdown, whole, groups }: Counted): Conclusion {
  const names = steps.map(({ name, event }) => name ?? event);
  const findings = { users: whole[0]?.length ?? 0, converted: whole.at(-1)?.length ?? 0 };
  if (breakdown === undefined) return { columns: COLUMNS, rows: stepRows(names, whole), findings };
  const largestFirst = [...groups].toSorted(([a, x], [b, y]) => (y[0]?.length ?? 0) - (x[0]?.length ?? 0) || order(a, b));
  const rows = largestFirst
    .filter(([, reached]) => (reached[0]?.length ?? 0) > 0)
    .flatMap(([value, reached]) => stepRows(names, reached).map((row): AnswerRow => [value, ...row]));
  return { columns: [{ name: breakdown, type: 'string' }, ...COLUMNS], rows, findings };
}

function order(a: string | null, b: string | null): number {
  return (a ?? '') < (b ?? '') ? -1 : 1;
}

function stepRows(names: readonly string[], reached: Reached): AnswerRow[] {
  const users = reached.map((times) => times.length);
  return names.map((name, at) => {
    const [first = 0, before = users[0] ?? 0, here = 0] = [users[0], users[at - 1], users[at]];
    const median = medianOf(reached[at] ?? []);
    return [at + 1, name, here, percent(here, first), percent(here, before), median === null ? null : median / 1_000];
  });
}
