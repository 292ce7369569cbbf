/** What a recount of raw events, or of rows of entities, reads, and what it finds (docs/design/reconciliation.md). */
import type { CompiledEntity, EntityRowKey, EntityRowState, GrainCode, MetricVersion } from '@tidegate/core';
import type { AskedValue, SpentBudget } from './budget-shape.ts';
import type { CellWithSeries } from './cell-shape.ts';

export type DriftKind = 'differs' | 'missing' | 'stray' | 'unreadable';

/** A cell that is not what a recount gave. */
export interface DriftRow extends MetricVersion {
  readonly grain: GrainCode;
  readonly bucketS: number;
  readonly seriesId: Uint8Array;
  readonly subject: string;
  /** Values by the names of dimensions. */
  readonly dims: Readonly<Record<string, string | null>>;
  readonly kind: DriftKind;
  /** Values by the names of measures, as JSON; null: no cell, or none that can be read. */
  readonly expected: unknown;
  readonly found: unknown;
  readonly isRepaired: boolean;
}

export interface EventDay {
  /** Days since 1970-01-01 UTC. */
  readonly eventDay: number;
  /** The raw rows of all its events are here. */
  readonly isKept: boolean;
}

export interface SpanCellsAsk {
  readonly partitions: readonly number[];
  readonly version: MetricVersion;
  readonly grains: readonly GrainCode[];
  /** Buckets that begin in the half-open range, epoch seconds. */
  readonly fromS: number;
  readonly toS: number;
  /** Null: from the first. */
  readonly afterSeries: Uint8Array | null;
  readonly seriesMax: number;
}

export interface SpanCell extends CellWithSeries {
  readonly partition: number;
}

export interface SpanCells {
  readonly cells: readonly SpanCell[];
  /** The page ends with this series; null: there are no further ones. */
  readonly lastSeries: Uint8Array | null;
}

export interface EntityRowsAsk {
  readonly entity: CompiledEntity;
  readonly partitions: readonly number[];
  /** Null: from the first. */
  readonly after: EntityRowKey | null;
  /** So many rows of the tenant are looked at, whichever partition wrote them. */
  readonly rowsMax: number;
}

export interface EntityRowsPage {
  /** Those that one of the partitions wrote last. */
  readonly rows: readonly EntityRowState[];
  /** The page ends with this row; null: there are no further ones. */
  readonly last: EntityRowKey | null;
}

export interface RecountRequest {
  readonly tenant: string;
  /** Null: all of the tenant. */
  readonly metric: string | null;
  readonly requestNo: number;
}

export interface RecountStore {
  /** Days on which events of the tenant occurred, oldest first. */
  readEventDays(of: { readonly tenant: string; readonly types: readonly string[] }): Promise<readonly EventDay[]>;
  /** In the order of series. */
  readSpanCells(ask: SpanCellsAsk): Promise<SpanCells>;
  /** In the order of keys, rows with nothing but a deletion mark included. */
  readEntityRows(ask: EntityRowsAsk): Promise<EntityRowsPage>;
  /** Of the budgets asked about those that are spent. Nothing is admitted. */
  readSpentBudgets(asked: readonly AskedValue[]): Promise<readonly SpentBudget[]>;
  /** From which second on cells of a grain are kept; absent: all. */
  readFloorsOf(version: MetricVersion): Promise<ReadonlyMap<GrainCode, number>>;
  readRecountRequests(): Promise<readonly RecountRequest[]>;
}
