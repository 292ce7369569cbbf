import { entityTable, UNSEALED } from '@tidegate/core';
import type { ChangedEntities, EntityRowState } from '@tidegate/core';
import { cellKeyText, encodeCellKeys } from './cell-keys.ts';
import { askedOf } from './commit-budgets.ts';
import { cellCommits, changedEntities, mergeEntities } from './commit-entities.ts';
import type { MergedCommit } from './commit-entities.ts';
import type { EntityAsk, MergedEntities } from './entity-commit.ts';
import { encodeEntityKeys } from './entity-keys.ts';
import { admit, isSame } from './memory-budgets.ts';
import { isHeld, lane, NO_COMMIT, seriesKey } from './memory-database.ts';
import type { MemoryDatabase, MemoryStoreOptions } from './memory-database.ts';
import { applyErasure } from './memory-erasures.ts';
import { entityRowName } from './memory-entities.ts';
import { keepRejected } from './memory-rejected.ts';
import { readSource } from './memory-seal.ts';
import type { MemoryEntity } from './memory-entities.ts';
import type { RestatedBucket } from './restated-store.ts';
import { readRawRows } from './raw-rows.ts';
import type { StoredRawRow } from './raw-rows.ts';
import type { SealedCells } from './seal-shape.ts';
import type { CellWrite, CommitBatch, CommitOutcome, Lane, OffsetMove, PartitionCommit } from './store.ts';

/**
 * Checks first, then all changes in one turn of the event loop: a transaction. States are resolved where Postgres has them
 * resolved, before the steps that can still fail, so that a caller who keeps them after a failure is found out.
 */
export async function commit(db: MemoryDatabase, batch: CommitBatch, options: MemoryStoreOptions): Promise<CommitOutcome> {
  const fault = options.fault ?? (() => undefined);
  const lostNow = (): readonly number[] => batch.partitions.filter((p) => !canMove(db, p)).map((p) => p.partition);
  let commitSent = false;
  try {
    await fault('flush.begun');
    const lost = lostNow();
    if (lost.length > 0) return { kind: 'lost', partitions: lost };
    await fault('flush.fenced');
    await fault('flush.raw_copied');
    const { made, writes, ...rest } = makeAll(db, batch.partitions);
    await fault('flush.cells_read');
    const refused = batch.partitions.flatMap(rowsOf).find((row) => options.refuses?.(row) ?? false);
    if (refused !== undefined) return { kind: 'data_error', sqlState: '22000', message: 'a row is refused' };
    if (batch.partitions.flatMap(rowsOf).some(({ receivedAtMs }) => !db.rawDays.has(Math.floor(receivedAtMs / 86_400_000))))
      return { kind: 'data_error', sqlState: '23514', message: 'no partition of raw_event for the arrival day' };
    for (const point of LATER_POINTS) await fault(point);
    // Without row locks another owner may have come in the meantime.
    const lostSince = lostNow();
    if (lostSince.length > 0) return { kind: 'lost', partitions: lostSince };
    applyAll(db, batch.partitions, { made, ...rest });
    const rows = batch.partitions.flatMap(({ rejected }) => rejected);
    const rejectedBeyond = keepRejected(db, rows, batch.rejectedBytesMax);
    commitSent = true;
    await fault('flush.committed');
    return { kind: 'committed', writes, rejectedBeyond };
  } catch (error) {
    return { kind: 'failed', commitSent, message: error instanceof Error ? error.message : String(error) };
  }
}

interface AllMade {
  readonly made: ReadonlyMap<number, Made>;
  readonly budgets: readonly { readonly apply: () => void }[];
  readonly ofRows: readonly PartitionCommit[];
  readonly rows: readonly MergedCommit[];
  readonly areAsRead: () => boolean;
}

function makeAll(db: MemoryDatabase, partitions: readonly PartitionCommit[]) {
  const budgets = [decideValues(db, partitions)];
  const { rows, areAsRead } = mergeRows(db, partitions);
  const ofRows = cellCommits(rows);
  budgets.push(decideValues(db, ofRows));
  const changed = changedEntities(rows);
  const made = new Map(partitions.map((p) => [p.partition, make(db, p, { ofRows, entities: changed.get(p.partition) ?? [] })]));
  return { made, budgets, ofRows, rows, areAsRead, writes: new Map([...made].map(([partition, one]) => [partition, one.writes])) };
}

function applyAll(db: MemoryDatabase, partitions: readonly PartitionCommit[], { made, budgets, ofRows, rows, areAsRead }: AllMade): void {
  if (!areAsRead()) throw new Error('another commit changed a row meanwhile');
  for (const one of budgets) one.apply();
  for (const part of partitions) apply(db, part, made.get(part.partition) ?? NOTHING_MADE);
  for (const part of ofRows) nameSeries(db, part);
  for (const { commit: part, merged } of rows) applyRows(db, part, merged);
  for (const { partition, erasure } of partitions) applyErasure(db, partition, erasure);
}

const LATER_POINTS = ['flush.cells_written', 'flush.journaled', 'flush.rejected_written'] as const;

/** Without locks another owner may have admitted values in the meantime: then the commit fails, and is tried again. */
function decideValues(db: MemoryDatabase, partitions: readonly PartitionCommit[]): { readonly apply: () => void } {
  const commits = partitions.toSorted((a, b) => a.partition - b.partition);
  const admission = admit(db, askedOf(commits));
  for (const { cells } of commits) cells.values?.decide(admission.spent);
  return {
    apply() {
      if (!isSame(admission, admit(db, askedOf(commits)))) throw new Error('another commit changed a budget meanwhile');
      for (const [key, budget] of admission.after) db.budgets.set(key, budget);
    },
  };
}

/** What a commit writes: the cells of its batch, or those of its slice with what is sealed after it. */
interface Made {
  readonly writes: readonly CellWrite[];
  readonly sealed: SealedCells | null;
  readonly entities: readonly ChangedEntities[];
}

const NOTHING_MADE: Made = { writes: [], sealed: null, entities: [] };

interface RowsMade {
  /** Commits of the cells that changed with rows. */
  readonly ofRows: readonly PartitionCommit[];
  readonly entities: readonly ChangedEntities[];
}

function make(db: MemoryDatabase, part: PartitionCommit, { ofRows, entities }: RowsMade): Made {
  const { partition, slice } = part;
  const more = ofRows.filter((one) => one.partition === partition).flatMap((one) => resolve(db, one));
  if (slice !== null) {
    const sealed = slice.resolve(readSource(db, partition, slice.read));
    return { writes: sealed.writes, sealed, entities };
  }
  return { writes: [...resolve(db, part), ...more], sealed: null, entities };
}

function resolve(db: MemoryDatabase, { partition, cells }: PartitionCommit): readonly CellWrite[] {
  const keys = [...cells.absent, ...cells.sealed(db.live.get(partition)?.seals ?? UNSEALED)];
  return cells.resolve(keys.flatMap((key) => db.cells.get(`${partition}/${cellKeyText(key)}`) ?? []));
}

interface MergedRows {
  readonly rows: readonly MergedCommit[];
  /** Without locks another partition may have written them in the meantime: then the commit fails, and is tried again. */
  readonly areAsRead: () => boolean;
}

function mergeRows(db: MemoryDatabase, partitions: readonly PartitionCommit[]): MergedRows {
  const asks = partitions.flatMap(({ entities }) => entities?.asks ?? []);
  const found = asks.map((ask) => ({ ask, rows: rowsAsked(db, ask) }));
  const stored = new Map(found.map(({ ask, rows }) => [ask, rows.map(toRowState)]));
  return {
    rows: mergeEntities(partitions, stored),
    // Rows are replaced and never changed.
    areAsRead: () => found.every(({ ask, rows }) => isSameList(rowsAsked(db, ask), rows)),
  };
}

function rowsAsked(db: MemoryDatabase, { entity, keys }: EntityAsk): readonly MemoryEntity[] {
  const rows = db.entities.get(entityTable(entity));
  return keys.flatMap((key) => rows?.get(entityRowName({ tenant: entity.tenant, ...key })) ?? []);
}

function isSameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((one, at) => one === b[at]);
}

function toRowState({ subject, id, state }: MemoryEntity): EntityRowState {
  return { key: { subject, id }, state };
}

function applyRows(db: MemoryDatabase, { partition }: PartitionCommit, { writes, gone = [], restated }: MergedEntities): void {
  for (const { entity, rows } of writes) {
    const name = entityTable(entity);
    const table = db.entities.get(name) ?? new Map<string, MemoryEntity>();
    db.entities.set(name, table);
    for (const { key, state } of rows) {
      table.set(entityRowName({ tenant: entity.tenant, ...key }), { tenant: entity.tenant, ...key, partition, state });
    }
  }
  for (const { entity, keys } of gone) {
    for (const key of keys) db.entities.get(entityTable(entity))?.delete(entityRowName({ tenant: entity.tenant, ...key }));
  }
  listRestated(db, partition, restated);
}

function rowsOf({ rawRows, backfill }: PartitionCommit): readonly StoredRawRow[] {
  return [...readRawRows(rawRows), ...(backfill === null ? [] : readRawRows(backfill.rawRows))];
}

function canMove(db: MemoryDatabase, commitOf: PartitionCommit): boolean {
  const { partition, token } = commitOf;
  if (db.live.get(partition)?.commitNo !== commitOf.commitNo - 1) return false;
  return movesOf(commitOf).every(
    ([name, move]) => isHeld(db, { lane: name, partition }, token) && lane(db, name, partition).nextOffset === move.expected,
  );
}

function movesOf({ live, backfill, rejectedLane }: PartitionCommit): readonly (readonly [Lane, OffsetMove])[] {
  const moves: (readonly [Lane, OffsetMove])[] = [['live', live]];
  if (backfill !== null) moves.push(['backfill', backfill]);
  if (rejectedLane !== null) moves.push(['rejected', rejectedLane]);
  return moves;
}

function apply(db: MemoryDatabase, part: PartitionCommit, { writes, sealed, entities }: Made): void {
  const { partition } = part;
  moveLanes(db, part, sealed);
  db.rawRows.push(...rowsOf(part));
  for (const day of part.arrivalDays) db.arrivalDays.add(`${day.tenant}/${day.eventDay}/${day.arrivalDay}`);
  nameSeries(db, part);
  for (const write of writes) {
    db.cells.set(`${partition}/${cellKeyText(write)}`, {
      ...write,
      state: Uint8Array.from(write.state),
      partition,
      term: part.term,
      commitNo: part.commitNo,
    });
  }
  const block = {
    commit: { ...part, identities: Uint8Array.from(part.identities) },
    cells: encodeCellKeys(writes),
    entities: encodeEntityKeys(entities),
  };
  db.journal.set(partition, [...(db.journal.get(partition) ?? []), block]);
  listOutcomes(db, part);
}

/** What a commit tells of: closed buckets that it changed, cells that were wrong. */
function listOutcomes(db: MemoryDatabase, { partition, restated = [], drifts = [] }: PartitionCommit): void {
  for (const drift of drifts) db.drifts.push({ ...drift, partition });
  listRestated(db, partition, restated);
}

function listRestated(db: MemoryDatabase, partition: number, restated: readonly RestatedBucket[]): void {
  for (const bucket of restated) {
    const key = [bucket.tenant, bucket.metric, bucket.version, bucket.bucketS, bucket.cause, partition].join(' ');
    db.restated.set(key, { ...bucket, partition, revision: (db.restated.get(key)?.revision ?? 0) + 1 });
  }
}

function nameSeries(db: MemoryDatabase, { series, cells }: PartitionCommit): void {
  for (const entry of [...series, ...(cells.values?.series() ?? [])])
    if (!db.series.has(seriesKey(entry.id))) db.series.set(seriesKey(entry.id), entry);
}

function moveLanes(db: MemoryDatabase, part: PartitionCommit, sealed: SealedCells | null): void {
  const { partition } = part;
  for (const [name, move] of movesOf(part)) {
    const was = lane(db, name, partition);
    db.lanes.set(`${name}/${partition}`, {
      ...was,
      nextOffset: move.next,
      lastRecordSha256: move.lastRecordSha256 ?? was.lastRecordSha256,
    });
  }
  const was = db.live.get(partition) ?? { ...NO_COMMIT, term: part.term };
  db.live.set(partition, {
    ...was,
    commitNo: part.commitNo,
    completeThroughMs: later(was.completeThroughMs, part.completeThroughMs),
    backfillThroughMs: later(was.backfillThroughMs, part.backfill?.throughMs ?? null),
    seals: sealed?.seals ?? was.seals,
  });
  moveTask(db, partition, sealed);
  moveTasks(db, part);
}

function moveTasks(db: MemoryDatabase, { partition, tasks = [] }: PartitionCommit): void {
  for (const { kind, name, row } of tasks) {
    const key = `${partition}/${kind}/${name}`;
    if (row === null) db.tasks.delete(key);
    // As JSON keeps it: nothing of the caller's memory.
    else db.tasks.set(key, { partition, kind, name, ...structuredClone(row) });
  }
}

function later(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.max(one, other);
}

function moveTask(db: MemoryDatabase, partition: number, sealed: SealedCells | null): void {
  if (sealed === null) return;
  if (sealed.task === null) db.sealTasks.delete(partition);
  else db.sealTasks.set(partition, sealed.task);
}
