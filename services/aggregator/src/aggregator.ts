import type { GroupMember } from '@tidegate/kafka';
import { createAfterCommit, createAnnounceSlice } from './after-commit.ts';
import type { AggregatorDeps, AggregatorParts, SharedState } from './aggregator-parts.ts';
import { createAnnouncer } from './announce.ts';
import { createBackfillShare } from './backfill-share.ts';
import { createBeginFlushSpan } from './flush-span.ts';
import { startFlushLoop } from './flush-loop.ts';
import type { FlushLoop } from './flush-loop.ts';
import { createFlushSize } from './flush-size.ts';
import { createFlush } from './flush.ts';
import { createFollowGrowth } from './follow-growth.ts';
import { createIdleProgress } from './idle.ts';
import { createInstruments } from './instruments.ts';
import { joinGroup } from './join-group.ts';
import { createLiveness } from './liveness.ts';
import type { Liveness } from './liveness.ts';
import { createLogProbe } from './log-probe.ts';
import type { OwnedPartition } from './owned-partition.ts';
import { createOwnership, lateOwnership } from './ownership.ts';
import type { Ownership } from './ownership.ts';
import { createReaders } from './readers.ts';
import type { Readers } from './readers.ts';
import { followRegistry } from './registry.ts';
import { createAnnounceRejected } from './reject.ts';
import { createTellBeyond } from './rejected-beyond.ts';
import type { PackRetention } from './retention-plan.ts';
import { createSlabHandler } from './slab-handler.ts';
import { createStreamTally } from './stream-tally.ts';
import type { StreamTally } from './stream-tally.ts';
import { createSealTask } from './seal-task.ts';
import { createTakeOver } from './take-over.ts';
import type { TaskKind } from './task-kind.ts';
import { createTaskRunner } from './task-runner.ts';
import type { TaskRunner } from './task-runner.ts';
import { createVersionTask } from './version-task.ts';
import { refoldBy, startWalks } from './walks.ts';

export type { AggregatorDeps } from './aggregator-parts.ts';

export interface Aggregator {
  readonly liveness: Liveness;
  /** Partitions that are taken over now. */
  partitions(): readonly number[];
  /** How long each pack in force keeps what, as the control topic has told since the start. */
  retentions(): readonly PackRetention[];
  /** What it counted and nobody has written yet. */
  readonly tally: Pick<StreamTally, 'take' | 'giveBack'>;
  /** Sum of the offsets up to which the owned partitions are folded, committed or not. */
  folded(): number;
  /** Stops fetching, flushes, announces, leaves the group, closes what it opened. */
  stop(): Promise<void>;
}

/** The steps of the data's way joined together: consume → dedupe → fold → flush → announce, for the partitions that the group gives. */
export async function startAggregator(deps: AggregatorDeps): Promise<Aggregator> {
  const { owned, bind } = lateOwnership();
  const parts = await createParts(deps, owned);
  let handler: ReturnType<typeof createSlabHandler> | null = null;
  const readers = createReaders({ parts, onSlab: (slab) => handler?.(slab), ownership: () => ownership });
  const ownership: Ownership = createOwnershipOf(parts, { readers, drain: () => loop.drain() });
  bind(ownership);
  const walks = startWalks(parts, ownership, () => loop.wake());
  const loop: FlushLoop = startLoop(
    parts,
    ownership,
    walks.map(({ kind }) => kind),
  );
  handler = createSlabHandler(parts, { ownership, loop });
  await parts.registry.ready;
  const stopIdle = startIdle(parts, ownership);
  const member = await joinGroup(parts, ownership);
  parts.shared.member = member;
  return {
    liveness: parts.liveness,
    tally: parts.tally,
    partitions: () => ownership.all().map((taken) => taken.partition),
    retentions: parts.registry.retentions,
    folded: () => ownership.all().reduce((sum, { live, backfill }) => sum + live.folded + backfill.folded, 0),
    stop: () => stop(parts, { member, stopIdle, walks, loop, readers, ownership }),
  };
}

async function createParts(deps: AggregatorDeps, owned: () => readonly OwnedPartition[]): Promise<AggregatorParts> {
  const { client, topics, log, clock, metrics } = deps;
  const shared: SharedState = { isStopping: false, member: null };
  const producer = await client.createProducer();
  const admin = client.createAdmin();
  const liveness = createLiveness({ monotonicMs: () => clock.monotonicMs(), owned });
  const registry = followRegistry({ client, topic: topics.control, log });
  metrics.onScrape(() => metrics.gauge('control_known_through_seconds').set(registry.knownThroughMs() / 1_000));
  const pause = (ms: number): Promise<void> => {
    liveness.turned();
    return deps.sleep(ms);
  };
  return {
    ...{ deps, shared, producer, liveness, registry, pause, flushSize: createFlushSize() },
    share: createBackfillShare(() => owned().some(({ state, live }) => state === 'running' && live.endOffset > live.folded)),
    admin,
    growth: createFollowGrowth({
      ...{ admin, topic: topics.events, pause, member: () => shared.member, isStopping: () => shared.isStopping },
      onError: (error) => log.warn('growth_not_followed', { error }),
    }),
    probe: createLogProbe(client, (error) => log.warn('probe_failed', { error })),
    instruments: createInstruments(metrics, owned, () => clock.nowMs()),
    tally: createStreamTally(() => clock.nowMs()),
    announcer: createAnnouncer({
      producer,
      rollupsTopic: topics.rollups,
      progressTopic: topics.progress,
      random: deps.random,
      pause,
      isStopping: () => shared.isStopping,
      onError: (error) => log.warn('announce_failed', { error }),
    }),
  };
}

function createOwnershipOf(parts: AggregatorParts, to: { readonly readers: Readers; readonly drain: () => Promise<void> }): Ownership {
  const { deps, instruments } = parts;
  const takeOver = createTakeOver({
    ...parts,
    store: deps.store,
    topics: deps.topics,
    ...{ limits: deps.limits, limitsFor: deps.limitsFor },
    newToken: deps.newToken,
    nowMs: () => deps.clock.nowMs(),
    onGap: (gap) => instruments.gap(gap.partition, gap.toOffset - gap.fromOffset),
    log: deps.log,
  });
  return createOwnership({
    reader: to.readers.live,
    backfillReader: to.readers.backfill,
    drain: to.drain,
    takeOver: async (partition) => {
      await deps.fault('takeover.begun');
      const taken = await takeOver(partition);
      await deps.fault('takeover.done');
      return taken;
    },
    topics: deps.topics,
    pause: parts.pause,
    random: deps.random,
    onTakenOver: (taken) => {
      instruments.takenOver();
      if (taken.grown !== null) parts.growth.learned(taken.grown.count);
      deps.log.info('partition_taken_over', {
        detail: { partition: taken.partition, term: taken.term, next_offset: taken.live.committed },
      });
    },
    log: deps.log,
  });
}

function startLoop(parts: AggregatorParts, ownership: Ownership, kinds: readonly TaskKind[]): FlushLoop {
  const { deps, instruments, liveness } = parts;
  const flush = createFlush({
    store: deps.store,
    announceRejected: createAnnounceRejected({ producer: parts.producer, topic: deps.topics.rejected }),
    restart: (taken) => ownership.restart(taken),
    onLost: (taken) => ownership.lost(taken),
    onFailure: (reason) => {
      liveness.committed(reason !== 'server');
      instruments.flushFailed(reason);
    },
    onRejectedBeyond: createTellBeyond(deps),
    rejectedBytesMax: deps.limits.rejectedBytesMax,
    recordLimit: deps.limits.batchRecordsMax,
    clock: deps.clock,
    random: deps.random,
    pause: parts.pause,
    isStopping: () => parts.shared.isStopping,
    log: deps.log,
  });
  const loop: FlushLoop = startFlushLoop({
    owned: () => ownership.all(),
    flush,
    tasks: createTasks(parts, ownership, [createVersions(parts, ownership, () => loop.wake()), ...kinds]),
    size: parts.flushSize,
    beginSpan: createBeginFlushSpan(deps.tracing),
    afterCommit: createAfterCommit(parts, ownership),
    onTurn: () => {
      liveness.turned();
      parts.share.turned();
    },
    closedAfterS: deps.limits.closedAfterS,
    pauseMinMs: deps.limits.flushPauseMinMs,
    pauseMaxMs: deps.limits.flushPauseMaxMs,
    clock: deps.clock,
    onFault: (error) => deps.onFatal('flush_loop_failed', error),
  });
  return loop;
}

function createTasks(parts: AggregatorParts, ownership: Ownership, kinds: readonly TaskKind[]): TaskRunner {
  const { deps, registry, instruments } = parts;
  return createTaskRunner({
    ...{ store: deps.store, clock: deps.clock, random: deps.random, log: deps.log },
    owned: () => ownership.all(),
    kinds: [createSealTask({ ...deps.limits, registry, clock: deps.clock }), ...kinds],
    announce: createAnnounceSlice(parts),
    onLost: (taken) => ownership.lost(taken),
    onSlice: instruments.sliced,
    pause: parts.pause,
    isStopping: () => parts.shared.isStopping,
  });
}

function createVersions({ deps, registry, pause }: AggregatorParts, ownership: Ownership, onReady: () => void): TaskKind {
  return createVersionTask({
    ...{ registry, pause, onReady, store: deps.store, log: deps.log, closedAfterS: deps.limits.closedAfterS },
    refold: refoldBy(ownership),
  });
}

/** Returns what ends it. */
function startIdle({ deps, admin, announcer, shared }: AggregatorParts, ownership: Ownership): () => Promise<void> {
  const tellIdle = createIdleProgress({
    ...{ admin, announcer },
    store: deps.store,
    topics: deps.topics,
    owned: () => ownership.all(),
    onLost: (owned) => ownership.lost(owned),
    nowMs: () => deps.clock.nowMs(),
  });
  let running: Promise<void> | null = null;
  const timer = setInterval(() => {
    if (running !== null || shared.isStopping) return;
    running = tellIdle()
      .catch((error: unknown) => deps.log.warn('idle_progress_failed', { error }))
      .finally(() => (running = null));
  }, deps.limits.idleMs);
  return async () => {
    clearInterval(timer);
    await running;
  };
}

interface Running {
  readonly member: GroupMember;
  readonly stopIdle: () => Promise<void>;
  /** What goes on beside the flushes. */
  readonly walks: readonly { stop(): Promise<void> }[];
  readonly loop: FlushLoop;
  readonly readers: Readers;
  readonly ownership: Ownership;
}

/** In this order nothing that was folded is left behind, and nobody else begins before it is committed. */
async function stop(parts: AggregatorParts, { member, stopIdle, walks, loop, readers, ownership }: Running): Promise<void> {
  parts.shared.isStopping = true;
  for (const owned of ownership.all()) ownership.stopReading(owned);
  await stopIdle();
  await Promise.all(walks.map((walk) => walk.stop()));
  await loop.stop();
  await member.close();
  ownership.end();
  await readers.close();
  await parts.probe.close();
  await parts.registry.close();
  await Promise.all([parts.producer.close(), parts.admin.close()]);
}
