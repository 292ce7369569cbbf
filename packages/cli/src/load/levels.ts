import type { LoadReport } from './tally.ts';

/** Loads to try one after another, `from:to:step`. */
export function parseLevels(text: string): readonly number[] | null {
  const match = /^(\d+):(\d+):(\d+)$/.exec(text);
  if (match === null) return null;
  const [from = 0, to = 0, step = 0] = match.slice(1).map(Number);
  if (step === 0 || from === 0 || to < from) return null;
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);
}

const ERROR_RATE_MAX = 0.01;
const P95_MAX_S = 1;

/** Whether a load was too much: more than 1 % errors, or 95 of 100 answers took longer than a second (M-50). */
export function isBroken({ all }: Pick<LoadReport, 'all'>): boolean {
  return all.times === null || all.errors > all.requests * ERROR_RATE_MAX || all.times.p95 > P95_MAX_S;
}

export interface Climb {
  /** Null: already the first was too much. */
  readonly lastGood: number | null;
  /** Null: none was. */
  readonly firstBroken: number | null;
}

/** Goes up level by level until one is too much. */
export async function climb(levels: readonly number[], run: (level: number) => Promise<LoadReport>): Promise<Climb> {
  let lastGood: number | null = null;
  for (const level of levels) {
    if (isBroken(await run(level))) return { lastGood, firstBroken: level };
    lastGood = level;
  }
  return { lastGood, firstBroken: null };
}
