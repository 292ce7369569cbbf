/**
 * Erases persons of the partitions that this process owns, one after the other, beside the flushes (docs/design/erasure.md). Each step is
 * a commit of the partition; what survives a death after it:
 *
 * | step        | commit                                                          | dies after it                                              |
 * |-------------|-----------------------------------------------------------------|------------------------------------------------------------|
 * | 1 tombstone | no event of the person is counted from here on; his key is gone | the next owner knows it before it folds, and goes on at 2  |
 * | 2 entities  | rows of one entity, out of the figures over them                | what is left is found again                                |
 * | 3 raw rows  | those of one event day, with every cell that they are in        | the same                                                   |
 * | 4 hand on   | where partitions were made more: to the next that the person's keys ever had | its owner begins at 1 |
 * | 5 end       | his own series, what no pack names any more; the place is done  | nothing is due                                             |
 */
import { classOf } from '@tidegate/core';
import type { CompiledEntity } from '@tidegate/core';
import type { Erasure, ErasureStep, PersonDay } from '@tidegate/postgres';
import type { Clock } from '@tidegate/runtime';
import type { Logger, Metrics } from '@tidegate/telemetry';
import type { OwnedPartition } from '../owned-partition.ts';
import { cutOf } from '../recount/recount-unit.ts';
import type { Registry } from '../registry.ts';
import type { PreparedSlice, TaskKind } from '../task-kind.ts';
import { createWaitingSlices, WalkEnded } from '../waiting-slices.ts';
import { prepareDay } from './erase-day.ts';
import type { EraseDayDeps } from './erase-day.ts';
import { entitySlice } from './erase-entities.ts';

export interface EraseDeps extends Pick<EraseDayDeps, 'store' | 'budgetedOf' | 'closedAfterS'> {
  readonly registry: Pick<Registry, 'counted' | 'making' | 'entitiesOf' | 'erasures' | 'knownThroughMs'>;
  readonly owned: () => readonly OwnedPartition[];
  /** What is folded and not committed is dropped, and reading begins again at the committed offsets. */
  readonly refold: (owned: OwnedPartition) => void;
  /** How often it is looked for requests. */
  readonly lookEveryMs: number;
  readonly onReady: () => void;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  readonly metrics: Metrics;
  readonly log: Logger;
}

export interface Erasures {
  /** Commits the steps. */
  readonly kind: TaskKind;
  stop(): Promise<void>;
}

const ENTITIES_MAX = 500;
/** A day of which a cell changed meanwhile is tried again after a pause that grows. */
const VOID_PAUSE_MS = { first: 200, most: 30_000 };
const POLL_MS = 200;

interface Walk {
  readonly deps: EraseDeps;
  readonly commit: (owned: OwnedPartition, make: () => PreparedSlice) => Promise<void>;
  readonly isEnding: () => boolean;
  readonly restored: Set<string>;
}

export function startErasures(deps: EraseDeps): Erasures {
  let isEnding = false;
  const slices = createWaitingSlices({ ...deps, isEnding: () => isEnding });
  const walk: Walk = { deps, commit: slices.commit, isEnding: () => isEnding, restored: new Set() };
  const running = run(walk);
  return {
    kind: { name: 'erasure', due: slices.due },
    async stop() {
      isEnding = true;
      await running;
    },
  };
}

async function run(walk: Walk): Promise<void> {
  const { deps } = walk;
  while (!walk.isEnding()) {
    try {
      for (const erasure of await look(walk)) await eraseHere(walk, erasure);
    } catch (error) {
      if (!(error instanceof WalkEnded)) deps.log.warn('erasure_failed', { error });
    }
    await rest(walk, deps.lookEveryMs);
  }
}

async function rest(walk: Walk, ms: number): Promise<void> {
  for (let left = ms; left > 0 && !walk.isEnding(); left -= POLL_MS) await walk.deps.sleep(Math.min(left, POLL_MS));
}

/** What is to be done on owned partitions. What the control topic knows and Postgres does not was lost with a restored backup. */
async function look({ deps, restored }: Walk): Promise<readonly Erasure[]> {
  const partitions = deps.owned().flatMap(({ state, partition }) => (state === 'running' ? [partition] : []));
  if (partitions.length === 0) return [];
  const told = deps.registry.erasures().filter(({ partition, requestId }) => partitions.includes(partition) && !restored.has(requestId));
  if (told.length > 0) await deps.store.restoreErasures(told);
  for (const { requestId } of told) restored.add(requestId);
  return deps.store.readErasures(partitions, false);
}

async function eraseHere(walk: Walk, erasure: Erasure): Promise<void> {
  const owned = walk.deps.owned().find(({ partition, state }) => partition === erasure.partition && state === 'running');
  if (owned === undefined) return;
  const { log, registry, metrics, clock } = walk.deps;
  // An earlier owner may have counted by a pack that this process is yet to be told of.
  if (registry.knownThroughMs() < owned.takenOverMs) return;
  const startedMs = clock.monotonicMs();
  if (!isBegunHere(owned, erasure) && !(await begin(walk, owned, erasure))) return;
  for (const entity of registry.entitiesOf(erasure.tenant)) await eraseEntity(walk, owned, { erasure, entity });
  await eraseDays(walk, owned, erasure);
  const next = nextOf(owned, erasure);
  const step = next === null ? ({ kind: 'end' } as const) : ({ kind: 'hand_on', to: next } as const);
  await walk.commit(owned, () => stepSlice(erasure, { step, onCommitted: () => owned.erased.done(erasure) }));
  if (next !== null) return;
  metrics.counter('erasures_total', { place: 'events' }).inc();
  log.info('person_erased', {
    detail: { partition: owned.partition, request: erasure.requestId, duration_ms: clock.monotonicMs() - startedMs },
  });
}

/** No event of the person is counted here, and no version is made of those that were. */
function isBegunHere({ erased, versions }: OwnedPartition, { tenant, subject }: Erasure): boolean {
  return erased.has(tenant, subject) && [...versions.tasks.values()].every(({ isDone }) => isDone);
}

/** A partition that the person's events may lie in too, where nobody has looked yet; null: there is none. */
function nextOf({ partition, grown }: OwnedPartition, { visited }: Erasure): number | null {
  if (grown === null) return null;
  return classOf(partition, grown).find((one) => one !== partition && !visited.includes(one)) ?? null;
}

/** False: a metric version is being made of raw events, of which nobody could tell afterwards whether it has counted the person. */
async function begin(walk: Walk, owned: OwnedPartition, erasure: Erasure): Promise<boolean> {
  let isBegun = false;
  await walk.commit(owned, () => {
    isBegun = [...owned.versions.tasks.values()].every(({ isDone }) => isDone);
    if (!isBegun) return NO_SLICE;
    return stepSlice(erasure, {
      step: { kind: 'begin' },
      onCommitted() {
        owned.erased.begun(erasure);
        // Events of the person that are folded already are not to be counted.
        walk.deps.refold(owned);
      },
    });
  });
  return isBegun;
}

const NOTHING_DONE = { writes: [], series: [], records: 0 } as const;
const NO_SLICE: PreparedSlice = { commit: {}, isMade: () => true, committed: () => NOTHING_DONE, failed: () => undefined };

interface Stepping {
  readonly step: ErasureStep['step'];
  readonly onCommitted: () => void;
}

function stepSlice(erasure: Erasure, { step, onCommitted }: Stepping): PreparedSlice {
  return {
    commit: { erasure: { ...erasure, step } },
    isMade: () => true,
    committed() {
      onCommitted();
      return NOTHING_DONE;
    },
    failed: () => undefined,
  };
}

interface EntityOf {
  readonly erasure: Erasure;
  readonly entity: CompiledEntity;
}

async function eraseEntity(walk: Walk, owned: OwnedPartition, { erasure, entity }: EntityOf): Promise<void> {
  const { store, closedAfterS, clock } = walk.deps;
  for (;;) {
    const ids = await store.readPersonEntities(entity, erasure.subject, ENTITIES_MAX);
    if (ids.length === 0) return;
    const closing = { arrivalToMs: clock.nowMs(), closedAfterS };
    await walk.commit(owned, () => entitySlice(owned, { erasure, entity, ids, closing }));
  }
}

async function eraseDays(walk: Walk, owned: OwnedPartition, erasure: Erasure): Promise<void> {
  let days = await walk.deps.store.readPersonDays({ ...erasure, partition: owned.partition });
  for (let pauseMs = VOID_PAUSE_MS.first; days.length > 0; pauseMs = Math.min(VOID_PAUSE_MS.most, pauseMs * 2)) {
    const left: PersonDay[] = [];
    for (const day of days) if (!(await eraseDay(walk, owned, { erasure, day }))) left.push(day);
    days = left;
    if (days.length > 0) await rest(walk, pauseMs);
  }
}

/** False: something that it restates changed meanwhile. */
async function eraseDay(
  walk: Walk,
  owned: OwnedPartition,
  { erasure, day }: Pick<EntityOf, 'erasure'> & { day: PersonDay },
): Promise<boolean> {
  const { clock } = walk.deps;
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    if (walk.isEnding() || owned.state !== 'running') throw new WalkEnded();
    return work();
  };
  for (;;) {
    const ask = { owned, erasure, day, cut: cutOf(owned) };
    const prepared = await prepareDay({ ...walk.deps, step, nowMs: () => clock.nowMs() }, ask);
    if (prepared.isEmpty) return true;
    await walk.commit(owned, () => prepared.slice());
    if (prepared.isVoid()) return false;
    if (!prepared.isPart) return true;
  }
}
