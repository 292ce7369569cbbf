import { meanOf } from '../../analysis/sample.ts';
import { failed, ok } from '../../fault/fault.ts';
import type { Result } from '../../fault/fault.ts';
import type { Conclusion } from '../analyses/analysis.ts';
import type { AnswerColumn, AnswerRow } from '../shape.ts';
import { byPerson } from './journey.ts';
import type { Journey, PersonFold } from './journey.ts';
import type { JourneyContext } from './journey-context.ts';
import { percent } from './journey-figures.ts';
import type { JourneyOf } from './journey-question.ts';
import { matches, planStep, typesOf } from './journey-step.ts';
import type { PlannedStep } from './journey-step.ts';

type Asked = JourneyOf<'stratify'>;

/** Persons in bands of a score: points for what they did in the range. */
export function planStratify(question: Asked, { find, range }: JourneyContext): Result<Journey> {
  const among = planStep(question.among, 'among', find);
  if (!among.ok) return among;
  const rules: PlannedStep[] = [];
  for (const [at, rule] of question.rules.entries()) {
    const planned = planStep(rule, `rules.${at}`, find);
    if (!planned.ok) return planned;
    rules.push(planned.value);
  }
  const froms = question.bands.map(({ from }) => from);
  if (froms.some((from, at) => at > 0 && from <= (froms[at - 1] ?? -Infinity))) {
    return failed({ code: 'question_invalid', path: 'bands', message: 'must rise' });
  }
  const steps = [among.value, ...rules];
  return ok({
    types: typesOf(steps),
    fromMs: range.fromMs,
    toMs: range.toMs,
    readsData: steps.some(({ where }) => where !== null),
    begin: () => byPerson(stratifyFold(question, { among: among.value, rules })),
  });
}

interface Taken {
  readonly isAmong: boolean;
  /** Places of the rules that it fits. */
  readonly rules: readonly number[];
}

interface Band {
  readonly scores: number[];
}

function stratifyFold(
  question: Asked,
  { among, rules }: { readonly among: PlannedStep; readonly rules: readonly PlannedStep[] },
): PersonFold<Taken> {
  const bands = question.bands.map((): Band => ({ scores: [] }));
  const fired = question.rules.map(() => 0);
  return {
    take(event) {
      const fitting = rules.flatMap((rule, at) => (matches(rule, event) ? [at] : []));
      const isAmong = matches(among, event);
      return isAmong || fitting.length > 0 ? { isAmong, rules: fitting } : null;
    },
    person(events) {
      if (!events.some(({ isAmong }) => isAmong)) return;
      const times = question.rules.map((_, rule) => events.filter((event) => event.rules.includes(rule)).length);
      for (const [rule, count] of times.entries()) if (count > 0) fired[rule] = (fired[rule] ?? 0) + 1;
      const score = scoreOf(question, times);
      bands[question.bands.findLastIndex(({ from }) => from <= score)]?.scores.push(score);
    },
    conclude: () => conclude(question, bands, fired),
  };
}

/** Of each rule its points as often as it was fitted, at most so many; of all of them at most `points_max`. */
function scoreOf({ rules, points_max: most }: Asked, times: readonly number[]): number {
  const total = rules.reduce((sum, { points, most: capped = Infinity }, at) => sum + Math.min(capped, points * (times[at] ?? 0)), 0);
  return Math.min(most, total);
}

const COLUMNS: readonly AnswerColumn[] = [
  { name: 'band', type: 'string' },
  { name: 'from', type: 'number' },
  { name: 'users', type: 'integer' },
  { name: 'share', type: 'number', unit: '%' },
  { name: 'mean_score', type: 'number' },
];

function conclude({ bands: asked, rules }: Asked, bands: readonly Band[], fired: readonly number[]): Conclusion {
  const all = bands.flatMap(({ scores }) => scores);
  const rows = asked.map(({ band, from }, at): AnswerRow => {
    const scores = bands[at]?.scores ?? [];
    return [band, from, scores.length, percent(scores.length, all.length), meanOf(scores)];
  });
  const told = rules.map(({ name, event }, at) => ({ rule: name ?? event, users: fired[at] ?? 0 }));
  return { columns: COLUMNS, rows, findings: { users: all.length, mean_score: meanOf(all), rules: told } };
}
