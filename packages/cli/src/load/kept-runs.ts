/** Results of runs as files, and what became worse since the one before (M-47). */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Machine } from './run-origin.ts';

const FIGURES = z.object({ requests: z.number(), times: z.object({ p95: z.number() }).nullable() });
const KEPT_RUN = z.object({
  run: z.object({
    measured_at: z.string(),
    commit: z.string().nullable(),
    machine: z.looseObject({ cpu: z.string(), cores: z.number(), memory_gib: z.number() }),
  }),
  report: z.looseObject({
    ...FIGURES.shape,
    scenario: z.string(),
    asks: z.string(),
    load: z.string(),
    endpoints: z.array(z.looseObject({ ...FIGURES.shape, endpoint: z.string() })),
  }),
});
/** A report with where it was made. */
export type KeptRun = z.output<typeof KEPT_RUN>;

export interface RunOrigin {
  readonly measuredAt: string;
  readonly commit: string | null;
  readonly machine: Machine;
}

export function toKeptRun(report: unknown, { measuredAt, commit, machine }: RunOrigin): KeptRun {
  return KEPT_RUN.parse({ run: { measured_at: measuredAt, commit, machine }, report });
}

const BEGINNING = 'loadtest-';

/** Writes a new file and returns its path. */
export function keepRun(folder: string, kept: KeptRun): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${BEGINNING}${kept.report.scenario}-${kept.run.measured_at.replaceAll(/[:.]/g, '')}.json`);
  writeFileSync(path, `${JSON.stringify(kept)}\n`, { flag: 'wx' });
  return path;
}

/** The newest run of the folder that was the same load on the same machine, before this one; null: there is none. */
export function earlierRun(folder: string, { run, report }: KeptRun): KeptRun | null {
  const likeness = (one: KeptRun): string => {
    const { cpu, cores, memory_gib: memoryGib } = one.run.machine;
    return JSON.stringify([one.report.scenario, one.report.asks, one.report.load, cpu, cores, memoryGib]);
  };
  const alike = readRuns(folder)
    .filter((one) => one.run.measured_at < run.measured_at && likeness(one) === likeness({ run, report }))
    .toSorted((a, b) => (a.run.measured_at < b.run.measured_at ? -1 : 1));
  return alike.at(-1) ?? null;
}

function readRuns(folder: string): readonly KeptRun[] {
  const names = readdirSync(folder).filter((name) => name.startsWith(BEGINNING) && name.endsWith('.json'));
  return names.map((name) => {
    const kept = KEPT_RUN.safeParse(JSON.parse(readFileSync(join(folder, name), 'utf8')));
    if (!kept.success) throw new Error(`${join(folder, name)} is no kept run: move it away.`);
    return kept.data;
  });
}

export interface Worsened {
  /** `all`, or a route. */
  readonly endpoint: string;
  readonly before: number;
  readonly now: number;
}

/** Of fewer requests p95 is the lot of a few. */
const REQUESTS_MIN = 100;

/** Routes, and all together, whose p95 has grown by more than so many percent. */
export function worsenedSince(before: KeptRun, now: KeptRun, byMorePct: number): readonly Worsened[] {
  const earlier = new Map(figuresOf(before));
  return figuresOf(now).flatMap(([endpoint, p95]) => {
    const was = earlier.get(endpoint);
    return was !== undefined && p95 > was * (1 + byMorePct / 100) ? [{ endpoint, before: was, now: p95 }] : [];
  });
}

function figuresOf({ report }: KeptRun): readonly [string, number][] {
  return [{ ...report, endpoint: 'all' }, ...report.endpoints].flatMap(({ endpoint, requests, times }): [string, number][] =>
    times === null || requests < REQUESTS_MIN ? [] : [[endpoint, times.p95]],
  );
}
