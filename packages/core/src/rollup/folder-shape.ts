import type { EntityBatch } from '../entity/entity-changes.ts';
import type { SeriesEntry } from './announcement-shape.ts';
import type { EventView } from './event-view.ts';
import type { FoldPlan } from './fold-plan.ts';
import type { StoredGrain } from './grain.ts';
import type { RollupState } from './state.ts';

/** What the events since the last `take` add to one cell of the finest grain that its metric keeps. */
export interface CellDelta {
  /** Index into the batch's `series`. */
  readonly series: number;
  readonly grain: StoredGrain;
  /** Start of the bucket, epoch seconds. */
  readonly bucketS: number;
  /** Owned by whoever took the batch. */
  readonly state: RollupState;
}

/** That an arrival day holds events of an event day; both are days since 1970-01-01 UTC. */
export interface DayOfEvents {
  readonly arrivalDay: number;
  readonly eventDay: number;
  readonly tenant: string;
}

export interface FoldedBatch {
  readonly events: number;
  /** Series of the deltas, each once. */
  readonly series: readonly SeriesEntry[];
  /** Each (series, bucket) once. */
  readonly deltas: readonly CellDelta[];
  readonly days: readonly DayOfEvents[];
  /** Changes of rows; the same empty list where there are none. */
  readonly entities: readonly EntityBatch[];
}

/** The plan in force for a tenant's event type; null where no metric counts it. */
export type FoldPlanSource = (tenant: string, eventType: string) => FoldPlan | null;

/** Folds the events of one partition. */
export interface Folder {
  /** `arrivedAtMs`: append time of the record. */
  fold(event: EventView, arrivedAtMs: number): void;
  /** Cells that were folded into since the last take or discard. */
  cells(): number;
  /** Hands over what was folded since the last take or discard. */
  take(): FoldedBatch;
  /** Forgets what was folded since the last take (an aborted flush). */
  discard(): void;
}
