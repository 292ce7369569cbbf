/**
 * Rows of entities that are past their time, out of the figures over them and away in one commit of their owner (docs/design/entities.md,
 * section 8). A process that dies on the way leaves rows that the next look finds.
 */
import { goneRows } from '@tidegate/core';
import type { CompiledEntity, EntityRetention, EntityRowKey, EntityRowState, FoldedBatch } from '@tidegate/core';
import type { EntityAging, MergedEntities } from '@tidegate/postgres';
import type { Clock } from '@tidegate/runtime';
import type { Logger, Metrics } from '@tidegate/telemetry';
import type { OwnedPartition } from './owned-partition.ts';
import type { PreparedCells } from './prepared-cells.ts';
import type { Registry } from './registry.ts';
import { restatedBy } from './restated.ts';
import type { PreparedSlice, TaskKind } from './task-kind.ts';
import { createWaitingSlices, WalkEnded } from './waiting-slices.ts';

export interface RowRetentionDeps {
  readonly store: EntityAging;
  readonly registry: Pick<Registry, 'agingEntities' | 'knownThroughMs'>;
  readonly owned: () => readonly OwnedPartition[];
  readonly lookEveryMs: number;
  readonly closedAfterS: number;
  readonly onReady: () => void;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  readonly metrics: Metrics;
  readonly log: Logger;
}

export interface RowRetention {
  readonly kind: TaskKind;
  stop(): Promise<void>;
}

const ROWS_MAX = 500;
const DAY_MS = 86_400_000;
const POLL_MS = 200;

export function startRowRetention(deps: RowRetentionDeps): RowRetention {
  let isEnding = false;
  const slices = createWaitingSlices({ ...deps, isEnding: () => isEnding });

  async function run(): Promise<void> {
    while (!isEnding) {
      try {
        for (const owned of deps.owned()) {
          // An earlier owner may have counted by a pack that this process is yet to be told of.
          if (owned.state !== 'running' || deps.registry.knownThroughMs() < owned.takenOverMs) continue;
          for (const entity of deps.registry.agingEntities()) await dropAged(deps, owned, { entity, commit: slices.commit });
        }
      } catch (error) {
        if (!(error instanceof WalkEnded)) deps.log.warn('row_retention_failed', { error });
      }
      for (let left = deps.lookEveryMs; left > 0 && !isEnding; left -= POLL_MS) await deps.sleep(Math.min(left, POLL_MS));
    }
  }

  const running = run();
  return {
    kind: { name: 'retention', isLast: true, due: slices.due },
    async stop() {
      isEnding = true;
      await running;
    },
  };
}

interface Dropping {
  readonly entity: CompiledEntity & { readonly retention: EntityRetention };
  readonly commit: (owned: OwnedPartition, make: () => PreparedSlice) => Promise<void>;
}

async function dropAged(deps: RowRetentionDeps, owned: OwnedPartition, { entity, commit }: Dropping): Promise<void> {
  const { days, at } = entity.retention;
  for (let rows = ROWS_MAX; rows === ROWS_MAX;) {
    const beforeMs = deps.clock.nowMs() - days * DAY_MS;
    const keys = await deps.store.readAgedKeys({ entity, partition: owned.partition, at, beforeMs, rowsMax: ROWS_MAX });
    rows = keys.length;
    if (rows === 0) return;
    const closing = { arrivalToMs: deps.clock.nowMs(), closedAfterS: deps.closedAfterS };
    await commit(owned, () => goneSlice(owned, { entity, keys, beforeMs, closing }));
    deps.metrics.counter('retention_removed_total', { what: 'entity_rows' }).inc(rows);
    const { tenant, pack, entity: name } = entity;
    deps.log.info('entity_rows_dropped', { detail: { tenant, pack, entity: name, partition: owned.partition, rows } });
  }
}

interface Going {
  readonly entity: Dropping['entity'];
  readonly keys: readonly EntityRowKey[];
  readonly beforeMs: number;
  readonly closing: Parameters<typeof restatedBy>[1];
}

/** Merged once: cells must not be resolved twice. */
function goneSlice(owned: OwnedPartition, { entity, keys, beforeMs, closing }: Going): PreparedSlice {
  const { entity: projected, fold } = owned.projectionOf(entity);
  const beside = owned.cells.beside();
  let cells: PreparedCells | null = null;
  let made: MergedEntities | null = null;

  function merge(aged: readonly EntityRowState[], folded: FoldedBatch | null): MergedEntities {
    const keysGone = aged.map(({ key }) => key);
    const away = { writes: [], gone: [{ entity: projected, keys: keysGone }], changed: goneRows(projected, keysGone) };
    if (folded === null || folded.deltas.length === 0) return { ...away, cells: null, series: [], restated: [] };
    cells = beside.prepare(folded, closing);
    const restated = restatedBy(folded, closing).map((bucket) => ({ ...bucket, cause: 'retention' as const }));
    return { ...away, cells, series: cells.newSeries, restated };
  }

  return {
    commit: {
      entities: {
        asks: [{ entity: projected, keys }],
        merge([stored = []]) {
          // A row may have had an event since it was found.
          const aged = stored.filter((row) => isAged(row, entity.retention, beforeMs));
          if (made === null) owned.sharedRows?.look(aged, fold);
          made ??= merge(aged, fold?.fold(aged, []) ?? null);
          return made;
        },
      },
    },
    isMade: () => made !== null,
    committed() {
      const { writes = [], places = [], series = [] } = cells ?? {};
      owned.cells.forget(writes);
      return { writes, series: places.flatMap((place) => series[place] ?? []), entities: made?.changed ?? [], records: keys.length };
    },
    failed: () => undefined,
  };
}

function isAged({ state }: EntityRowState, { at }: EntityRetention, beforeMs: number): boolean {
  const ageMs = at === '_created_at' ? state.createdMs : (state.live?.timeMs ?? null);
  return ageMs !== null && ageMs < beforeMs;
}
