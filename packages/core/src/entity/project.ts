/** Changes of rows into rows, and what they do to the cells of metrics over them (docs/design/entities.md, section 5). */
import { hashText } from '../hash/value-hash.ts';
import type { CompiledMetric } from '../pack/compiled.ts';
import { versionName } from '../pack/metric-versions.ts';
import { createFoldPlan } from '../rollup/fold-plan.ts';
import type { FoldPlan } from '../rollup/fold-plan.ts';
import { createFolder } from '../rollup/folder.ts';
import type { CellDelta, FoldedBatch } from '../rollup/folder-shape.ts';
import type { SeriesEntry } from '../rollup/announcement-shape.ts';
import { createState, isSameState, subtractState } from '../rollup/state.ts';
import type { RollupState } from '../rollup/state.ts';
import { isThere } from './entity-shape.ts';
import type { EntityRowState, EntityState } from './entity-shape.ts';
import { mergeEntity, NO_ENTITY } from './merge.ts';
import { RowView } from './row-view.ts';

/** Metric versions that are folded over one entity. */
export interface RowFold {
  /** What taking the rows before out and putting the rows after in adds to cells. */
  fold(before: readonly EntityRowState[], after: readonly EntityRowState[]): FoldedBatch;
  /** Of each version the hash of its name; rising. */
  readonly versions: readonly number[];
}

export interface Projection {
  /** Rows that are to be written, as they are now; those that nothing changed are left out. */
  readonly rows: readonly EntityRowState[];
  /** The same rows as they were. */
  readonly before: readonly EntityRowState[];
  /** Null: no cell changes. */
  readonly folded: FoldedBatch | null;
}

/**
 * `changes` over the rows as they are stored. A row that nothing changes is written all the same where a version does not hold
 * it yet: so a new version is made by reading events again.
 */
export function projectRows(
  changes: readonly EntityRowState[],
  storedOf: (change: EntityRowState) => EntityState | undefined,
  fold: RowFold | null,
): Projection {
  const before: EntityRowState[] = [];
  const after: EntityRowState[] = [];
  const versions = fold?.versions ?? [];
  for (const change of changes) {
    const stored = storedOf(change) ?? NO_ENTITY;
    const merged = mergeEntity(stored, change.state);
    const counted = isThere(merged) ? versions : [];
    if (merged === stored && isSameList(counted, stored.counted)) continue;
    before.push({ key: change.key, state: stored });
    after.push({ key: change.key, state: { ...merged, counted } });
  }
  return { rows: after, before, folded: fold === null || after.length === 0 ? null : fold.fold(before, after) };
}

function isSameList(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((one, at) => one === b[at]);
}

/** Null where no metric is over the entity. */
export function createRowFold(metrics: readonly CompiledMetric[]): RowFold | null {
  if (metrics.length === 0) return null;
  const views = metrics.map((metric) => ({ hash: hashText(versionName(metric)), view: new RowView(metric) }));
  const plans = new Map<string, FoldPlan>(metrics.map((metric) => [versionName(metric), createFoldPlan([metric])]));
  const measuresOf = new Map(metrics.map((metric) => [versionName(metric), metric.measures]));
  const planOf = (_tenant: string, type: string): FoldPlan | null => plans.get(type) ?? null;

  const folder = createFolder(planOf);

  /** Each row into the versions that hold it. */
  function foldAll(rows: readonly EntityRowState[]): FoldedBatch {
    for (const row of rows) {
      for (const { hash, view } of views) if (row.state.counted.includes(hash) && view.look(row)) folder.fold(view, 0);
    }
    return folder.take();
  }

  return {
    versions: views.map(({ hash }) => hash).toSorted((a, b) => a - b),
    fold: (before, after) =>
      difference(foldAll(after), foldAll(before), (series) => createState(measuresOf.get(versionName(series)) ?? [])),
  };
}

/** Cells that come out as they were are left out. */
function difference(put: FoldedBatch, taken: FoldedBatch, emptyOf: (series: SeriesEntry) => RollupState): FoldedBatch {
  const series = [...put.series];
  const placeOf = new Map(series.map((entry, place) => [idText(entry), place]));
  const deltas = new Map<string, CellDelta>(put.deltas.map((delta) => [`${delta.series} ${delta.bucketS}`, delta]));
  for (const delta of taken.deltas) {
    const entry = taken.series[delta.series];
    if (entry === undefined) continue;
    const place = placeOf.get(idText(entry)) ?? series.push(entry) - 1;
    placeOf.set(idText(entry), place);
    const key = `${place} ${delta.bucketS}`;
    const known = deltas.get(key) ?? { ...delta, series: place, state: emptyOf(entry) };
    subtractState(known.state, delta.state);
    deltas.set(key, known);
  }
  return withoutEmpty({ ...put, events: 0, days: [], series, deltas: [...deltas.values()] }, emptyOf);
}

/** A batch names a series exactly when one of its cells changes. */
function withoutEmpty(batch: FoldedBatch, emptyOf: (series: SeriesEntry) => RollupState): FoldedBatch {
  const series: SeriesEntry[] = [];
  const places = new Map<number, number>();
  const deltas: CellDelta[] = [];
  for (const delta of batch.deltas) {
    const entry = batch.series[delta.series];
    if (entry === undefined || isSameState(delta.state, emptyOf(entry))) continue;
    const place = places.get(delta.series) ?? series.push(entry) - 1;
    places.set(delta.series, place);
    deltas.push({ ...delta, series: place });
  }
  return { ...batch, series, deltas };
}

function idText({ id }: SeriesEntry): string {
  return String.fromCharCode(...id);
}
