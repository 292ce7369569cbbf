/** How long a pack's raw events and cells are kept, as it declares it. */
import type { StoredGrain } from '../rollup/grain.ts';
import { keptGrains } from './grains.ts';
import type { MetricSource, PackSource } from './schema.ts';

/** Days by grain; null: for ever. What is absent is the installation's default. */
export type CellRetention = Readonly<Partial<Record<StoredGrain, number | null>>>;

/**
 * Cells are dropped of what is sealed in the next coarser grain alone, and that is a day after the bucket's end: minutes and
 * quarter hours in less than two days, hours once the day that they are part of is closed too.
 */
const DAYS_MIN: Readonly<Record<StoredGrain, number>> = { minute: 2, quarter_hour: 2, hour: 3, day: 1 };
const GRAINS: readonly StoredGrain[] = ['minute', 'quarter_hour', 'hour', 'day'];

/** Undefined: not declared. */
function daysOf(text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined;
  return text === 'forever' ? null : Number.parseInt(text, 10);
}

/** The metric's own word, else the pack's. */
export function cellRetentionOf(pack: PackSource, metric: MetricSource): CellRetention {
  const kept: Partial<Record<StoredGrain, number | null>> = {};
  for (const grain of keptGrains(metric.grains)) {
    const days = daysOf(metric.retention?.[grain] ?? pack.retention?.[grain]);
    if (days !== undefined) kept[grain] = days;
  }
  return kept;
}

/** Days for which events are kept, and refused ones, where the pack says so; null: for ever. */
export interface EventRetention {
  readonly rawDays?: number | null;
  /** Of several packs of a tenant the longest counts, for a refused event may be of none. */
  readonly rejectedDays?: number | null;
}

export function eventRetentionOf({ retention }: PackSource): EventRetention {
  const [rawDays, rejectedDays] = [daysOf(retention?.raw), daysOf(retention?.rejected)];
  return { ...(rawDays === undefined ? {} : { rawDays }), ...(rejectedDays === undefined ? {} : { rejectedDays }) };
}

export function lintRetention(pack: PackSource, report: (path: string, message: string) => void): void {
  for (const grain of GRAINS) lintDays(pack.retention?.[grain], grain, (message) => report(`retention.${grain}`, message));
  for (const [name, metric] of Object.entries(pack.metrics)) {
    for (const grain of GRAINS) {
      const say = (message: string): void => report(`metrics.${name}.retention.${grain}`, message);
      const declared = metric.retention?.[grain];
      lintDays(declared, grain, say);
      if (declared !== undefined && !keptGrains(metric.grains).includes(grain)) say('the metric keeps no cells of this grain');
    }
  }
}

function lintDays(text: string | undefined, grain: StoredGrain, say: (message: string) => void): void {
  const days = daysOf(text);
  if (typeof days === 'number' && days < DAYS_MIN[grain])
    say(`must be at least ${DAYS_MIN[grain]}d: cells are kept until coarser ones are made of them`);
}
