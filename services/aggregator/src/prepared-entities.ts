/** From the changes of rows of a batch to the rows that its flush writes, and the cells of metrics over them. */
import { isDeepStrictEqual } from 'node:util';
import { changedRows, compareUtf8, projectRows } from '@tidegate/core';
import type {
  ChangedEntities,
  CompiledEntity,
  EntityBatch,
  EntityRowState,
  FoldedBatch,
  Projection,
  RowFold,
  SeriesEntry,
} from '@tidegate/core';
import type { CellWrite, MergedEntities, PendingEntities } from '@tidegate/postgres';
import type { EntityProjection } from './known-packs.ts';
import type { PreparedCells } from './prepared-cells.ts';
import { restatedBy } from './restated.ts';
import type { Closing } from './restated.ts';
import type { SharedRows } from './shared-rows.ts';

export interface PreparedEntities extends PendingEntities {
  /** As merged; empty and null before. */
  readonly changed: readonly ChangedEntities[];
  readonly cells: PreparedCells | null;
}

export interface PrepareEntitiesDeps {
  readonly projectionOf: (entity: CompiledEntity) => EntityProjection;
  readonly sharedRows: SharedRows | null;
  readonly prepare: (folded: FoldedBatch) => PreparedCells;
  readonly closing: Closing;
}

/** Null where a batch changes no row. */
export function prepareEntities(batches: readonly EntityBatch[], deps: PrepareEntitiesDeps): PreparedEntities | null {
  if (batches.length === 0) return null;
  const { sharedRows } = deps;
  const sorted = batches.map(({ entity, rows }) => ({ ...deps.projectionOf(entity), rows: rows.toSorted(byKey) }));
  let made: MergedEntities | null = null;
  let madeOf: StoredRows = [];

  /** Tried again: cells must not be resolved twice. Nobody else writes these rows, or none has since. */
  function again(before: MergedEntities, stored: StoredRows): MergedEntities {
    if (sharedRows === null || isDeepStrictEqual(stored, madeOf)) return before;
    throw new Error('a row was written by another partition: the batch is folded again');
  }

  const prepared = {
    asks: sorted.map(({ entity, rows }) => ({ entity, keys: rows.map(({ key }) => key) })),
    changed: [] as readonly ChangedEntities[],
    cells: null as PreparedCells | null,
    isShared: sharedRows !== null,
    merge(stored: StoredRows): MergedEntities {
      if (made !== null) return again(made, stored);
      madeOf = stored;
      for (const [at, { fold }] of sorted.entries()) sharedRows?.look(stored[at] ?? [], fold);
      const projected = sorted.map(({ fold, rows }, at) => project(rows, stored[at] ?? [], fold));
      const writes = sorted.map(({ entity }, at) => ({ entity, rows: projected[at]?.rows ?? [] }));
      const folded = joined(projected.flatMap((one) => one.folded ?? []));
      const cells = folded === null ? null : deps.prepare(folded);
      const restated = folded === null ? [] : restatedBy(folded, deps.closing);
      prepared.changed = sorted.flatMap(({ entity }, at) => changedRows(entity, projected[at]?.before ?? [], projected[at]?.rows ?? []));
      prepared.cells = cells;
      made = { writes, changed: prepared.changed, cells, series: cells?.newSeries ?? [], restated };
      return made;
    },
  };
  return prepared;
}

type StoredRows = readonly (readonly EntityRowState[])[];

function byKey(a: EntityRowState, b: EntityRowState): number {
  return compareUtf8(a.key.subject, b.key.subject) || compareUtf8(a.key.id, b.key.id);
}

function project(changes: readonly EntityRowState[], stored: readonly EntityRowState[], fold: RowFold | null): Projection {
  const nameOf = ({ key: { subject, id } }: EntityRowState): string => JSON.stringify([subject, id]);
  const known = new Map(stored.map((row) => [nameOf(row), row.state]));
  return projectRows(changes, (change) => known.get(nameOf(change)), fold);
}

/** Metrics are over one entity each, so no series is of two of them. */
function joined(batches: readonly FoldedBatch[]): FoldedBatch | null {
  const [first, ...more] = batches.filter(({ deltas }) => deltas.length > 0);
  if (first === undefined) return null;
  return more.reduce(
    (all, one) => ({
      ...all,
      series: [...all.series, ...one.series],
      deltas: [...all.deltas, ...one.deltas.map((delta) => ({ ...delta, series: delta.series + all.series.length }))],
    }),
    first,
  );
}

/** All cells that a commit writes, and of each its series. */
export interface CommittedCells {
  readonly writes: readonly CellWrite[];
  readonly series: readonly SeriesEntry[];
  readonly places: readonly number[];
}

export function committedCells(cells: PreparedCells, entities: PreparedEntities | null): CommittedCells {
  const more = entities?.cells ?? null;
  if (more === null) return cells;
  return {
    writes: [...cells.writes, ...more.writes],
    series: [...cells.series, ...more.series],
    places: [...cells.places, ...more.places.map((place) => place + cells.series.length)],
  };
}
