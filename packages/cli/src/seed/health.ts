import { MEASURED, pickFrom } from '../load/load-events.ts';
import { between, DAY_MS, dateOf, personOf, type SeedEvent, type SeedUnit } from './seed-unit.ts';

/** A person of pack healthtrack: an account, a goal, and of each day some measurements and a meal. */
export function healthEvents(unit: SeedUnit): readonly SeedEvent[] {
  const { number, untilMs, days } = unit;
  const beganMs = untilMs - days * DAY_MS;
  const daily = Array.from({ length: days }, (_, day) => dayOf(unit, beganMs + day * DAY_MS, day));
  return [registered(number, beganMs), goal(number, beganMs, untilMs), ...daily.flat()];
}

function registered(number: number, atMs: number): SeedEvent {
  const person = personOf(number);
  return {
    ...{ type: 'account.user.registered', subject: person, occurred_at: atMs },
    data: {
      ...{ email: `${person}@example.org`, username: person, full_name: `Person ${number + 1}` },
      ...{ date_of_birth: `${1950 + (number % 55)}-06-15`, sex: number % 2 === 0 ? 'female' : 'male', height_cm: 150 + (number % 45) },
    },
  };
}

function goal(number: number, atMs: number, untilMs: number): SeedEvent {
  const dates = { start_date: dateOf(atMs), target_date: dateOf(untilMs + 30 * DAY_MS) };
  return {
    ...{ type: 'health.goal.created', subject: personOf(number), occurred_at: atMs + 1_000 },
    data: { goal_id: `seed-goal-${number}`, goal_type: 'steps', status: 'active', target_value: 10_000, unit: 'count', ...dates },
  };
}

function dayOf({ number, draw }: SeedUnit, dayMs: number, day: number): readonly SeedEvent[] {
  const subject = personOf(number);
  const id = `${number}-${day}`;
  const measured = MEASURED.map(({ metric_type: type, from, to, unit }, at): SeedEvent => {
    const data = { metric_id: `seed-metric-${id}-${at}`, metric_type: type, value: between(draw, from, to), unit, source: 'device' };
    return { type: 'health.metric.recorded', subject, occurred_at: dayMs + (8 + at) * 3_600_000 + between(draw, 0, 3_599_000), data };
  });
  const eaten = {
    calories: between(draw, 300, 900),
    protein_g: between(draw, 10, 60),
    carbs_g: between(draw, 20, 120),
    fat_g: between(draw, 5, 40),
  };
  const data = { meal_id: `seed-meal-${id}`, meal_type: pickFrom(['breakfast', 'lunch', 'dinner'], draw), ...eaten };
  return [...measured, { type: 'health.meal.logged', subject, occurred_at: dayMs + 13 * 3_600_000, data }];
}
