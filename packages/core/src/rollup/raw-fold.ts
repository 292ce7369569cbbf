/** Folds raw rows again, by the same reader and the same folder as the events of the log. */
import type { CompiledMetric } from '../pack/compiled.ts';
import { foldPlansOf } from './fold-plan.ts';
import { createFolder } from './folder.ts';
import type { FoldedBatch } from './folder-shape.ts';
import { createRawRecordReader } from './raw-record.ts';
import type { RawEvent } from './raw-record.ts';

export interface RawFold {
  fold(event: RawEvent): void;
  /** What was folded since the last take. */
  take(): FoldedBatch;
}

/** Folds events of one tenant into the given metric versions and nothing else. */
export function createRawFold(metrics: readonly CompiledMetric[]): RawFold {
  const plans = foldPlansOf(metrics, [
    ...new Map(metrics.flatMap(({ over }) => (over === undefined ? [] : [[over.entity.entity, over.entity]]))).values(),
  ]);
  const folder = createFolder((_tenant, type) => plans.get(type) ?? null);
  const readRaw = createRawRecordReader();
  return {
    fold: (event) => folder.fold(readRaw(event), event.receivedAtMs),
    take: () => folder.take(),
  };
}
