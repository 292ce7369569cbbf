/** How the cost of an event grows with metrics, dimensions and subjects: fold, merge and encoding of one partition, without servers. */
import { createSeededRandom } from '@tidegate/testkit';
import { foldBatches, plansOfPack } from './fold-batches.ts';
import type { Folded, FoldPlans } from './fold-batches.ts';
import { startCpuWindow } from './machine.ts';
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

export function benchGrowth(seed: number, say: (line: string) => void): BenchMeasurement {
  const cpu = startCpuWindow(process.pid, () => performance.now());
  const figures: Record<string, number> = {};
  // Until the compilers have seen every path an event takes several times as long.
  for (const shape of [BASE, ...SHAPES.slice(-1)]) foldAll(shape, recordsOf(shape, createSeededRandom(seed)));
  for (const shape of SHAPES) {
    const records = recordsOf(shape, createSeededRandom(seed));
    const runs = Array.from({ length: ROUNDS }, () => foldAll(shape, records)).sort((a, b) => a.seconds - b.seconds);
    const { seconds, written } = runs[Math.floor(ROUNDS / 2)] ?? { seconds: 0, written: 0 };
    const name = `metrics_${shape.metrics}_dimensions_${shape.dimensions}_subjects_${shape.subjects}`;
    figures[`${name}_us_per_event`] = (seconds * 1e6) / EVENTS;
    figures[`${name}_cells_per_event`] = written / EVENTS;
    say(`${name}: ${((seconds * 1e6) / EVENTS).toFixed(2)} us and ${(written / EVENTS).toFixed(3)} cells an event`);
  }
  const { outsideCores } = cpu.end();
  return { settings: { seed, events: EVENTS, batch: BATCH, rounds: ROUNDS, values: VALUES }, figures, ratios: {}, outsideCores };
}

function plansOf({ metrics, dimensions, subjects }: Shape): FoldPlans {
  const names = Array.from({ length: dimensions }, (_, i) => `d${i}`);
  const metric = {
    events: ['edit'],
    dimensions: names,
    sets: [subjects === 0 ? names : [...names, 'subject']],
    measures: { n: { measure: 'count' }, total: { measure: 'sum', field: 'size' } },
  };
  return plansOfPack({
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

function foldAll(shape: Shape, records: readonly Uint8Array[]): Folded {
  return foldBatches({ plans: plansOf(shape), records, batch: BATCH, nowMs: START_MS });
}
