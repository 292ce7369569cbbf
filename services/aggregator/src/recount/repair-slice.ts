import { bucketStartS, encodeState } from '@tidegate/core';
import type { CompiledMetric, SeriesEntry } from '@tidegate/core';
import { cellKeyText } from '@tidegate/postgres';
import type { CellWrite, DriftRow, RestatedBucket, StoredCell } from '@tidegate/postgres';
import type { OwnedPartition } from '../owned-partition.ts';
import type { PreparedSlice } from '../task-kind.ts';
import { driftKey, rightState, toDriftRow } from './drift.ts';
import type { Drift } from './drift.ts';

/**
 * Writes recounted states where wrong ones are, and tells of each. A cell that is not what was compared any more is left: a later
 * commit changed it, and the recount does not know by what.
 */
export function repairSlice(
  owned: OwnedPartition,
  { metric, drifts }: { readonly metric: CompiledMetric; readonly drifts: readonly Drift[] },
  onRepaired: (rows: readonly DriftRow[]) => void,
): PreparedSlice {
  const keys = drifts.map(driftKey);
  const rows: DriftRow[] = [];
  const restated: RestatedBucket[] = [];
  const writes: CellWrite[] = [];
  const series: SeriesEntry[] = [];

  function resolve(stored: readonly StoredCell[]): readonly CellWrite[] {
    for (const list of [rows, restated, writes, series]) list.length = 0;
    const now = new Map(stored.map((cell) => [cellKeyText(cell), cell]));
    for (const drift of drifts) {
      const key = driftKey(drift);
      const cell = now.get(cellKeyText(key)) ?? null;
      const right = isSameCell(cell, drift.stored) ? rightState(drift, metric) : null;
      rows.push(toDriftRow(drift, metric, right !== null));
      if (right === null) continue;
      writes.push({ ...key, state: encodeState(right), revision: (cell?.revision ?? 0) + 1 });
      series.push(drift.entry);
    }
    restated.push(...restatedBy(metric, writes));
    return writes;
  }

  return {
    commit: {
      cells: { absent: keys, values: null, sealed: () => [], resolve },
      // Of a cell that is missing the series may be, too.
      series: drifts.map(({ entry }) => entry),
      drifts: rows,
      restated,
    },
    isMade: () => rows.length === drifts.length,
    committed() {
      owned.cells.forget(keys);
      onRepaired(rows);
      return { writes, series, records: drifts.length };
    },
    failed: () => undefined,
  };
}

function isSameCell(now: StoredCell | null, compared: StoredCell | null): boolean {
  if (now === null || compared === null) return now === compared;
  return now.commitNo === compared.commitNo && Buffer.compare(now.state, compared.state) === 0;
}

/** Each once. */
function restatedBy({ tenant, metric, version }: CompiledMetric, writes: readonly CellWrite[]): readonly RestatedBucket[] {
  const buckets = new Set(writes.map(({ bucketS }) => bucketStartS(bucketS, 'quarter_hour')));
  return [...buckets].map((bucketS) => ({ tenant, metric, version, bucketS, cause: 'repair' }));
}
