/** How the cost of an event grows with metrics, dimensions and subjects: fold, merge and encoding of one partition, without servers. */
import {
  compilePack,
  createCanonicalReader,
  createFolder,
  createState,
  encodeState,
  foldPlansOf,
  mergeState,
  parsePack,
} from '@tidegate/core';
import type { CompiledMeasure, FoldedBatch, FoldPlan, RollupState } from '@tidegate/core';
import { createSeededRandom } from '@tidegate/testkit';
import { machineBusySeconds } from './machine.ts';
import type { BenchMeasurement } from './report.ts';

interface Shape {
  readonly metrics: number;
  readonly dimensions: number;
  readonly subjects: number;
}

const BASE: Shape = { metrics: 1, dimensions: 1, subjects: 0 };
/** One thing at a time. Subjects 0: no set by subject. */
const SHAPES: readonly Shape[] = [
  BASE,
  ...[2, 4, 8, 16].map((metrics) => ({ ...BASE, metrics })),
  ...[2, 4, 8].map((dimensions) => ({ ...BASE, dimensions })),
  ...[100, 10_000, 1_000_000].map((subjects) => ({ ...BASE, subjects })),
];

const EVENTS = 40_000;
const BATCH = 2_000;
const ROUNDS = 3;
const VALUES = 5;
const START_MS = Date.UTC(2026, 10, 1);

/** Processor time: what other processes take from the clock is left out. */
export function benchGrowth(seed: number, say: (line: string) => void): BenchMeasurement {
  const before = { busy: machineBusySeconds(), own: ownSeconds(), at: performance.now() };
  const figures: Record<string, number> = {};
  // Until the compilers have seen every path an event takes several times as long.
  for (const shape of [BASE, ...SHAPES.slice(-1)]) foldAll(plansOf(shape), recordsOf(shape, createSeededRandom(seed)));
  for (const shape of SHAPES) {
    const records = recordsOf(shape, createSeededRandom(seed));
    const runs = Array.from({ length: ROUNDS }, () => foldAll(plansOf(shape), records)).sort((a, b) => a.seconds - b.seconds);
    const { seconds, cells } = runs[Math.floor(ROUNDS / 2)] ?? { seconds: 0, cells: 0 };
    const name = `metrics_${shape.metrics}_dimensions_${shape.dimensions}_subjects_${shape.subjects}`;
    figures[`${name}_us_per_event`] = (seconds * 1e6) / EVENTS;
    figures[`${name}_cells_per_event`] = cells / EVENTS;
    say(`${name}: ${((seconds * 1e6) / EVENTS).toFixed(2)} us and ${(cells / EVENTS).toFixed(3)} cells an event`);
  }
  const seconds = (performance.now() - before.at) / 1_000;
  const outsideCores = (machineBusySeconds() - before.busy - (ownSeconds() - before.own)) / seconds;
  return { settings: { seed, events: EVENTS, batch: BATCH, rounds: ROUNDS, values: VALUES }, figures, ratios: {}, outsideCores };
}

function ownSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function plansOf({ metrics, dimensions, subjects }: Shape): ReadonlyMap<string, FoldPlan> {
  const names = Array.from({ length: dimensions }, (_, i) => `d${i}`);
  const metric = {
    events: ['edit'],
    dimensions: names,
    sets: [subjects === 0 ? names : [...names, 'subject']],
    measures: { n: { measure: 'count' }, total: { measure: 'sum', field: 'size' } },
  };
  const parsed = parsePack({
    pack: 'bench',
    title: 'Bench',
    events: {
      edit: {
        subject: 'optional',
        fields: {
          ...Object.fromEntries(names.map((name) => [name, { type: 'string', dimension: true, max_length: 100 }])),
          size: { type: 'integer' },
        },
      },
    },
    metrics: Object.fromEntries(Array.from({ length: metrics }, (_, i) => [`m${i}`, metric])),
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
  return foldPlansOf(compilePack({ tenant: 'bench', version: 1, metricVersions: {}, pack: parsed.value }).metrics.values());
}

/** An hour of edits; each dimension has five values, so more dimensions are more combinations. */
function recordsOf({ dimensions, subjects }: Shape, random: () => number): readonly Uint8Array[] {
  const encoder = new TextEncoder();
  return Array.from({ length: EVENTS }, (_, at) => {
    const time = new Date(START_MS + Math.floor((at * 3_600_000) / EVENTS)).toISOString();
    const dims = Array.from({ length: dimensions }, (_d, i) => `"d${i}":"v${Math.floor(random() * VALUES)}",`).join('');
    const subject =
      subjects === 0
        ? ''
        : `"subject":"${Math.floor(random() * subjects)
            .toString(16)
            .padStart(64, '0')}",`;
    return encoder.encode(
      `{"specversion":"1.0","id":"e-${at}","source":"urn:tidegate:no-source","type":"edit",${subject}"time":"${time}","datacontenttype":"application/json","tenant":"bench","packversion":1,"data":{${dims}"size":${Math.floor(random() * 1_000)}}}`,
    );
  });
}

function foldAll(plans: ReadonlyMap<string, FoldPlan>, records: readonly Uint8Array[]): { seconds: number; cells: number } {
  const reader = createCanonicalReader();
  const folder = createFolder((_tenant, type) => plans.get(type) ?? null);
  const measures = [...plans.values()][0]?.metrics[0]?.metric.measures ?? [];
  const known = new Map<string, RollupState>();
  let cells = 0;
  const started = ownSeconds();
  for (const [at, record] of records.entries()) {
    if (reader.read(record, 0, record.length)) folder.fold(reader, START_MS);
    if ((at + 1) % BATCH !== 0) continue;
    const folded = folder.take();
    cells += folded.deltas.length;
    flush(folded, known, measures);
  }
  return { seconds: ownSeconds() - started, cells };
}

function flush({ deltas, series }: FoldedBatch, known: Map<string, RollupState>, measures: readonly CompiledMeasure[]): void {
  for (const delta of deltas) {
    const entry = series[delta.series];
    const key = `${Buffer.from(entry?.id ?? []).toString('latin1')}${delta.bucketS}`;
    const state = known.get(key) ?? createState(measures);
    mergeState(state, delta.state);
    encodeState(state);
    known.set(key, state);
  }
}
