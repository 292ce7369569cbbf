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
import { ownSeconds } from './machine.ts';

export type FoldPlans = ReadonlyMap<string, FoldPlan>;

/** Plans of a pack as `pack.yaml` would say it. */
export function plansOfPack(pack: object): FoldPlans {
  const parsed = parsePack(pack);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
  return foldPlansOf(compilePack({ tenant: 'bench', version: 1, metricVersions: {}, pack: parsed.value }).metrics.values());
}

export interface Folding {
  readonly plans: FoldPlans;
  /** Canonical events. */
  readonly records: readonly Uint8Array[];
  /** Events between two flushes. */
  readonly batch: number;
  readonly nowMs: number;
}

export interface Folded {
  /** Processor time: what other processes take from the clock is left out. */
  readonly seconds: number;
  /** Cells that the flushes wrote, those written again counted again. */
  readonly written: number;
  /** Each cell as it was left. */
  readonly cells: ReadonlyMap<string, RollupState>;
}

/** What an owner of one partition does, without servers: read, fold, and at each flush merge and encode the cells that changed. */
export function foldBatches({ plans, records, batch, nowMs }: Folding): Folded {
  const reader = createCanonicalReader();
  const folder = createFolder((_tenant, type) => plans.get(type) ?? null);
  const measures = [...plans.values()][0]?.metrics[0]?.metric.measures ?? [];
  const cells = new Map<string, RollupState>();
  let written = 0;
  const started = ownSeconds();
  for (const [at, record] of records.entries()) {
    if (reader.read(record, 0, record.length)) folder.fold(reader, nowMs);
    if ((at + 1) % batch !== 0) continue;
    const folded = folder.take();
    written += folded.deltas.length;
    flush(folded, cells, measures);
  }
  return { seconds: ownSeconds() - started, written, cells };
}

function flush({ deltas, series }: FoldedBatch, cells: Map<string, RollupState>, measures: readonly CompiledMeasure[]): void {
  for (const delta of deltas) {
    const key = `${Buffer.from(series[delta.series]?.id ?? []).toString('latin1')}${delta.bucketS}`;
    const state = cells.get(key) ?? createState(measures);
    mergeState(state, delta.state);
    encodeState(state);
    cells.set(key, state);
  }
}
