// fault
export { FAULTS, MEMBER_FAULTS, type FaultCode, type FaultEntry } from './fault/codes.ts';
export { failed, ok, type Fault, type Result } from './fault/fault.ts';

// figures of caches
export { adviseLifetime, errorRatePct, hitRatePct, type CacheAdvice } from './analysis/cache-figures.ts';

// hash
export { writeAscii } from './hash/ascii.ts';
export { createPartsHasher, hashParts, type PartsHasher } from './hash/hash-parts.ts';
export { PUBLIC_HASH_KEY, siphash128 } from './hash/siphash.ts';

// event
export { compareExact, EXACT_DIGITS_MAX, exactNumber, formatExact, parseExact, type ExactNumber } from './event/exact-number.ts';
export { createCanonicalReader } from './event/canonical-reader.ts';
export type { CanonicalReader, DataKind } from './event/canonical-shape.ts';
export { CLOUD_EVENT, isJsonType } from './event/cloud-event.ts';
export { writeCanonical, type CanonicalAdditions, type SealedField } from './event/canonical-writer.ts';
export { NATIVE, type Envelope } from './event/envelope.ts';
export { readSegmentBatch, SegmentReader, type SegmentContext } from './event/segment-message.ts';
export { EventTypes } from './event/event-types.ts';
export type { JudgedType } from './event/event-types.ts';
export { GrowingBuffer } from './event/growing-buffer.ts';
export { createIdentify, TOPIC_KEY_BYTES } from './event/identity.ts';
export type { EventIdentity, IdentityKeys } from './event/identity.ts';
export { decodeJsonText } from './event/json-text.ts';
export { AHEAD_MAX_MS, EventJudge, NO_SOURCE } from './event/judge.ts';
export type { JudgeContext } from './event/judge.ts';
export type { OffsetRun } from './event/offset-runs.ts';
export { countOf, decodeReceipt, encodeReceipt, lastOffsetOf } from './event/receipt.ts';
export type { EventLane, Receipt, ReceiptEntry } from './event/receipt.ts';
export { ancestorOf, classOf, growthFault } from './event/partition-growth.ts';
export type { PartitionCount } from './event/partition-growth.ts';
export { partitionAt, partitionOf } from './event/topic-key.ts';

// limit
export { measureLevel, takeGroup, takeTokens } from './limit/bucket.ts';
export type { BucketLevel, BucketOutcome, BucketState, LevelKind, LevelOutcome } from './limit/bucket.ts';
export { limitNumbers } from './limit/limit-numbers.ts';
export type { LimitNumbers, MeasuredLevel } from './limit/limit-numbers.ts';
export { INSTALLATION_LIMITS_SCHEMA, LIMIT_SCOPES, LIMITS_SCHEMA, TENANT_LIMITS_SCHEMA } from './limit/limits-schema.ts';
export type { InstallationLimits, LimitScope, LimitsSource, PolicySource, TenantLimits } from './limit/limits-schema.ts';
export { compileLimits, lintReach, SHIPPED_LAYER } from './limit/limits-tree.ts';
export type { EffectiveClass, EffectiveLimits, EffectivePolicy, LimitLayer } from './limit/limits-tree.ts';
export { planLevels } from './limit/plan-levels.ts';
export type { LevelsAsk, LimitSubject, PlannedLevel } from './limit/plan-levels.ts';
export { compilePolicy } from './limit/policy.ts';
export type { BucketPolicy, LimitPolicy } from './limit/policy.ts';
export { createLimitReplay } from './limit/replay.ts';
export type { Demand, LimitReplay, Replayed, ReplayedLevels } from './limit/replay.ts';

// pack
export { namedExperiments, namedFunnels, variantOf, WEIGHTS_TOTAL } from './pack/named-journeys.ts';
export type { NamedJourney } from './pack/named-journeys.ts';
export { SEGMENT_CALLS, segmentEntries } from './pack/segment.ts';
export type { SegmentCall, SegmentMapping } from './pack/segment.ts';
export { packAlertRules } from './pack/alert-rules.ts';
export { markedFields } from './pack/marked-fields.ts';
export { compilePack } from './pack/compile.ts';
export type { PackToCompile } from './pack/compile.ts';
export { entityTable, rowId } from './pack/compiled-entity.ts';
export type { CompiledEntity, EntityColumn, EntityField, EntityRetention } from './pack/compiled-entity.ts';
export type {
  CompiledEventType,
  CompiledField,
  CompiledMeasure,
  CompiledMetric,
  CompiledPack,
  CompiledSet,
  FieldAction,
  FieldType,
  MeasureKind,
  NumberBounds,
  Scalar,
  Where,
  WhereOperator,
} from './pack/compiled.ts';
export { defineEventType, type EventTypeDefinition } from './pack/defined-event-types.ts';
export { parsePack, parsePackRecord } from './pack/parse.ts';
export type { EarlierDefinitions, PackRecord } from './pack/parse.ts';
export { fromRecountJson, NO_TALLY, toRecountJson } from './pack/recount-task.ts';
export type { RecountJson, RecountRound, RecountTally, RecountTask } from './pack/recount-task.ts';
export { answeredVersion, compileVersions, versionName } from './pack/metric-versions.ts';
export type { CompiledVersions, MetricVersion } from './pack/metric-versions.ts';
export { fromVersionTaskJson, toVersionTaskJson } from './pack/version-task.ts';
export type { VersionTask, VersionTaskJson } from './pack/version-task.ts';
export { diffPacks } from './pack/pack-diff.ts';
export type { EventTypeDiff, MetricDiff, PackDiff } from './pack/pack-diff.ts';
export { planPackVersion } from './pack/plan-pack-version.ts';
export type { PackVersionAsk, PackVersionPlan } from './pack/plan-pack-version.ts';
export { namesOfEvents } from './pack/event-names.ts';
export type { PackSource } from './pack/schema.ts';
export { compileWhere } from './pack/where.ts';
export type { EventPredicate, FieldAccess } from './pack/where.ts';

// entity
export { decodeChangedEntities, encodeChangedEntities } from './entity/changed-codec.ts';
export type { EntityBatch } from './entity/entity-changes.ts';
export { isSameEntity, projectedEntities } from './entity/projected-entities.ts';
export { createRowFold, projectRows } from './entity/project.ts';
export { changedRows, goneRows } from './entity/changed-rows.ts';
export { rowsVersion } from './entity/rows-version.ts';
export type { Projection, RowFold } from './entity/project.ts';
export { decodeEntityState, encodeEntityState } from './entity/state-codec.ts';
export { compareStamps, compareUtf8, isThere } from './entity/entity-shape.ts';
export { NO_ENTITY } from './entity/merge.ts';
export type {
  ChangedEntities,
  ChangedRow,
  EntityRowKey,
  EntityRowState,
  EntityState,
  EntityValue,
  Stamp,
  StampedValue,
} from './entity/entity-shape.ts';
export { planFigures, type EntityFigures, type FigureBuckets, type FiguresQuestion } from './entity/figures-plan.ts';
export type { FigureList, FigureValue, PlannedFigure } from './entity/figure.ts';
export { alternativesOf, type EntityCondition, type EntityMember, type EntityPlace } from './entity/read-members.ts';
export { EACH_ROW, ENTITY_ROWS_MAX, planEntityRead } from './entity/read-plan.ts';
export type { BesideAsk, EntityBeside, EntityFound, EntityOrder, EntityPick, EntityQuestion, EntityRead } from './entity/read-plan.ts';
export { ageByYear, ageOn, type RowAge } from './entity/row-ages.ts';
export { shownValue } from './entity/row-value.ts';

// query
export type { Analysis, Findings } from './query/analyses/analysis.ts';
export { ANALYSIS_SCHEMA, isAnalysis, parseAnalysis } from './query/analyses/analysis-question.ts';
export type { AnalysisKind, AnalysisQuestion } from './query/analyses/analysis-question.ts';
export { planAnalysis } from './query/analyses/plan-analysis.ts';
export { createAnswer } from './query/answer.ts';
export type { AnswerBuilder, AnswerTable, CellSink, SeriesOfCells } from './query/answer.ts';
export { parseCursorMark } from './query/cursor.ts';
export type { CursorMark } from './query/cursor.ts';
export { FUNNEL_SCHEMA, isJourney, JOURNEY_SCHEMA, parseJourney } from './query/journeys/journey-question.ts';
export type { JourneyKind, JourneyQuestion } from './query/journeys/journey-question.ts';
export type { Journey, JourneyEvent, JourneyFold } from './query/journeys/journey.ts';
export { planJourney } from './query/journeys/plan-journey.ts';
export type { MeasureValue, StateAlgebra } from './query/measure-value.ts';
export { freshnessOf } from './query/meta.ts';
export type { Freshness, FreshnessStatus, PartitionFreshness } from './query/meta.ts';
export { missingUntilS, piecesOfPlan, planPieces } from './query/pieces.ts';
export type { RangePiece } from './query/pieces.ts';
export { followsClock } from './query/asked-range.ts';
export { planQuestion } from './query/plan.ts';
export type { Plan, PlanAsk } from './query/plan.ts';
export { approximations, usualNames } from './query/plan-measures.ts';
export { K_SCHEMA, parseQuestion, QUESTION_GRAINS, QUESTION_KINDS, QUESTION_SCHEMA } from './query/question.ts';
export type {
  ParsedQuestion,
  Question,
  QuestionError,
  QuestionGrain,
  QuestionInput,
  QuestionKind,
  QuestionWhere,
} from './query/question.ts';
export { confineQuestion, seesMetric } from './query/row-scope.ts';
export type { RowScope } from './query/row-scope.ts';
export type {
  AnswerBin,
  AnswerColumn,
  AnswerRow,
  AnswerScalar,
  AnswerTop,
  AnswerValue,
  AskedMeasure,
  CellRange,
  PlannedDimension,
} from './query/shape.ts';
export { createStateAlgebra } from './query/state-algebra.ts';

// view
export { WORK_MAX } from './expression/work.ts';
export type { TemplateFault } from './expression/template.ts';
export type { Json } from './expression/to-json.ts';
export type { CacheClass, CompiledParam, CompiledQuery, CompiledView, SealedMember } from './view/compiled-view.ts';
export { fillAnswer } from './view/fill-answer.ts';
export type { AnswerFault } from './view/fill-answer.ts';
export { keptIdentity, keptName, plainToKeptName } from './view/kept-name.ts';
export { compileViews, isOfPerson, viewRoutes, viewSignatures } from './view/pack-views.ts';
export type { ViewRoute, ViewSignature } from './view/pack-views.ts';
export { namesAll, parseParams } from './view/params.ts';
export type { GivenParams, ViewValues } from './view/params.ts';
export { defaultsRows, withDefaults } from './view/row-defaults.ts';
export type { DefaultsRow, DefaultsTold, RowRead } from './view/row-defaults.ts';
export { ENGINE_SEGMENTS, routeShape } from './view/route-template.ts';
export type { RouteTemplate } from './view/route-template.ts';
export { leastPersons, suppressedIn } from './view/withholding.ts';
export { toEntityAsk, toEntityQuery, type EntityAsk, type EntityQuery } from './view/entity-ask.ts';
export { toInsightsAsk, toQuestion, toStreamAsk } from './view/view-query.ts';
export type { InsightsAsk, StreamAsk } from './view/view-query.ts';
export { personParam, replaceMembers, textsOfMembers, withoutSealed } from './view/sealed-members.ts';
export { SCOPE_PATTERN } from './view/view-schema.ts';

// insight
export { compileInsights } from './insight/compile-insight.ts';
export type { CompiledInsight, FindingEvent } from './insight/compile-insight.ts';
export { eventOfFinding } from './insight/finding-event.ts';
export { FINDINGS_SCHEMA } from './insight/insight-schema.ts';
export type { Finding } from './insight/insight-schema.ts';

// write
export { readBodyValues } from './write/body-values.ts';
export type { BodyValues } from './write/body-values.ts';
export type { CompiledMember, CompiledWrite } from './write/compiled-write.ts';
export { eventOf } from './write/made-event.ts';
export type { MadeEvent } from './write/made-event.ts';
export { compileWrites, writeRoutes, writeSignatures } from './write/pack-writes.ts';
export type { WriteRoute, WriteSignature } from './write/pack-writes.ts';

// time
export { bucketsOf, CELL_MS } from './time/buckets.ts';
export type { BucketAsk, BucketGrain, Buckets } from './time/buckets.ts';
export { toIsoDate, toIsoIn, toIsoUtc } from './time/iso.ts';
export { lastRange, parseMoment } from './time/moment.ts';
export { createZone } from './time/zone.ts';
export type { Stretch, Zone } from './time/zone.ts';

// rollup
export type { AnnouncedCell, AnnouncedLane, Announcement, SeriesEntry } from './rollup/announcement-shape.ts';
export { ExactSum } from './rollup/exact-sum.ts';
export { decodeAnnouncement, encodeAnnouncement } from './rollup/announcement.ts';
export type { CommitAnnouncement } from './rollup/announcement.ts';
export { decodeChunkBase, encodeChunkBase } from './rollup/chunk-base.ts';
export type { ChunkBase } from './rollup/chunk-base.ts';
export { PackedReader, packCells, unpackCells } from './rollup/packed-cells.ts';
export type { PackedCells } from './rollup/packed-cells.ts';
export {
  CHUNK_BASE_FIELD,
  chunkCellField,
  chunkSeriesField,
  decodeChunkCell,
  decodeChunkSeries,
  encodeChunkCell,
  encodeChunkSeries,
  readChunkField,
} from './rollup/chunk-cell.ts';
export type { ChunkCell, ChunkCellKey, ChunkField } from './rollup/chunk-cell.ts';
export { budgetedDimensions, OTHER_VALUE, otherSeries, storedValue, valueId } from './rollup/dimension-budget.ts';
export type { BudgetedDimension } from './rollup/dimension-budget.ts';
export type { EventView } from './rollup/event-view.ts';
export { foldPlansOf } from './rollup/fold-plan.ts';
export { createRawFold } from './rollup/raw-fold.ts';
export type { RawFold } from './rollup/raw-fold.ts';
export { createRawRecordReader } from './rollup/raw-record.ts';
export type { RawEvent } from './rollup/raw-record.ts';
export type { FoldPlan } from './rollup/fold-plan.ts';
export { createFolder } from './rollup/folder.ts';
export type { CellDelta, DayOfEvents, FoldedBatch, Folder, FoldPlanSource } from './rollup/folder-shape.ts';
export { lagClass, lagQuantileMs } from './time/lag.ts';
export { Lateness, LATENESS_BOUNDS_S, latenessQuantileS } from './time/lateness.ts';
export { bucketStart, bucketStartS, COARSE_GRAINS, FINER_GRAIN, GRAINS } from './rollup/grain.ts';
export type { CellFloors, CoarseGrain, GrainCode, StoredGrain } from './rollup/grain.ts';
export {
  compareBytes,
  isCellSealed,
  isCoarseGrain,
  leastSealed,
  NEVER_SEALED,
  NOTHING_SEALED,
  sealedEndS,
  UNSEALED,
} from './rollup/sealed.ts';
export type { SealedThrough, SealState } from './rollup/sealed.ts';
export { isSameState } from './rollup/same-state.ts';
export { seriesEntry, seriesId } from './rollup/series.ts';
export type { SeriesKey } from './rollup/series.ts';
export {
  createState,
  decodeState,
  StateReader,
  encodeState,
  findMeasure,
  mergeState,
  readMeasureAt,
  subtractState,
} from './rollup/state.ts';
export type { MeasurePart, MeasurePlace, RollupState, StateValue } from './rollup/state.ts';

// dedup
export { IdentitySet } from './dedup/identity-set.ts';
export { createDedupWindow, dedupWindowMsMin } from './dedup/window.ts';
export { IDENTITY_BYTES } from './dedup/window-shape.ts';
export type {
  ArrivalSpan,
  ClosedGenerationFilter,
  DedupQuestion,
  DedupVerdict,
  DedupWindow,
  DedupWindowOptions,
  DedupWindowSize,
  GenerationToClose,
  JournaledIdentities,
  SealedLayer,
} from './dedup/window-shape.ts';

// access
export { brokenPasswordRules, type PasswordRule } from './access/password.ts';
