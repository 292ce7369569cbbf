export { COMMIT_FAULT_POINTS } from './store.ts';
export type {
  Amendment,
  ArrivalDay,
  BackfillMove,
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
  EventLane,
  IdlePartition,
  JournalBlock,
  Lane,
  LanePosition,
  LaneStart,
  OffsetMove,
  PartitionCommit,
  PendingCells,
  ProgressRow,
  RejectedBeyond,
  RejectedRow,
  StoredCell,
} from './store.ts';
export type { ArrivalDayKept, RawRange, RawSpan, RawStore, StoredEvent } from './raw-shape.ts';
export type { DriftKind, DriftRow, EventDay, RecountRequest, RecountStore, SpanCell, SpanCells, SpanCellsAsk } from './recount-shape.ts';
export type { Erasure, ErasureReader, ErasureStep, Person, PersonDay, PersonRow, PersonRowsAsk, RawPlace } from './erasure-shape.ts';
export type { TaskChange, TaskRow } from './task-shape.ts';
export type { SealedCells, SealSlice, SourceCell, SourceCells, SourceRead, SourceSeries } from './seal-shape.ts';
export { WHOLE_VALUES_MAX } from './budget-shape.ts';
export type { AskedValue, BudgetKey, PendingValues, SpentBudget } from './budget-shape.ts';
export { asEverybody, asPerson, personServed } from './as-person.ts';
export { cellKeyText } from './cell-keys.ts';
export { budgetText } from './commit-budgets.ts';
export type { AgedKeysAsk, EntityAging, EntityAsk, EntityWrite, MergedEntities, PendingEntities } from './entity-commit.ts';
export { createEntityReader } from './pg-entity-reader.ts';
export type { EntityPage, EntityReader, EntityRow, EntityRowValue } from './entity-reader.ts';
export { migrate } from './migrate.ts';
export type { MigrateOptions, MigrationResult } from './migrate.ts';
export { createPgStore } from './pg-store.ts';
export type { PgStoreOptions } from './pg-store.ts';
export { createPool } from './pool.ts';
export type { Pooler, PoolOptions } from './pool.ts';
export { createExplain, isExplaining } from './explain.ts';
export type { Explain, ExplainedStatement } from './explain.ts';
export { createPoolMeter } from './pool-meter.ts';
export type { PoolMeter } from './pool-meter.ts';
export { createRawRows, readRawRows } from './raw-rows.ts';
export type { RawRow, RawRows, StoredRawRow } from './raw-rows.ts';
export { isOverTime, isUnavailable } from './unavailable.ts';

// control plane
export { mintApiKey, readApiKey } from './control/api-key.ts';
export type { ApiKeyKind, ApiKeyReading } from './control/api-key.ts';
export type { AccountStore } from './control/account-store.ts';
export {
  CONTROL_KEYS,
  parseApiKeyRecord,
  parseDenials,
  parseErasedRecord,
  parseOriginsRecord,
  parseTokenIssuerRecord,
} from './control/control-records.ts';
export type { ApiKeyRecord, Denial, TokenIssuerRecord } from './control/control-records.ts';
export { createControlStore } from './control/control-store.ts';
export type { ControlStore, ControlStoreOptions, CountedThrough } from './control/control-store.ts';
export type { KeyToRotate, RotationFault } from './control/key-rotation.ts';
export type { IssuerFault } from './control/token-issuers.ts';
export type { CreatedKey, KeyInfo, KeyToCreate, KeyToRevoke } from './control/keys.ts';
export { createControlOutbox, listenForControlChanges } from './control/outbox.ts';
export type { ControlChange, ControlListener, ControlListenerOptions, ControlOutbox, OutboxOptions } from './control/outbox.ts';
export type { PackPlan, PackPlanning } from './control/packs.ts';
export { DEMO_TENANT, seedDemo } from './control/seed-demo.ts';
export type { DemoSecrets, SeedDemoOptions } from './control/seed-demo.ts';
export type { TenantToCreate } from './control/tenants.ts';
export type { Session } from './control/sessions.ts';
export type { RevisedUser, SignInRecord, UserChange, UserInfo } from './control/users.ts';

// read side
export { createReadStore } from './read-store.ts';
export type {
  CellSnapshot,
  CountedLane,
  CountedProgress,
  EndedLog,
  LogGap,
  LogSpan,
  PiecesOf,
  ReadStore,
  RecentAsk,
} from './read-store.ts';
export type { CellsOf, CellsRead, PieceCells } from './range-cells.ts';

// budgets of dimensions
export { createBudgetStore } from './budget-store.ts';
export type { BudgetFilter, BudgetInfo, BudgetStore } from './budget-store.ts';
// retention
export { createNewestReader, NEWEST_OFFSETS } from './newest-reader.ts';
export type { LanePlace, NewestAsk, NewestRead, NewestReader } from './newest-reader.ts';

export { createTableStatistics } from './table-statistics.ts';
export type { TableStatistics } from './table-statistics.ts';
export { createTallyReader, createTallyStore } from './tally-store.ts';
export type { LagSum, TallyReader, TallyRow, TallyStore, TallySum } from './tally-store.ts';

export { createKeptStore } from './kept-store.ts';
export type { Kept, KeptStore, LostRaw } from './kept-store.ts';
export { readIndexReport } from './index-report.ts';
export type { IndexReport } from './index-report.ts';
export { createRetentionStore, RAW_INDEXES } from './retention-store.ts';
export type {
  AgedRows,
  CellFloorRow,
  CellsOfGrain,
  DropOutcome,
  DroppedCells,
  RawDay,
  RawIndex,
  RetentionStore,
  RetentionStoreOptions,
} from './retention-store.ts';

// archive
export { createArchiveStore } from './archive-store.ts';
export type { Archived, ArchivedRound, EventsAsk, EventsOrder, EventsWanted, OpenArchive } from './archived-events.ts';
export { createExportStore } from './export-store.ts';
export type { ExportStore, ExportToBegin, PersonExport, PersonSpan } from './export-store.ts';
export { createWarehouseStore } from './warehouse-store.ts';
export type { CompleteThrough, WarehouseExport, WarehouseFile, WarehousePiece, WarehouseStore, WrittenFile } from './warehouse-store.ts';
export { createEventsReader } from './events-reader.ts';
export type { ArchiveShare, EventsFault, EventsOutcome, EventsRead, EventsReader, EventsReaderDeps } from './events-reader.ts';
export type { ArchivedRow, ArchiveInfo, ArchiveNote, ArchivePage, ArchiveStore } from './archive-store.ts';

// restated buckets
export { createInsightStore } from './insight-store.ts';
export type { FindingChanges, FindingsOf, InsightStore, KeptFinding } from './insight-store.ts';
export { createRestatedStore } from './restated-store.ts';
export type { RestatedBucket, RestatedCause, RestatedFilter, RestatedInfo, RestatedPlace, RestatedStore } from './restated-store.ts';

// recounts
export { createAuditStore } from './audit-store.ts';
export type { AuditStore, DriftInfo } from './audit-store.ts';

// the audit of accesses
export { createAuditKeeper } from './audit-keeper.ts';
export type { AuditArrival, AuditBatch, AuditKeeper, AuditPosition, KeepOutcome, StoredChain } from './audit-keeper.ts';
export { createAuditReader } from './audit-reader.ts';
export type { AuditFilter, AuditReader } from './audit-reader.ts';

// keys of persons
export { createPersonKeyStore, createSubjectIdStore, rewrapPersonKeys } from './person-keys.ts';
export type { PersonKeyStore, RewrapReport, SubjectIdStore } from './person-keys.ts';

// gaps of the log
export { createGapStore, gapName, parseGapName } from './gap-store.ts';
export type { GapPlace, GapStore } from './gap-store.ts';

// partitions made more
export { createGrowthStore } from './growth-store.ts';
export type { GrowthObstacles, GrowthStore, LaneStanding, PartitionRecord, SwitchFault } from './growth-store.ts';

// persons who are erased
export { createErasureStore } from './erasure-store.ts';
export type {
  ErasureInfo,
  ErasurePlaceWork,
  ErasurePlaces,
  ErasureStore,
  ErasureToRequest,
  KeptOriginal,
  OriginalPlace,
  OriginalsWork,
} from './erasure-store.ts';
export { findInTables } from './find-in-tables.ts';

// one event
export { createEventStore } from './event-store.ts';
export type { EventAsk, EventStore, FoundEvent, RejectedEvent } from './event-store.ts';

// rejected events
export { createBulkRejected } from './rejected-bulk.ts';
export type { Bound, BulkRejected, Closed, OpenPage, OpenRows, Raised } from './rejected-bulk.ts';
export { createRejectedStore, parseRejectedRef, rejectedRef } from './rejected-store.ts';
export type { RejectedDay, RejectedDetail, RejectedFilter, RejectedInfo, RejectedPlace, RejectedStore } from './rejected-store.ts';

// background jobs
export { createJobQueue } from './jobs/job-queue.ts';
export type { JobQueue, JobQueueDeps } from './jobs/job-queue.ts';
export type { DueJob, JobScheduleState } from './jobs/job-schedule.ts';
export { createJobReader } from './jobs/job-store.ts';
export { createJourneyReader } from './journey-reader.ts';
export type { JourneyAsk, JourneyReader, JourneysRead } from './journey-reader.ts';
export { JOB_ATTEMPTS_MAX, JOB_KEPT_S } from './jobs/job-shape.ts';
export type {
  BegunJob,
  JobAttempts,
  JobCount,
  JobEnding,
  JobFilter,
  JobInfo,
  JobProgress,
  JobReader,
  JobState,
  JobStep,
  JobToSubmit,
  Submitted,
} from './jobs/job-shape.ts';
export { createRunJob, declareJob, JobFault, JobStopped } from './jobs/run-job.ts';
export type { DeclaredJob, JobKind, RunJobDeps, RunningJob } from './jobs/run-job.ts';
