import { pickFrom } from '../load/load-events.ts';
import { between, DAY_MS, dateOf, personOf, type SeedEvent, type SeedUnit } from './seed-unit.ts';

/** An athlete of pack fitness: food each day, an activity every other, a weighing each week. */
export function trainingEvents(unit: SeedUnit): readonly SeedEvent[] {
  const beganMs = unit.untilMs - unit.days * DAY_MS;
  return Array.from({ length: unit.days }, (_, day) => dayOf(unit, beganMs + day * DAY_MS, day)).flat();
}

function dayOf(unit: SeedUnit, dayMs: number, day: number): readonly SeedEvent[] {
  const id = `${unit.number}-${day}`;
  return [
    food(unit, dayMs, id),
    ...(day % 2 === unit.number % 2 ? [activity(unit, dayMs, id)] : []),
    ...(day % 7 === 0 ? [weighing(unit, dayMs, id)] : []),
  ];
}

function food({ number, draw }: SeedUnit, dayMs: number, id: string): SeedEvent {
  const [protein, carbs, fat] = [between(draw, 60, 160), between(draw, 150, 400), between(draw, 40, 110)];
  const eaten = { calories: 4 * protein + 4 * carbs + 9 * fat, protein_g: protein, carbs_g: carbs, fat_g: fat };
  return {
    ...{ type: 'training.nutrition.logged', subject: personOf(number), occurred_at: dayMs + 20 * 3_600_000 },
    data: { entry_id: `seed-food-${id}`, logged_on: dateOf(dayMs), ...eaten },
  };
}

function activity({ number, draw }: SeedUnit, dayMs: number, id: string): SeedEvent {
  const startedMs = dayMs + between(draw, 6, 18) * 3_600_000;
  const seconds = between(draw, 1_200, 7_200);
  const distance = Math.round(seconds * (2.4 + draw() * 1.6));
  const effort = {
    distance_m: distance,
    moving_time_s: seconds,
    elapsed_time_s: seconds + between(draw, 0, 300),
    avg_hr: between(draw, 110, 175),
  };
  return {
    ...{ type: 'training.activity.recorded', subject: personOf(number), occurred_at: startedMs },
    data: {
      activity_id: `seed-activity-${id}`,
      sport: pickFrom(['run', 'run', 'run', 'ride', 'swim'], draw),
      started_at: new Date(startedMs).toISOString(),
      ...effort,
    },
  };
}

function weighing({ number, draw }: SeedUnit, dayMs: number, id: string): SeedEvent {
  const body = { weight_kg: between(draw, 550, 950) / 10, body_fat_pct: between(draw, 80, 280) / 10 };
  return {
    ...{ type: 'training.bodycomp.recorded', subject: personOf(number), occurred_at: dayMs + 7 * 3_600_000 },
    data: { measure_id: `seed-body-${id}`, measured_on: dateOf(dayMs), ...body },
  };
}
