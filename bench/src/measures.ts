import { encodeState } from '@tidegate/core';
import { foldBatches, plansOfPack } from './fold-batches.ts';
import type { FoldPlans } from './fold-batches.ts';
import { startCpuWindow } from './machine.ts';
import type { BenchMeasurement } from './report.ts';

/** What is timed: each measure as the only one beside a count, with options as a pack has them by default. */
const MEASURES: Readonly<Record<string, object>> = {
  count: { measure: 'count' },
  sum: { measure: 'sum', field: 'size' },
  max: { measure: 'max', field: 'size' },
  quantile: { measure: 'quantile', field: 'size' },
  variance: { measure: 'variance', field: 'size' },
  histogram: { measure: 'histogram', field: 'size', bounds: [0, 10, 100, 1_000, 10_000] },
  last: { measure: 'last', field: 'size' },
  last_text: { measure: 'last', field: 'page' },
  distinct: { measure: 'distinct', field: 'page' },
  top_k: { measure: 'top_k', field: 'page' },
};

const EVENTS = 200_000;
const BATCH = 2_000;
const ROUNDS = 5;
const CHANNELS = 20;
const START_MS = Date.UTC(2026, 10, 1);

/** Fold, merge and encode of one partition, without servers: nanoseconds an event, and bytes of a cell at the end. */
export function benchMeasures(seed: number, say: (line: string) => void): BenchMeasurement {
  const records = recordsOf(seed);
  const figures: Record<string, number> = {};
  const cpu = startCpuWindow(process.pid, () => performance.now());
  for (const [name, measure] of Object.entries(MEASURES)) {
    const plans = plansOf(measure);
    const runs = Array.from({ length: ROUNDS }, () => foldAll(plans, records)).sort((a, b) => a.ns - b.ns);
    const median = runs[Math.floor(ROUNDS / 2)];
    figures[`${name}_ns`] = (median?.ns ?? 0) / EVENTS;
    figures[`${name}_bytes`] = median?.bytes ?? 0;
    say(`${name}: ${figures[`${name}_ns`]?.toFixed(0)} ns an event, ${figures[`${name}_bytes`]?.toFixed(0)} bytes a cell`);
  }
  const { outsideCores } = cpu.end();
  return { settings: { events: EVENTS, batch: BATCH, rounds: ROUNDS, seed }, figures, ratios: {}, outsideCores };
}

function plansOf(measure: object): FoldPlans {
  return plansOfPack({
    pack: 'bench',
    title: 'Bench',
    events: {
      edit: {
        subject: 'none',
        fields: {
          channel: { type: 'string', dimension: true, max_length: 100 },
          page: { type: 'string', max_length: 200, action: 'keep', why: 'for the tests' },
          size: { type: 'integer', action: 'keep', why: 'for the tests' },
        },
      },
    },
    metrics: { edits: { events: ['edit'], dimensions: ['channel'], measures: { n: { measure: 'count' }, x: measure } } },
  });
}

/** An hour of edits of 20 channels; one page in two is among a hundred that come often, the others are 50,000. */
function recordsOf(seed: number): readonly Uint8Array[] {
  const encoder = new TextEncoder();
  let state = seed;
  const draw = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  return Array.from({ length: EVENTS }, (_, at) => {
    const time = new Date(START_MS + Math.floor((at * 3_600_000) / EVENTS)).toISOString();
    const page = draw() < 0.5 ? Math.floor(draw() * 100) : 100 + Math.floor(draw() * 50_000);
    const data = `{"channel":"#${Math.floor(draw() * CHANNELS)}","page":"Page ${page}","size":${Math.floor(draw() ** 4 * 20_000)}}`;
    return encoder.encode(
      `{"specversion":"1.0","id":"01f0c5a2-${at.toString(16).padStart(8, '0')}","source":"urn:tidegate:no-source","type":"edit","time":"${time}","datacontenttype":"application/json","tenant":"bench","packversion":1,"data":${data}}`,
    );
  });
}

function foldAll(plans: FoldPlans, records: readonly Uint8Array[]): { ns: number; bytes: number } {
  const { seconds, cells } = foldBatches({ plans, records, batch: BATCH, nowMs: START_MS });
  return { ns: seconds * 1e9, bytes: [...cells.values()].reduce((sum, cell) => sum + encodeState(cell).length, 0) / cells.size };
}
