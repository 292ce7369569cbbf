import { IDENTITY_BYTES } from '@tidegate/core';
import type { SeriesEntry } from '@tidegate/core';
import { cellKeyText, decodeCellKeys, encodeCellKeys } from './cell-keys.ts';
import { findIn } from './identity-blocks.ts';
import { readRawRows } from './raw-rows.ts';
import type { RawRow } from './raw-rows.ts';
import type { EndedLog } from './read-store.ts';
import type {
  Amendment,
  CellWrite,
  Claim,
  ClaimRequest,
  CommitBatch,
  CommitFault,
  CommitOutcome,
  DataStore,
  DedupGeneration,
  IdlePartition,
  Lane,
  LanePosition,
  PartitionCommit,
  RejectedRow,
  StoredCell,
} from './store.ts';

interface LaneState extends LanePosition {
  readonly owner: Uint8Array;
}

interface LiveState {
  readonly term: number;
  readonly commitNo: number;
  readonly completeThroughMs: number | null;
}

interface JournalState {
  readonly commit: PartitionCommit;
  readonly cells: Uint8Array;
}

/** What Postgres would hold; several stores may share one, as several owners share a database. */
export interface MemoryDatabase {
  readonly lanes: Map<string, LaneState>;
  readonly live: Map<number, LiveState>;
  readonly rawRows: RawRow[];
  readonly rawDays: Set<number>;
  readonly arrivalDays: Set<string>;
  readonly series: Map<string, SeriesEntry>;
  readonly cells: Map<string, StoredCell & { readonly partition: number }>;
  readonly journal: Map<number, JournalState[]>;
  readonly generations: Map<string, DedupGeneration & { readonly blocks: Uint8Array }>;
  readonly rejected: Map<string, RejectedRow>;
  readonly gaps: { readonly partition: number; readonly lane: Lane; readonly fromOffset: number; readonly toOffset: number }[];
  readonly endedLogs: (EndedLog & { readonly lane: Lane })[];
}

export interface MemoryStoreOptions {
  readonly database?: MemoryDatabase;
  /** Throws to make a commit fail at that boundary; at `flush.committed` the commit stands and only its answer is lost. */
  readonly fault?: CommitFault;
  /** Rows that the database would refuse as data. */
  readonly refuses?: (row: RawRow) => boolean;
}

export function createMemoryDatabase(): MemoryDatabase {
  return {
    lanes: new Map(),
    live: new Map(),
    rawRows: [],
    rawDays: new Set(),
    arrivalDays: new Set(),
    series: new Map(),
    cells: new Map(),
    journal: new Map(),
    generations: new Map(),
    rejected: new Map(),
    gaps: [],
    endedLogs: [],
  };
}

/** The data plane in memory: the twin of `createPgStore` for unit and model tests. */
export function createMemoryStore(options: MemoryStoreOptions = {}): DataStore {
  const db = options.database ?? createMemoryDatabase();
  const holds = (partition: number, token: Uint8Array): boolean => isHeld(db, { lane: 'live', partition }, token);
  return {
    claim: async (requests, token) => requests.map((request) => claimOne(db, request, token)),
    amend: async (amendment, token) => holds(amendment.partition, token) && amendOne(db, amendment),
    newestLogGeneration: async (name) => newestLogGeneration(db, name),
    readProgress: async (partitions) =>
      partitions
        .filter((partition) => db.live.has(partition))
        .map((partition) => ({ ...toClaim(db, partition), owner: lane(db, 'live', partition).owner })),
    async *readJournal(partition, after) {
      for (const { commit, cells } of [...(db.journal.get(partition) ?? [])]) {
        if (commit.commitNo <= after.commitNo || commit.generation < (after.generation ?? 0)) continue;
        const { commitNo, term, generation, arrivalFromMs, arrivalToMs, identities } = commit;
        const nextOffset = commit.live.next;
        yield { partition, commitNo, term, generation, arrivalFromMs, arrivalToMs, nextOffset, identities, cells: decodeCellKeys(cells) };
      }
    },
    readGenerations: async (partition) =>
      [...db.generations.values()].filter((g) => g.partition === partition).sort((a, b) => a.generation - b.generation),
    findIdentities: async (partition, generation, identities) => {
      const blocks = db.generations.get(`${partition}/${generation}`)?.blocks ?? new Uint8Array();
      return Buffer.concat(
        splitIdentities(identities)
          .filter((identity) => findIn(blocks, identity))
          .sort(Buffer.compare),
      );
    },
    closeGeneration: async (closed, token) => {
      if (!holds(closed.partition, token)) return false;
      const { partition, generation, arrivalFromMs, arrivalToMs, filter } = closed;
      const identities = closed.identities.length / IDENTITY_BYTES;
      const row = { partition, generation, isOpen: false, arrivalFromMs, arrivalToMs, identities, filter: Uint8Array.from(filter) };
      db.generations.set(`${partition}/${generation}`, { ...row, blocks: Uint8Array.from(closed.identities) });
      const kept = (db.journal.get(partition) ?? []).filter(
        ({ commit }) => commit.generation > generation || commit.commitNo > closed.announcedCommitNo,
      );
      db.journal.set(partition, kept);
      return true;
    },
    forgetGenerations: async (partition, upTo, token) => {
      if (!holds(partition, token)) return false;
      for (const [key, row] of db.generations) if (row.partition === partition && row.generation <= upTo) db.generations.delete(key);
      return true;
    },
    readCells: async (partition, keys) =>
      keys.flatMap((key) => {
        const cell = db.cells.get(`${partition}/${cellKeyText(key)}`);
        const series = db.series.get(seriesKey(key.seriesId));
        return cell === undefined || series === undefined ? [] : [{ ...cell, series }];
      }),
    ensureRawDays: async (days) => {
      for (const day of days) db.rawDays.add(day);
    },
    touch: async (idle) => touch(db, idle),
    commit: (batch) => commit(db, batch, options),
    close: async () => undefined,
  };
}

function lane(db: MemoryDatabase, name: Lane, partition: number): LaneState {
  const state = db.lanes.get(`${name}/${partition}`);
  if (state === undefined) throw new Error(`no progress row ${name}/${partition}`);
  return state;
}

function newestLogGeneration(db: MemoryDatabase, name: Lane): number {
  return [...db.lanes].reduce((newest, [key, at]) => (key.startsWith(`${name}/`) ? Math.max(newest, at.logGeneration) : newest), 0);
}

function isHeld(db: MemoryDatabase, at: { lane: Lane; partition: number }, token: Uint8Array): boolean {
  const owner = db.lanes.get(`${at.lane}/${at.partition}`)?.owner;
  return owner !== undefined && Buffer.compare(owner, token) === 0;
}

function toClaim(db: MemoryDatabase, partition: number): Claim {
  const live = db.live.get(partition) ?? { term: 0, commitNo: 0, completeThroughMs: null };
  return { partition, ...live, live: lane(db, 'live', partition), rejected: lane(db, 'rejected', partition) };
}

function claimOne(db: MemoryDatabase, request: ClaimRequest, token: Uint8Array): Claim {
  const { partition } = request;
  for (const name of ['live', 'rejected'] as const) {
    const start = request[name];
    const fresh = { nextOffset: start.startOffset, logGeneration: 1, topicId: start.topicId, lastRecordSha256: null };
    db.lanes.set(`${name}/${partition}`, { ...(db.lanes.get(`${name}/${partition}`) ?? fresh), owner: Uint8Array.from(token) });
  }
  const was = db.live.get(partition) ?? { term: 0, commitNo: 0, completeThroughMs: null };
  db.live.set(partition, { ...was, term: was.term + 1 });
  return toClaim(db, partition);
}

function amendOne(db: MemoryDatabase, amendment: Amendment): true {
  const { partition, position, gap } = amendment;
  const was = lane(db, amendment.lane, partition);
  if (position !== undefined && position.logGeneration > was.logGeneration)
    db.endedLogs.push({ lane: amendment.lane, partition, logGeneration: was.logGeneration, nextOffset: was.nextOffset });
  db.lanes.set(`${amendment.lane}/${partition}`, { ...was, ...position });
  const live = db.live.get(partition);
  if (live !== undefined) db.live.set(partition, { ...live, term: Math.max(live.term, amendment.term ?? 0) });
  if (gap !== undefined) db.gaps.push({ partition, lane: amendment.lane, ...gap });
  return true;
}

function touch(db: MemoryDatabase, idle: readonly IdlePartition[]): readonly number[] {
  const kept: number[] = [];
  for (const { partition, token, completeThroughMs } of idle) {
    const live = db.live.get(partition);
    if (live === undefined || !isHeld(db, { lane: 'live', partition }, token)) continue;
    db.live.set(partition, { ...live, completeThroughMs: Math.max(live.completeThroughMs ?? completeThroughMs, completeThroughMs) });
    kept.push(partition);
  }
  return kept;
}

/**
 * Checks first, then all changes in one turn of the event loop: a transaction. States are resolved where Postgres has them
 * resolved, before the steps that can still fail, so that a caller who keeps them after a failure is found out.
 */
async function commit(db: MemoryDatabase, batch: CommitBatch, options: MemoryStoreOptions): Promise<CommitOutcome> {
  const fault = options.fault ?? (() => undefined);
  const lostNow = (): readonly number[] => batch.partitions.filter((p) => !canMove(db, p)).map((p) => p.partition);
  let commitSent = false;
  try {
    await fault('flush.begun');
    const lost = lostNow();
    if (lost.length > 0) return { kind: 'lost', partitions: lost };
    await fault('flush.fenced');
    await fault('flush.raw_copied');
    const writes = new Map(batch.partitions.map((p) => [p.partition, resolveCells(db, p)]));
    await fault('flush.cells_read');
    const refused = batch.partitions.flatMap((p) => readRawRows(p.rawRows)).find((row) => options.refuses?.(row) ?? false);
    if (refused !== undefined) return { kind: 'data_error', sqlState: '22000', message: 'a row is refused' };
    for (const point of ['flush.cells_written', 'flush.journaled', 'flush.rejected_written'] as const) await fault(point);
    // Without row locks another owner may have come in the meantime.
    const lostSince = lostNow();
    if (lostSince.length > 0) return { kind: 'lost', partitions: lostSince };
    for (const part of batch.partitions) apply(db, part, writes.get(part.partition) ?? []);
    commitSent = true;
    await fault('flush.committed');
    return { kind: 'committed', writes };
  } catch (error) {
    return { kind: 'failed', commitSent, message: error instanceof Error ? error.message : String(error) };
  }
}

function resolveCells(db: MemoryDatabase, { partition, cells }: PartitionCommit): readonly CellWrite[] {
  return cells.resolve(cells.absent.flatMap((key) => db.cells.get(`${partition}/${cellKeyText(key)}`) ?? []));
}

function canMove(db: MemoryDatabase, commitOf: PartitionCommit): boolean {
  const { partition, rejectedLane, token } = commitOf;
  if (!isHeld(db, { lane: 'live', partition }, token) || lane(db, 'live', partition).nextOffset !== commitOf.live.expected) return false;
  if (db.live.get(partition)?.commitNo !== commitOf.commitNo - 1) return false;
  return (
    rejectedLane === null ||
    (isHeld(db, { lane: 'rejected', partition }, token) && lane(db, 'rejected', partition).nextOffset === rejectedLane.expected)
  );
}

function apply(db: MemoryDatabase, part: PartitionCommit, writes: readonly CellWrite[]): void {
  const { partition } = part;
  const rows = readRawRows(part.rawRows);
  for (const row of rows) {
    if (!db.rawDays.has(Math.floor(row.receivedAtMs / 86_400_000))) throw new Error('no partition of raw_event for the arrival day');
  }
  moveLanes(db, part);
  db.rawRows.push(...rows);
  for (const day of part.arrivalDays) db.arrivalDays.add(`${day.tenant}/${day.eventDay}/${day.arrivalDay}`);
  for (const entry of part.series) if (!db.series.has(seriesKey(entry.id))) db.series.set(seriesKey(entry.id), entry);
  for (const write of writes) {
    db.cells.set(`${partition}/${cellKeyText(write)}`, {
      ...write,
      state: Uint8Array.from(write.state),
      partition,
      term: part.term,
      commitNo: part.commitNo,
    });
  }
  const block = { commit: { ...part, identities: Uint8Array.from(part.identities) }, cells: encodeCellKeys(writes) };
  db.journal.set(partition, [...(db.journal.get(partition) ?? []), block]);
  for (const row of part.rejected) {
    const key = `${row.topic}/${row.logGeneration}/${row.partition}/${row.logOffset}`;
    if (!db.rejected.has(key)) db.rejected.set(key, row);
  }
}

function moveLanes(db: MemoryDatabase, part: PartitionCommit): void {
  const { partition } = part;
  for (const [name, move] of [
    ['live', part.live],
    ['rejected', part.rejectedLane],
  ] as const) {
    if (move === null) continue;
    const was = lane(db, name, partition);
    db.lanes.set(`${name}/${partition}`, {
      ...was,
      nextOffset: move.next,
      lastRecordSha256: move.lastRecordSha256 ?? was.lastRecordSha256,
    });
  }
  const was = db.live.get(partition);
  const completeThroughMs = Math.max(was?.completeThroughMs ?? -Infinity, part.completeThroughMs ?? -Infinity);
  const known = Number.isFinite(completeThroughMs) ? completeThroughMs : null;
  db.live.set(partition, { term: was?.term ?? part.term, commitNo: part.commitNo, completeThroughMs: known });
}

function seriesKey(id: Uint8Array): string {
  return Buffer.from(id).toString('hex');
}

function splitIdentities(identities: Uint8Array): Uint8Array[] {
  const out: Uint8Array[] = [];
  for (let at = 0; at < identities.length; at += IDENTITY_BYTES) out.push(identities.subarray(at, at + IDENTITY_BYTES));
  return out;
}
