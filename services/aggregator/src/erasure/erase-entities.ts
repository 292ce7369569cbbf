/** A person's rows of one entity: out of the figures over them and away, in one commit. */
import { goneRows } from '@tidegate/core';
import type { CompiledEntity, FoldedBatch } from '@tidegate/core';
import type { Erasure, MergedEntities } from '@tidegate/postgres';
import type { OwnedPartition } from '../owned-partition.ts';
import type { PreparedCells } from '../prepared-cells.ts';
import { restatedBy } from '../restated.ts';
import type { Closing } from '../restated.ts';
import type { PreparedSlice } from '../task-kind.ts';

interface EntityAsk {
  readonly erasure: Erasure;
  readonly entity: CompiledEntity;
  readonly ids: readonly string[];
  readonly closing: Closing;
}

/** Merged once: cells must not be resolved twice. */
export function entitySlice(owned: OwnedPartition, { erasure, entity, ids, closing }: EntityAsk): PreparedSlice {
  const { entity: projected, fold } = owned.projectionOf(entity);
  const { subject } = erasure;
  const keys = ids.map((id) => ({ subject, id }));
  const beside = owned.cells.beside();
  let cells: PreparedCells | null = null;
  let made: MergedEntities | null = null;

  function merge(folded: FoldedBatch | null): MergedEntities {
    const changed = goneRows(projected, keys);
    if (folded === null || folded.deltas.length === 0) return { writes: [], changed, cells: null, series: [], restated: [] };
    cells = beside.prepare(folded, closing);
    const restated = restatedBy(folded, closing).map((bucket) => ({ ...bucket, cause: 'erasure' as const }));
    return { writes: [], changed, cells, series: cells.newSeries, restated };
  }

  return {
    commit: {
      entities: {
        asks: [{ entity: projected, keys }],
        merge([stored = []]) {
          if (made === null) owned.sharedRows?.look(stored, fold);
          made ??= merge(fold?.fold(stored, []) ?? null);
          return made;
        },
      },
      erasure: { ...erasure, step: { kind: 'entity', entity: projected, ids } },
    },
    isMade: () => made !== null,
    committed() {
      const { writes = [], places = [], series = [] } = cells ?? {};
      owned.cells.forget(writes);
      return { writes, series: places.flatMap((place) => series[place] ?? []), entities: made?.changed ?? [], records: ids.length };
    },
    failed: () => undefined,
  };
}
