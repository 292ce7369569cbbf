import type { Draw } from './draws.ts';
import type { Moment } from './scenario.ts';

export function pickFrom<const L extends readonly [unknown, ...unknown[]]>(list: L, draw: Draw): L[number] {
  return list[Math.floor(draw() * list.length)] ?? list[0];
}

/** Kinds of measurement with the whole numbers between which a person's lie. */
export const MEASURED = [
  { metric_type: 'steps', from: 0, to: 4_000, unit: 'count' },
  { metric_type: 'heart_rate', from: 55, to: 120, unit: 'bpm' },
  { metric_type: 'water', from: 100, to: 500, unit: 'ml' },
  { metric_type: 'sleep', from: 5, to: 9, unit: 'h' },
] as const;

/** A measurement of pack healthtrack. */
export function recordedMetric({ user, nextId, draw }: Moment): {
  readonly type: string;
  readonly subject: string;
  readonly data: Readonly<Record<string, unknown>>;
} {
  const { metric_type: type, from, to, unit } = pickFrom(MEASURED, draw);
  return {
    type: 'health.metric.recorded',
    subject: user,
    data: { metric_id: nextId(), metric_type: type, value: from + Math.floor(draw() * (to - from)), unit, source: 'device' },
  };
}
