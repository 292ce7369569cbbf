import type { EventInput } from '@tidegate/sdk';
import type { Draw } from '../load/draws.ts';

/** One claim, or one person, with all that happened. */
export interface SeedUnit {
  /** From 0. */
  readonly number: number;
  readonly draw: Draw;
  /** Nothing happened at or after it. */
  readonly untilMs: number;
  /** What happened lies in so many days before. */
  readonly days: number;
}

/** An event without an id, for that depends on the run. */
export type SeedEvent = Omit<EventInput, 'id' | 'source'> & { readonly occurred_at: number };

export const DAY_MS = 86_400_000;

/** The persons, or claims, for whom `tidegate loadtest` asks. */
export function personOf(number: number): string {
  return `load-${number + 1}`;
}

export function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

export function between(draw: Draw, from: number, to: number): number {
  return from + Math.floor(draw() * (to - from + 1));
}
