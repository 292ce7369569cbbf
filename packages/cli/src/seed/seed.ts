/** Made-up data of the shipped packs for load tests, in the amount that is asked for. The same seed makes the same. */
import type { EventInput } from '@tidegate/sdk';
import { createDraws } from '../load/draws.ts';
import { claimEvents } from './claims.ts';
import { healthEvents } from './health.ts';
import type { SeedEvent, SeedUnit } from './seed-unit.ts';
import { trainingEvents } from './training.ts';

interface Seed {
  /** What the scale counts. */
  readonly unit: 'claim' | 'person';
  readonly eventsOf: (unit: SeedUnit) => readonly SeedEvent[];
}

export const SEEDED_PACKS = ['marb', 'healthtrack', 'fitness'] as const;
export type SeededPack = (typeof SEEDED_PACKS)[number];

export const SEEDS: Readonly<Record<SeededPack, Seed>> = {
  marb: { unit: 'claim', eventsOf: claimEvents },
  healthtrack: { unit: 'person', eventsOf: healthEvents },
  fitness: { unit: 'person', eventsOf: trainingEvents },
};

export interface SeedPlan {
  readonly pack: SeededPack;
  /** Claims, or persons. */
  readonly scale: number;
  readonly days: number;
  readonly seed: number;
  readonly untilMs: number;
}

/** Units are drawn one by one, each from a lot of its own: those of a smaller scale are the first of a larger one. */
export function* seedEvents(plan: SeedPlan, onUnit: (begun: number) => void): Generator<EventInput> {
  const { pack, scale, seed, days, untilMs } = plan;
  const run = `seed-${seed}-${new Date(untilMs).toISOString().slice(0, 10)}`;
  for (let number = 0; number < scale; number += 1) {
    onUnit(number);
    const draw = createDraws(seed * 1_000_003 + number);
    for (const [at, event] of SEEDS[pack].eventsOf({ number, draw, untilMs, days }).entries()) {
      if (event.occurred_at < untilMs) yield { ...event, id: `${run}-${number}-${at}`, source: SOURCE };
    }
  }
}

const SOURCE = 'tidegate-seed-data';
