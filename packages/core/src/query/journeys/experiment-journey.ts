import type { Share, ShareTest } from '../../analysis/comparison.ts';
import { compareVariants, ratioProbability } from '../../analysis/experiment.ts';
import type { VariantResult } from '../../analysis/experiment.ts';
import { ok } from '../../fault/fault.ts';
import type { Result } from '../../fault/fault.ts';
import type { Conclusion } from '../analyses/analysis.ts';
import type { AnswerColumn, AnswerRow } from '../shape.ts';
import { byPerson } from './journey.ts';
import type { Journey, PersonFold } from './journey.ts';
import type { JourneyContext } from './journey-context.ts';
import type { JourneyOf } from './journey-question.ts';
import { findField, matches, planStep, typesOf } from './journey-step.ts';
import type { PlannedStep } from './journey-step.ts';

/** Less likely than this, and persons were not assigned by the weights. */
const RATIO_FLAGGED_BELOW = 0.001;

export function planExperiment(question: JourneyOf<'experiment'>, { find, range }: JourneyContext): Result<Journey> {
  const exposed = planStep(question.exposed, 'exposed', find);
  if (!exposed.ok) return exposed;
  const goal = planStep(question.goal, 'goal', find);
  if (!goal.ok) return goal;
  const type = find(question.exposed.event);
  const variant = type === null ? null : findField(type, question.variant, 'variant');
  if (variant !== null && !variant.ok) return variant;
  return ok({
    types: typesOf([exposed.value, goal.value]),
    fromMs: range.fromMs,
    toMs: range.toMs + question.window_s * 1_000,
    readsData: true,
    begin: () => byPerson(experimentFold({ question, exposed: exposed.value, goal: goal.value, range })),
  });
}

interface ExperimentPlan {
  readonly question: JourneyOf<'experiment'>;
  readonly exposed: PlannedStep;
  readonly goal: PlannedStep;
  readonly range: JourneyContext['range'];
}

interface Taken {
  readonly atMs: number;
  /** Null where it is no exposure of the range. */
  readonly variant: string | null;
  readonly isGoal: boolean;
}

function experimentFold({ question, exposed, goal, range }: ExperimentPlan): PersonFold<Taken> {
  const meant = Object.keys(question.weights ?? {});
  const counts = new Map<string, Share>([question.control, ...meant].map((variant) => [variant, { successes: 0, trials: 0 }]));
  let crossed = 0;
  return {
    take(event) {
      const isExposure = matches(exposed, event) && event.atMs < range.toMs;
      const variant = isExposure ? (event.fields?.dimension(question.variant) ?? null) : null;
      const isGoal = matches(goal, event);
      return variant !== null || isGoal ? { atMs: event.atMs, variant, isGoal } : null;
    },
    person(events) {
      const first = events.findIndex(({ variant }) => variant !== null);
      const { variant = null, atMs = 0 } = events[first] ?? {};
      if (variant === null) return;
      if (events.some((event) => event.variant !== null && event.variant !== variant)) {
        crossed += 1;
        return;
      }
      const untilMs = atMs + question.window_s * 1_000;
      const isConverted = events.slice(first + 1).some((event) => event.isGoal && event.atMs <= untilMs);
      const { successes, trials } = counts.get(variant) ?? { successes: 0, trials: 0 };
      counts.set(variant, { successes: successes + (isConverted ? 1 : 0), trials: trials + 1 });
    },
    conclude: () => conclude(question, counts, crossed),
  };
}

const COLUMNS: readonly AnswerColumn[] = [
  { name: 'variant', type: 'string' },
  { name: 'n', type: 'integer' },
  { name: 'converted', type: 'integer' },
  { name: 'rate', type: 'number', unit: '%' },
  { name: 'diff', type: 'number', unit: '%' },
  { name: 'lo', type: 'number', unit: '%' },
  { name: 'hi', type: 'number', unit: '%' },
  { name: 'z', type: 'number' },
  { name: 'p', type: 'number' },
];

function conclude({ control, weights }: JourneyOf<'experiment'>, counts: ReadonlyMap<string, Share>, crossed: number): Conclusion {
  const results = compareVariants(counts, control);
  const others = results.filter(({ variant }) => variant !== control).toSorted((a, b) => (a.variant < b.variant ? -1 : 1));
  const rows = [...results.filter(({ variant }) => variant === control), ...others].map(toRow);
  const findings = { control, crossed, users: results.reduce((sum, { trials }) => sum + trials, 0) };
  if (weights === undefined) return { columns: COLUMNS, rows, findings };
  const ratioP = ratioProbability(results.map(({ variant, trials }) => ({ users: trials, weight: weights[variant] ?? 0 })));
  return { columns: COLUMNS, rows, findings: { ...findings, ratio_p: ratioP, ratio_ok: ratioP === null || ratioP >= RATIO_FLAGGED_BELOW } };
}

function toRow({ variant, trials, successes, rate, test }: VariantResult): AnswerRow {
  const against = test === null ? [null, null, null, null, null] : [...inPercent(test), test.z, test.p];
  return [variant, trials, successes, rate === null ? null : 100 * rate, ...against];
}

function inPercent({ difference, interval }: ShareTest): readonly number[] {
  return [difference, interval.lo, interval.hi].map((share) => 100 * share);
}
