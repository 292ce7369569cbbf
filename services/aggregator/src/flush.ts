import type { Backoff, Clock, Random } from '@tidegate/runtime';
import { backoffMs } from '@tidegate/runtime';
import type {
  BackfillMove,
  CommitOutcome,
  DataStore,
  OffsetMove,
  PartitionCommit,
  ProgressRow,
  RejectedBeyond,
  RejectedRow,
} from '@tidegate/postgres';
import type { Logger } from '@tidegate/telemetry';
import type { FrozenBatch } from './frozen-batch.ts';
import { rewind } from './owned-partition.ts';
import type { EventCursor, OwnedPartition } from './owned-partition.ts';

const BACKOFF: Backoff = { firstMs: 50, capMs: 2_000 };
const DAY_MS = 86_400_000;
/** Batches are not made smaller than this because a server was ill. */
const RETRY_RECORDS_MIN = 256;

export interface FlushDeps {
  readonly store: Pick<DataStore, 'commit' | 'readProgress' | 'ensureRawDays'>;
  readonly announceRejected: (rows: readonly RejectedRow[]) => Promise<void>;
  /** Reading of the partition begins again at its committed offsets. */
  readonly restart: (owned: OwnedPartition) => void;
  /** The partition has another owner, or another state than this process believes: what is held of it is void. */
  readonly onLost: (owned: OwnedPartition) => void;
  readonly onFailure: (reason: 'fenced' | 'data' | 'server') => void;
  /** Refused events that a tenant's quota of the day had no room for. */
  readonly onRejectedBeyond: (beyond: readonly RejectedBeyond[]) => void;
  readonly rejectedBytesMax: number;
  readonly recordLimit: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly pause: (ms: number) => Promise<void>;
  readonly isStopping: () => boolean;
  readonly log: Logger;
}

/**
 * Commits frozen batches, several partitions in one transaction, and settles each by what is known of the outcome:
 *
 * | outcome     | what is done                                                                                       |
 * |-------------|----------------------------------------------------------------------------------------------------|
 * | committed   | the pending layer joins the window, offsets move                                                   |
 * | lost        | those partitions are given up, the others are committed without them                               |
 * | data error  | each partition alone; then fewer records, until the one stands alone: it is rejected, the rest goes |
 * | failed      | the progress row is read back: committed after all, or everything uncommitted is dropped           |
 *
 * Resolves with the batches that are committed.
 */
export function createFlush(deps: FlushDeps) {
  const days = createKnownDays(deps.store);
  let failures = 0;

  async function attempt(frozen: readonly FrozenBatch[]): Promise<CommitOutcome> {
    try {
      await days.ensure(frozen);
      await deps.announceRejected(frozen.flatMap((f) => f.commit.rejected));
    } catch (error) {
      return { kind: 'failed', commitSent: false, message: error instanceof Error ? error.message : String(error) };
    }
    return deps.store.commit({ partitions: frozen.map((f) => f.commit), rejectedBytesMax: deps.rejectedBytesMax });
  }

  async function flush(frozen: readonly FrozenBatch[]): Promise<readonly FrozenBatch[]> {
    if (frozen.length === 0) return [];
    const outcome = await attempt(frozen);
    switch (outcome.kind) {
      case 'committed':
        failures = 0;
        deps.onRejectedBeyond(outcome.rejectedBeyond ?? []);
        return frozen.map((f) => settle(f, deps.recordLimit));
      case 'lost':
        return flush(giveUpLost(deps, frozen, outcome.partitions));
      case 'data_error':
        deps.onFailure('data');
        return afterDataError(frozen, outcome.sqlState);
      case 'failed':
        deps.onFailure('server');
        deps.log.warn('flush_failed', { detail: { commit_sent: outcome.commitSent, reason: outcome.message } });
        return readBack(frozen);
    }
  }

  async function afterDataError(frozen: readonly FrozenBatch[], sqlState: string): Promise<readonly FrozenBatch[]> {
    if (sqlState === NO_PLACE && days.forget()) return flush(frozen);
    const committed: FrozenBatch[] = [];
    if (frozen.length > 1) {
      for (const one of frozen) committed.push(...(await flush([one])));
      return committed;
    }
    for (const one of frozen) narrow(deps, one, sqlState);
    return committed;
  }

  /** Nobody knows, or nothing happened: the row says which. Nothing is tried again before it has been read. */
  async function readBack(frozen: readonly FrozenBatch[]): Promise<readonly FrozenBatch[]> {
    for (;;) {
      failures += 1;
      await deps.pause(backoffMs(BACKOFF, failures, deps.random));
      if (deps.isStopping() && failures > 5) return [];
      try {
        const rows = new Map((await deps.store.readProgress(frozen.map((f) => f.commit.partition))).map((row) => [row.partition, row]));
        return frozen.filter((f) => settleByRow(deps, f, rows.get(f.commit.partition)));
      } catch (error) {
        deps.log.warn('progress_unreadable', { error });
      }
    }
  }

  return flush;
}

/** A day that long past may have been dropped since it was last made; none younger ever is. */
const KNOWN_DAYS = 8;

/** Postgres' check_violation: of a row that no partition of its table is there for, among others. */
const NO_PLACE = '23514';

interface KnownDays {
  /** Makes sure, once a day, that the arrival days of a flush have a place. */
  ensure(frozen: readonly FrozenBatch[]): Promise<void>;
  /** A database that lost commits may have lost places with them. False where all of them were made sure just before. */
  forget(): boolean;
}

function createKnownDays(store: Pick<DataStore, 'ensureRawDays'>): KnownDays {
  const known = new Set<number>();
  let areFresh = false;

  async function ensure(frozen: readonly FrozenBatch[]): Promise<void> {
    const fresh = new Set<number>();
    for (const { commit } of frozen) {
      // The day after, too: no flush waits for it at midnight.
      const last = Math.floor(commit.arrivalToMs / DAY_MS) + 1;
      for (let day = Math.floor(commit.arrivalFromMs / DAY_MS); day <= last; day += 1) if (!known.has(day)) fresh.add(day);
    }
    areFresh = fresh.size > 0 && known.size === 0;
    if (fresh.size === 0) return;
    await store.ensureRawDays([...fresh]);
    const newest = Math.max(...known, ...fresh);
    for (const day of fresh) if (day > newest - KNOWN_DAYS) known.add(day);
  }

  return {
    ensure,
    forget() {
      known.clear();
      return !areFresh;
    },
  };
}

/** The commit stands. */
function settle(frozen: FrozenBatch, recordLimit: number): FrozenBatch {
  const { owned, commit, layer } = frozen;
  owned.window.commit(layer, { arrivalFromMs: commit.arrivalFromMs, arrivalToMs: commit.arrivalToMs });
  settleCells(frozen);
  owned.lateness.take(frozen.batch.lateness);
  owned.commitNo = commit.commitNo;
  owned.live.committed = commit.live.next;
  if (commit.rejectedLane !== null) owned.rejected.committed = commit.rejectedLane.next;
  if (commit.completeThroughMs !== null) owned.completeThroughMs = Math.max(owned.completeThroughMs ?? 0, commit.completeThroughMs);
  if (commit.backfill !== null) settleBackfill(owned, commit.backfill);
  if (isSearched(owned.live) && isSearched(owned.backfill)) owned.recordLimit = recordLimit;
  for (const { refused, committed } of [owned.live, owned.backfill])
    for (const offset of refused) if (offset < committed) refused.delete(offset);
  return frozen;
}

/** Those of its events, and those of metrics over rows that it changed. */
function settleCells({ owned, cells, entities }: FrozenBatch): void {
  owned.cells.settled(cells);
  const ofRows = entities?.cells ?? null;
  if (ofRows !== null) owned.cells.settled(ofRows);
}

function settleBackfill(owned: OwnedPartition, { next, throughMs }: BackfillMove): void {
  owned.backfill.committed = next;
  owned.backfillThroughMs = Math.max(owned.backfillThroughMs ?? 0, throughMs);
}

function giveUpLost(deps: FlushDeps, frozen: readonly FrozenBatch[], lost: readonly number[]): readonly FrozenBatch[] {
  deps.onFailure('fenced');
  for (const { owned } of frozen) if (lost.includes(owned.partition)) deps.onLost(owned);
  return frozen.filter((f) => !lost.includes(f.owned.partition));
}

/** True when the commit stands after all. */
function settleByRow(deps: FlushDeps, frozen: FrozenBatch, row: ProgressRow | undefined): boolean {
  const { owned, commit } = frozen;
  const isMine = row !== undefined && Buffer.compare(row.owner, commit.token) === 0;
  if (isMine && row.commitNo === commit.commitNo && row.live.nextOffset === commit.live.next) {
    settle(frozen, deps.recordLimit);
    return true;
  }
  if (isMine && row.commitNo === commit.commitNo - 1 && row.live.nextOffset === commit.live.expected) {
    shrink(owned, commit);
    rewind(owned, frozen.layer);
    deps.restart(owned);
  } else deps.onLost(owned);
  return false;
}

/** A transaction that was too long for its time limit must not be tried again at the same size for ever. */
function shrink(owned: OwnedPartition, commit: PartitionCommit): void {
  owned.recordLimit = Math.min(owned.recordLimit, Math.max(RETRY_RECORDS_MIN, Math.ceil(owned.recordLimit / 2)));
  search(owned, commit);
}

/** The limit stays lowered until both lanes have passed what the commit held. */
function search({ live, backfill }: OwnedPartition, commit: PartitionCommit): void {
  live.searchUntil = Math.max(live.searchUntil, commit.live.next);
  backfill.searchUntil = Math.max(backfill.searchUntil, commit.backfill?.next ?? 0);
}

function isSearched({ committed, searchUntil }: EventCursor): boolean {
  return committed >= searchUntil;
}

/** Halves what a batch may hold, or names the record that the database refuses once it stands alone; then folds again. */
function narrow(deps: FlushDeps, frozen: FrozenBatch, sqlState: string): void {
  const { owned, commit } = frozen;
  const records = movedBy(commit.live) + movedBy(commit.backfill);
  if (records === 1) {
    const [cursor, { expected }] = commit.backfill === null ? [owned.live, commit.live] : [owned.backfill, commit.backfill];
    cursor.refused.add(expected);
    deps.log.error('record_unstorable', {
      detail: { partition: owned.partition, lane: cursor.lane, offset: expected, sql_state: sqlState },
    });
  }
  search(owned, commit);
  owned.recordLimit = Math.max(1, Math.ceil(records / 2));
  rewind(owned, frozen.layer);
  deps.restart(owned);
}

function movedBy(move: OffsetMove | null): number {
  return move === null ? 0 : move.next - move.expected;
}
