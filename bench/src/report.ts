import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { commitName, describeMachine } from '@tidegate/cli';
import type { Machine } from '@tidegate/cli';

/** The one line that a bench prints and keeps. */
export interface BenchResult {
  readonly bench: string;
  readonly machine: Machine & { readonly measured_at: string; readonly outside_cores: number; readonly void: boolean };
  readonly commit: string;
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  readonly figures: Readonly<Record<string, number>>;
  readonly ratios: Readonly<Record<string, number>>;
  readonly targets?: readonly JudgedTarget[];
}

/** A figure beside what is asked of it. */
export interface JudgedTarget {
  /** The load it was measured under. */
  readonly load: string;
  /** Of docs/reference/coverage.md. */
  readonly rows: readonly string[];
  readonly target: string;
  /** Null: nothing was answered that it could be of. */
  readonly value: number | null;
  readonly met: boolean;
}

/** More than this by processes outside the measured tree, on average, and a run says nothing. */
export const OUTSIDE_CORES_MAX = 0.1;

export interface BenchMeasurement {
  readonly settings: BenchResult['settings'];
  readonly figures: BenchResult['figures'];
  readonly ratios: BenchResult['ratios'];
  readonly outsideCores: number;
  readonly targets?: readonly JudgedTarget[];
}

/** Completes a measurement, keeps it in docs/benchmarks and returns it. */
export function keepResult(bench: string, measured: BenchMeasurement): BenchResult {
  const measuredAt = new Date().toISOString();
  const result: BenchResult = {
    bench,
    machine: {
      ...describeMachine(),
      measured_at: measuredAt,
      outside_cores: round(measured.outsideCores),
      void: measured.outsideCores > OUTSIDE_CORES_MAX,
    },
    commit: commitName() ?? 'unknown',
    settings: measured.settings,
    figures: roundAll(measured.figures),
    ratios: roundAll(measured.ratios),
    ...(measured.targets === undefined ? {} : { targets: measured.targets }),
  };
  const folder = fileURLToPath(new URL('../../docs/benchmarks/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}${bench}-${measuredAt.slice(0, 19).replaceAll(':', '')}.json`, `${JSON.stringify(result)}\n`);
  return result;
}

function roundAll(figures: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, round(value)]));
}

function round(value: number): number {
  return Number(value.toPrecision(5));
}
