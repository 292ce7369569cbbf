import { budgetedDimensions, classOf, createFolder, Lateness } from '@tidegate/core';
import type { BudgetedDimension, DedupWindow, PartitionCount, SeriesEntry } from '@tidegate/core';
import type { LogAdmin, TopicNames } from '@tidegate/kafka';
import type { Claim, DataStore, EventLane, Lane, LanePosition } from '@tidegate/postgres';
import type { Logger } from '@tidegate/telemetry';
import type { Announcer } from './announce.ts';
import { createCellStates } from './cell-states.ts';
import { ErasedPersons } from './erasure/erased-persons.ts';
import { findLastAnnounced } from './last-announced.ts';
import { checkLog } from './log-check.ts';
import type { LogState } from './log-check.ts';
import type { LogProbe } from './log-probe.ts';
import { createOpenBatch } from './open-batch.ts';
import type { EventCursor, LaneCursor, OwnedPartition } from './owned-partition.ts';
import { reannouncement } from './reannounce.ts';
import { recordDigest } from './record-digest.ts';
import { createPartitionVersions, VERSION_TASKS } from './partition-versions.ts';
import type { PartitionVersions } from './partition-versions.ts';
import { EVERY_VERSION } from './known-packs.ts';
import type { Registry } from './registry.ts';
import { restoreWindow } from './restore-window.ts';
import type { WindowLimits } from './restore-window.ts';
import { createSharedRows } from './shared-rows.ts';
import type { SharedRows } from './shared-rows.ts';

export interface TakeOverLimits extends WindowLimits {
  readonly cachedCellsMax: number;
  /** Series that a partition's folder knows as objects, and those of which it is remembered that they are written. */
  readonly knownSeriesMax: number;
  readonly writtenSeriesMax: number;
  /** Values of a dimension that an event day admits, where the pack does not say less. */
  readonly dimensionValuesMax: number;
  readonly batchRecordsMax: number;
}

export interface TakeOverDeps {
  readonly store: DataStore;
  readonly admin: LogAdmin;
  readonly probe: LogProbe;
  readonly topics: TopicNames;
  readonly registry: Pick<Registry, 'planOf' | 'projectionOf' | 'measuresOf' | 'metricOf' | 'knownThroughMs'>;
  readonly pause: (ms: number) => Promise<void>;
  readonly announcer: Announcer;
  readonly limits: TakeOverLimits;
  /** The same by the partition count, once there are more than at the start; absent: they stay. */
  readonly limitsFor?: ((partitions: number) => TakeOverLimits) | undefined;
  readonly newToken: () => Uint8Array;
  readonly nowMs: () => number;
  /** Accepted events that are gone; called once for each gap that is found. */
  readonly onGap: (gap: {
    readonly lane: Lane;
    readonly partition: number;
    readonly fromOffset: number;
    readonly toOffset: number;
  }) => void;
  readonly log: Logger;
}

const LANE_TOPICS = { live: 'events', backfill: 'backfill', rejected: 'rejected' } as const satisfies Readonly<
  Record<Lane, keyof TopicNames>
>;

interface Logs {
  readonly live: LogState;
  readonly backfill: LogState;
  readonly rejected: LogState;
  readonly rollups: LogState;
}

/**
 * Takes a partition over; each step reads what the steps before it have made unchangeable.
 * 1. The logs' ranges and ids, for a partition that has no row yet.
 * 2. Claim: a fresh token and a higher term fence the earlier owner out.
 * 3. The partition count: a growth after the claim would have fenced it, so it holds for all that this owner commits.
 * 4. At once:
 *    - Each lane's log is compared with what was counted from it: the same, anew (the generation rises), or with a gap.
 *    - The end of the announcements: the term rises above any that was announced.
 *    - The dedup window is rebuilt from closed generations and journal, so it holds every commit of every earlier owner.
 *    - Metric versions that earlier owners have adopted are known, or known to be given up: none of their events may be folded without.
 *    - Who is erased, in any partition that the keys ever had, is known before the first event is folded, also where the log is read again from its start.
 * 5. What earlier owners committed and did not announce is announced.
 * Throws when a server does not answer or the token is lost on the way; the caller begins again.
 */
export function createTakeOver(deps: TakeOverDeps) {
  const sharedRows = createSharedRows(deps);
  return async function takeOver(partition: number): Promise<OwnedPartition> {
    const token = deps.newToken();
    const logs = await readLogs(deps, partition);
    const claim = await claimPartition(deps, { partition, token }, logs);
    const grown = await readGrown(deps);
    const limits = grown === null ? deps.limits : (deps.limitsFor?.(grown.count) ?? deps.limits);
    // One trip after the other would take the longer the busier this process is, which is when partitions are taken over.
    const restoring = [
      settleLanes(deps, { partition, token, claim, logs }),
      settleTerm(deps, { partition, token, claim, logs }),
      restoreWindow(deps.store, partition, limits),
      restoreVersions(deps, partition),
      deps.store.readErasures(grown === null ? [partition] : classOf(partition, grown), true),
    ] as const;
    // To the end also where one of them fails: the next attempt must not meet what is left of this one.
    await Promise.allSettled(restoring);
    const [lanes, { term, announcedCommitNo }, window, versions, erased] = await Promise.all(restoring);
    const known = { grown, sharedRows, limits, window, versions, erased: new ErasedPersons(erased, partition) };
    const owned = assemble(deps, { claim, token, term, logs, ...known }, lanes);
    await deps.announcer.announce([await reannouncement(deps.store, owned, announcedCommitNo)]);
    owned.announcedCommitNo = owned.commitNo;
    await deps.announcer.tellProgress([owned]);
    return owned;
  };
}

/** Null: there are as many as at first, so every record lies where it belongs. */
async function readGrown({ store }: TakeOverDeps): Promise<PartitionCount | null> {
  const count = await store.readPartitionCount();
  return count === null || count.count === count.first ? null : count;
}

async function readLogs({ admin, topics }: TakeOverDeps, partition: number): Promise<Logs> {
  const cluster = await admin.clusterId();
  async function logState(topic: string): Promise<LogState> {
    const description = await admin.describeTopic(topic);
    const range = (await admin.offsets(topic, [partition])).get(partition);
    if (description === null || range === undefined) throw new Error(`topic ${topic} has no partition ${partition}`);
    return { startOffset: range.start, endOffset: range.end, topicId: `${cluster}/${description.topicId}` };
  }
  const [live, backfill, rejected, rollups] = await Promise.all([
    logState(topics.events),
    logState(topics.backfill),
    logState(topics.rejected),
    logState(topics.rollups),
  ]);
  return { live, backfill, rejected, rollups };
}

async function claimPartition(deps: TakeOverDeps, at: { partition: number; token: Uint8Array }, logs: Logs): Promise<Claim> {
  const [claim] = await deps.store.claim([{ ...logs, partition: at.partition }], at.token);
  if (claim === undefined) throw new Error(`partition ${at.partition} could not be claimed`);
  return claim;
}

interface Claimed {
  readonly partition: number;
  readonly token: Uint8Array;
  readonly claim: Claim;
  readonly logs: Logs;
}

async function settleLanes(deps: TakeOverDeps, { claim, logs, ...at }: Claimed): Promise<Readonly<Record<Lane, LanePosition>>> {
  const settle = (lane: Lane): Promise<LanePosition> => settleLane(deps, { ...at, lane, position: claim[lane] }, logs[lane]);
  const [live, backfill, rejected] = await Promise.all([settle('live'), settle('backfill'), settle('rejected')]);
  return { live, backfill, rejected };
}

/** The term of this owner, and the last commit that is announced whole. */
async function settleTerm(
  deps: TakeOverDeps,
  { partition, token, claim, logs }: Claimed,
): Promise<{ term: number; announcedCommitNo: number | null }> {
  const announced = await findLastAnnounced(deps.probe, { topic: deps.topics.rollups, partition, ...logs.rollups });
  const term = Math.max(claim.term, announced.term + 1);
  if (term > claim.term) await amendOrThrow(deps, { partition, lane: 'live', term }, token);
  return { term, announcedCommitNo: announced.commitNo };
}

interface LaneAt {
  readonly partition: number;
  readonly token: Uint8Array;
  readonly lane: Lane;
  readonly position: LanePosition;
}

/** The position from which the lane is read, after the log was compared with what was counted from it. */
async function settleLane(deps: TakeOverDeps, at: LaneAt, log: LogState): Promise<LanePosition> {
  const { position, partition, lane } = at;
  const finding = checkLog(position, log);
  const isHeld = finding === 'verify' ? await holdsLastRecord(deps, at) : finding !== 'anew';
  if (!isHeld) {
    deps.log.error('log_anew', { detail: { lane, partition, next_offset: position.nextOffset, end_offset: log.endOffset } });
    // Above every partition's: the one generation of a receipt then tells that of each of its partitions.
    const logGeneration = (await deps.store.newestLogGeneration(lane)) + 1;
    const anew = { nextOffset: log.startOffset, logGeneration, topicId: log.topicId, lastRecordSha256: null };
    return amendOrThrow(deps, { partition, lane, position: anew }, at.token).then(() => anew);
  }
  if (finding === 'gap') {
    const gap = { fromOffset: position.nextOffset, toOffset: log.startOffset };
    deps.log.error('log_gap', { detail: { lane, partition, from_offset: gap.fromOffset, to_offset: gap.toOffset } });
    deps.onGap({ lane, partition, ...gap });
    const after = { ...position, nextOffset: log.startOffset, lastRecordSha256: null };
    return amendOrThrow(deps, { partition, lane, position: after, gap }, at.token).then(() => after);
  }
  if (position.topicId === log.topicId) return position;
  // The same records under another id: a mirrored cluster, or a topic that was renamed and restored.
  const renamed = { ...position, topicId: log.topicId };
  return amendOrThrow(deps, { partition, lane, position: renamed }, at.token).then(() => renamed);
}

async function holdsLastRecord({ probe, topics }: TakeOverDeps, { partition, lane, position }: LaneAt): Promise<boolean> {
  const topic = topics[LANE_TOPICS[lane]];
  let isSame = false;
  await probe.read({ topic, partition, fromOffset: position.nextOffset - 1, toOffset: position.nextOffset }, (slab, index) => {
    isSame = position.lastRecordSha256 !== null && Buffer.compare(recordDigest({ slab, index }), position.lastRecordSha256) === 0;
  });
  return isSame;
}

async function amendOrThrow({ store }: TakeOverDeps, amendment: Parameters<DataStore['amend']>[0], token: Uint8Array): Promise<void> {
  if (!(await store.amend(amendment, token))) throw new Error(`partition ${amendment.partition} was taken over by another owner`);
}

const VERSIONS_UNKNOWN = { pauseMs: 50, pauses: 200 };

/** An earlier owner was told of them, so this process will be: of the version itself, or of what took its place. */
async function restoreVersions({ store, registry, pause, nowMs, log }: TakeOverDeps, partition: number): Promise<PartitionVersions> {
  const versions = createPartitionVersions(await store.readTasks(partition, VERSION_TASKS));
  const claimedMs = nowMs();
  const isUnknown = (): boolean =>
    registry.knownThroughMs() < claimedMs && [...versions.tasks.values()].some(({ version }) => registry.metricOf(version) === null);
  if (isUnknown()) log.warn('metric_versions_unknown', { detail: { partition } });
  for (let pauses = 0; isUnknown(); pauses += 1) {
    if (pauses === VERSIONS_UNKNOWN.pauses) throw new Error(`partition ${partition} has metric versions that no pack told of names`);
    await pause(VERSIONS_UNKNOWN.pauseMs);
  }
  return versions;
}

interface Assembly {
  readonly claim: Claim;
  readonly token: Uint8Array;
  readonly term: number;
  readonly grown: PartitionCount | null;
  readonly sharedRows: SharedRows;
  readonly limits: TakeOverLimits;
  readonly window: DedupWindow;
  readonly versions: PartitionVersions;
  readonly erased: ErasedPersons;
  readonly logs: Logs;
}

function assemble(deps: TakeOverDeps, from: Assembly, lanes: Readonly<Record<Lane, LanePosition>>): OwnedPartition {
  const { claim, grown, limits, window, versions, erased, logs } = from;
  const { topics } = deps;
  return {
    partition: claim.partition,
    token: from.token,
    term: from.term,
    live: toEventCursor('live', { ...toCursor(topics.events, lanes.live), endOffset: logs.live.endOffset }),
    backfill: toEventCursor('backfill', { ...toCursor(topics.backfill, lanes.backfill), endOffset: logs.backfill.endOffset }),
    rejected: toCursor(topics.rejected, lanes.rejected),
    window,
    folder: createFolder((tenant, type) => deps.registry.planOf(tenant, type, versions.adopted()), {
      seriesMax: limits.knownSeriesMax,
    }),
    versions,
    grown,
    erased,
    projectionOf: (entity) => deps.registry.projectionOf(entity, grown === null ? versions.adopted() : EVERY_VERSION),
    sharedRows: grown === null ? null : from.sharedRows,
    cells: createCellStates({
      measuresOf: deps.registry.measuresOf,
      grainsOf: (series) => deps.registry.metricOf(series)?.grains ?? [],
      cellsMax: limits.cachedCellsMax,
      seriesMax: limits.writtenSeriesMax,
      budgetedOf: (series) => budgetedOf(deps, series),
    }),
    commitNo: claim.commitNo,
    seals: claim.seals,
    takenOverMs: deps.nowMs(),
    announcedCommitNo: 0,
    completeThroughMs: claim.completeThroughMs,
    backfillThroughMs: claim.backfillThroughMs,
    lateness: new Lateness(),
    state: 'running',
    epoch: 0,
    isBusy: false,
    batch: createOpenBatch(),
    layer: window.begin(),
    recordLimit: limits.batchRecordsMax,
    cellsPerRecord: 1,
    room: Promise.withResolvers(),
    waiting: 0,
  };
}

/** The dimensions of a series that have a budget. */
export function budgetedOf(
  { registry, limits }: { readonly registry: Pick<Registry, 'metricOf'>; readonly limits: Pick<TakeOverLimits, 'dimensionValuesMax'> },
  series: SeriesEntry,
): readonly BudgetedDimension[] {
  const metric = registry.metricOf(series);
  return metric === null ? [] : budgetedDimensions(metric, series.setNo, limits.dimensionValuesMax);
}

function toEventCursor(lane: EventLane, cursor: LaneCursor & { readonly endOffset: number }): EventCursor {
  return { ...cursor, lane, searchUntil: 0, refused: new Set() };
}

function toCursor(topic: string, position: LanePosition): LaneCursor {
  return { topic, committed: position.nextOffset, folded: position.nextOffset, logGeneration: position.logGeneration };
}
