export { COMMIT_FAULT_POINTS } from './store.ts';
export type {
  Amendment,
  ArrivalDay,
  CellKey,
  CellWithSeries,
  CellWrite,
  Claim,
  ClaimRequest,
  ClosedGeneration,
  CommitBatch,
  CommitFault,
  CommitFaultPoint,
  CommitOutcome,
  DataStore,
  DedupGeneration,
  IdlePartition,
  JournalBlock,
  JournalPosition,
  Lane,
  LanePosition,
  OffsetMove,
  PartitionCommit,
  PendingCells,
  ProgressRow,
  RejectedRow,
  StoredCell,
} from './store.ts';
export { cellKeyText } from './cell-keys.ts';
export { migrate } from './migrate.ts';
export type { MigrateOptions, MigrationResult } from './migrate.ts';
export { createPgStore } from './pg-store.ts';
export type { PgStoreOptions } from './pg-store.ts';
export { createPool } from './pool.ts';
export type { PoolOptions } from './pool.ts';
export { createRawRows, readRawRows } from './raw-rows.ts';
export type { RawRow, RawRows } from './raw-rows.ts';
