/** Persons of pack `healthtrack`, what is written about them and what is asked, drawn as a public is: few are looked at often. */
import type { EventInput } from '@tidegate/sdk';
import type { Rng } from './zipf.ts';

export interface ViewOfPerson {
  /** Its cache class in the pack. */
  readonly cacheClass: string;
  /** Of a hundred readings. */
  readonly weight: number;
  readonly path: (person: string) => string;
}

/** Readings of the mix of `tidegate loadtest --scenario healthtrack-mix` that are kept, and the profile. */
export const VIEWS: readonly ViewOfPerson[] = [
  { cacheClass: 'metrics_summary', weight: 35, path: (person) => `/api/v1/health-metrics/user/${person}/daily?metric_type=steps` },
  { cacheClass: 'goals', weight: 20, path: (person) => `/api/v1/health-goals/user/${person}` },
  { cacheClass: 'nutrition', weight: 15, path: (person) => `/api/v1/nutrition-logs/user/${person}` },
  { cacheClass: 'recommendations', weight: 20, path: (person) => `/api/v1/recommendations/${person}` },
  { cacheClass: 'profile', weight: 10, path: (person) => `/api/v1/users/${person}` },
];

type Data = EventInput['data'];

export const personOf = (number: number): string => `person-${number}`;

/** What there is of each at the beginning: an account, a goal, a meal, a measurement. */
export function firstEvents(number: number, nowMs: number): readonly EventInput[] {
  const person = personOf(number);
  const day = new Date(nowMs).toISOString().slice(0, 10);
  const event = (type: string, data: Data): EventInput => ({
    ...{ id: `${type}-${number}`, type, subject: person, occurred_at: nowMs - 1_000 - number, data },
  });
  return [
    event('account.user.registered', {
      ...{ email: `${person}@example.org`, username: person, full_name: `Person ${number}` },
      ...{ date_of_birth: `${1950 + (number % 55)}-06-15`, sex: number % 2 === 0 ? 'female' : 'male' },
    }),
    event('health.goal.created', {
      ...{ goal_id: `goal-${number}`, goal_type: 'steps', status: 'active', target_value: 10_000, unit: 'count' },
      ...{ start_date: day, target_date: day },
    }),
    event('health.meal.logged', meal(`meal-${number}`, 400 + (number % 500))),
    event('health.metric.recorded', measurement(`metric-${number}`, number % 12_000)),
  ];
}

/** Of three writings two are measurements and one is a meal. */
export function laterEvent(number: number, of: { readonly id: string; readonly nowMs: number; readonly random: Rng }): EventInput {
  const isMeal = of.random() < 1 / 3;
  const amount = Math.floor(of.random() * 900);
  const data = isMeal ? meal(of.id, 100 + amount) : measurement(of.id, amount);
  const type = isMeal ? 'health.meal.logged' : 'health.metric.recorded';
  return { id: of.id, type, subject: personOf(number), occurred_at: of.nowMs, data };
}

function meal(id: string, calories: number): Data {
  return { meal_id: id, meal_type: 'lunch', calories, protein_g: 20, carbs_g: 50, fat_g: 10 };
}

function measurement(id: string, value: number): Data {
  return { metric_id: id, metric_type: 'steps', value, unit: 'count', source: 'device' };
}
