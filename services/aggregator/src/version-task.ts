/** Making a metric version of a partition's raw events: adopt it at a cut, fold what lies below (docs/design/metric-versions.md). */
import { createRawFold, versionName } from '@tidegate/core';
import type { CompiledMetric, FoldedBatch, VersionTask } from '@tidegate/core';
import type { RawStore } from '@tidegate/postgres';
import type { EventCursor, OwnedPartition } from './owned-partition.ts';
import { toChange, toDeletion } from './partition-versions.ts';
import type { PreparedCells } from './prepared-cells.ts';
import { committedCells, prepareEntities } from './prepared-entities.ts';
import { createRawPages } from './raw-pages.ts';
import type { LogPosition, RawPage, RawPages } from './raw-pages.ts';
import { createReadAhead } from './read-ahead.ts';
import type { ReadAhead, ReadAheadDeps } from './read-ahead.ts';
import type { Registry } from './registry.ts';
import type { DueSlice, PreparedSlice, SliceSize, TaskKind } from './task-kind.ts';

export interface VersionTaskDeps extends ReadAheadDeps {
  readonly store: RawStore;
  readonly registry: Pick<Registry, 'metricOf' | 'making' | 'isWanted' | 'knownThroughMs'>;
  /** A bucket is closed so long after its end. */
  readonly closedAfterS: number;
  /** What is folded and not committed is dropped, and reading begins again at the committed offsets. */
  readonly refold: (owned: OwnedPartition) => void;
}

const DAY_S = 86_400;
/** An event may say that it occurred some minutes after it came. */
const EARLINESS_S = 900;

/** Tasks that stand at the same place with the same cut: versions of one change are made in one pass over the raw rows. */
interface Making {
  readonly tasks: readonly VersionTask[];
  readonly metrics: readonly CompiledMetric[];
  readonly ahead: ReadAhead<MadePage>;
}

interface MadePage extends RawPage {
  readonly historyFromS: number | null;
}

/**
 * What a partition does about metric versions, each a slice:
 *
 * | the pack's record  | the partition          | slice                                                                       |
 * |--------------------|------------------------|-----------------------------------------------------------------------------|
 * | makes the version  | has not adopted it     | adopt: a task with `next_offset` as its cut; what is folded beyond is folded anew |
 * | makes or folds it  | its task is open       | fold raw rows below the cut, move the cursor; done at the end                 |
 * | has it no more     | has a task             | take the task away                                                           |
 */
export function createVersionTask(deps: VersionTaskDeps): TaskKind {
  const makings = new WeakMap<OwnedPartition, Making>();
  const pages = new WeakMap<OwnedPartition, { readonly name: string; readonly of: RawPages }>();

  /** Kept from page to page: it knows the days and what they hold. */
  function pagesOf(owned: OwnedPartition, tasks: readonly VersionTask[], metrics: readonly CompiledMetric[]): RawPages {
    const name = tasks.map(({ version }) => versionName(version)).join();
    const known = pages.get(owned);
    if (known?.name === name) return known.of;
    const types = [...new Set(metrics.flatMap(({ eventTypes }) => eventTypes))];
    const [{ tenant } = { tenant: '' }] = metrics;
    const bound = tasks[0]?.cut ?? NOTHING_BELOW;
    const of = createRawPages(deps.store, { partition: owned.partition, tenant, types, bound, occurred: null });
    pages.set(owned, { name, of });
    return of;
  }

  function dueFold(owned: OwnedPartition, size: SliceSize): DueSlice | null {
    const known = makings.get(owned);
    const making = known !== undefined && known.tasks.every(isCurrent(owned)) ? known : begin(owned, size);
    const page = making?.ahead.take() ?? null;
    return making === null || page === null ? null : () => foldSlice(owned, { ...making, closedAfterS: deps.closedAfterS }, page);
  }

  function begin(owned: OwnedPartition, size: SliceSize): Making | null {
    const open = [...owned.versions.tasks.values()].flatMap((task) => {
      const metric = task.isDone || !deps.registry.isWanted(task.version) ? null : deps.registry.metricOf(task.version);
      return metric === null ? [] : [{ task, metric }];
    });
    const together = open.filter((one) => isTogether(one.task, open[0]?.task));
    if (together.length === 0) return null;
    const tasks = together.map(({ task }) => task);
    const metrics = together.map(({ metric }) => metric);
    const from = pagesOf(owned, tasks, metrics);
    const made = { tasks, metrics, ahead: createReadAhead(deps, () => readPage(from, tasks[0]?.at ?? null, size)) };
    makings.set(owned, made);
    return made;
  }

  return {
    name: 'version',
    due(owned, size) {
      // What an erasure restates are the versions that have counted the person: none may begin to meanwhile.
      if (owned.erased.isUnderWay()) return null;
      const fresh = deps.registry.making().filter((metric) => !owned.versions.tasks.has(versionName(metric)));
      if (fresh.length > 0) return () => adoptSlice(deps, owned, fresh);
      if (owned.versions.tasks.size === 0) return null;
      const gone = unwanted(deps, owned);
      return gone.length > 0 ? () => dropSlice(owned, gone) : dueFold(owned, size);
    },
  };
}

const NOTHING_BELOW: VersionTask['cut'] = { live: { logGeneration: 0, offset: 0 }, backfill: { logGeneration: 0, offset: 0 } };

/** Neither moved on nor taken away since. */
function isCurrent({ versions }: OwnedPartition): (task: VersionTask) => boolean {
  return (task) => versions.tasks.get(versionName(task.version)) === task;
}

function isTogether(task: VersionTask, first: VersionTask | undefined): boolean {
  if (first === undefined || task.version.tenant !== first.version.tenant) return false;
  return JSON.stringify([task.cut, task.at]) === JSON.stringify([first.cut, first.at]);
}

/** Those of which an earlier owner may know more than this process does yet are left. */
function unwanted({ registry }: VersionTaskDeps, { versions, takenOverMs }: OwnedPartition): readonly string[] {
  if (registry.knownThroughMs() < takenOverMs) return [];
  return [...versions.tasks].filter(([, { version }]) => !registry.isWanted(version)).map(([name]) => name);
}

const NOTHING_WRITTEN = { writes: [], series: [], records: 0 } as const;

/** The fence of the commit makes sure that the cut is `next_offset` of both lanes in its transaction: every commit of either has a number. */
function adoptSlice(deps: VersionTaskDeps, owned: OwnedPartition, fresh: readonly CompiledMetric[]): PreparedSlice {
  const { live, backfill } = owned;
  const cut = { live: cutOf(live), backfill: cutOf(backfill) };
  const tasks = fresh.map(({ tenant, metric, version }): VersionTask => ({
    version: { tenant, metric, version },
    cut,
    ...{ at: null, share: 0, historyFromS: null, isDone: false },
  }));
  return {
    commit: { tasks: tasks.map(toChange) },
    isMade: () => true,
    committed() {
      owned.versions.put(tasks);
      // Events beyond the cut that are folded already were folded without the version.
      deps.refold(owned);
      return NOTHING_WRITTEN;
    },
    failed: () => undefined,
  };
}

function cutOf({ logGeneration, committed: offset }: EventCursor): LogPosition {
  return { logGeneration, offset };
}

function dropSlice(owned: OwnedPartition, names: readonly string[]): PreparedSlice {
  return {
    commit: { tasks: names.map(toDeletion) },
    isMade: () => true,
    committed() {
      owned.versions.drop(names);
      return NOTHING_WRITTEN;
    },
    failed: () => undefined,
  };
}

async function readPage(pages: RawPages, at: VersionTask['at'], { records, spread }: SliceSize): Promise<MadePage> {
  const page = await pages.read(at, { rows: records, offsets: records * spread });
  return { ...page, historyFromS: page.next === null ? await historyFrom(pages) : null };
}

/** Whole from the first event where no day was dropped; else from when on no event can have come on a dropped day. */
async function historyFrom(pages: RawPages): Promise<number | null> {
  const dropped = (await pages.days()).filter(({ isKept }) => !isKept).map(({ arrivalDay }) => arrivalDay);
  return dropped.length === 0 ? null : (Math.max(...dropped) + 1) * DAY_S + EARLINESS_S;
}

interface FoldAsk extends Pick<Making, 'tasks' | 'metrics'> {
  readonly closedAfterS: number;
}

/** As a flush of late events: what is sealed is kept right in the same commit. */
function foldSlice(owned: OwnedPartition, { tasks, metrics, closedAfterS }: FoldAsk, page: MadePage): PreparedSlice {
  const fold = createRawFold(metrics);
  for (const event of page.events) fold.fold(event);
  const folded = fold.take();
  const arrivedMs = page.events.reduce((latest, { receivedAtMs }) => Math.max(latest, receivedAtMs), 0);
  const closing = { arrivalToMs: arrivedMs, closedAfterS };
  const beside = owned.cells.beside();
  const cells = beside.prepare(folded, closing);
  const prepare = (ofRows: FoldedBatch): PreparedCells => beside.prepare(ofRows, closing);
  const { projectionOf, sharedRows } = owned;
  const entities = prepareEntities(folded.entities, { projectionOf, sharedRows, prepare, closing });
  const { next, share, historyFromS } = page;
  const after = tasks.map((task): VersionTask => ({ ...task, at: next ?? task.at, share, historyFromS, isDone: next === null }));
  return {
    commit: { cells, series: cells.newSeries, tasks: after.map(toChange), entities },
    isMade: () => true,
    committed() {
      owned.versions.put(after);
      const { writes, places, series: all } = committedCells(cells, entities);
      owned.cells.forget(writes);
      const series = places.flatMap((place) => all[place] ?? []);
      return { writes, series, entities: entities?.changed ?? [], records: page.events.length };
    },
    // States were merged in place: the slice is made anew, of the same page.
    failed: () => undefined,
  };
}
