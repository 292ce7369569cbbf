import { IDENTITY_BYTES } from '@tidegate/core';
import type { JournaledIdentities } from '@tidegate/core';
import { cellKeyText, decodeCellKeys } from './cell-keys.ts';
import { decodeEntityKeys } from './entity-keys.ts';
import { findIn } from './identity-blocks.ts';
import { commit } from './memory-commit.ts';
import { createMemoryDatabase, isHeld, lane, NO_COMMIT, seriesKey } from './memory-database.ts';
import { createMemoryErasures } from './memory-erasures.ts';
import { createMemoryRaw } from './memory-raw.ts';
import { createMemoryRecount, readAgedInMemory } from './memory-recount.ts';
import type { MemoryDatabase, MemoryStoreOptions } from './memory-database.ts';
import type {
  Amendment,
  Claim,
  ClaimRequest,
  DataStore,
  DedupGeneration,
  IdlePartition,
  JournalBlock,
  Lane,
  LanePosition,
} from './store.ts';

export { createMemoryEntityReader } from './memory-entities.ts';
export { createMemoryDatabase } from './memory-database.ts';
export { growMemory } from './memory-growth.ts';
export { createMemoryJobs } from './memory-jobs.ts';
export type { MemoryJobs } from './memory-jobs.ts';
export type { MemoryDatabase, MemoryStoreOptions } from './memory-database.ts';

/** The data plane in memory: the twin of `createPgStore` for unit and model tests. */
export function createMemoryStore(options: MemoryStoreOptions = {}): DataStore {
  const db = options.database ?? createMemoryDatabase();
  const holds = (partition: number, token: Uint8Array): boolean => isHeld(db, { lane: 'live', partition }, token);
  return {
    claim: async (requests, token) =>
      requests.filter(({ partition }) => partition < (db.partitionCount?.count ?? Infinity)).map((request) => claimOne(db, request, token)),
    readPartitionCount: async () => db.partitionCount,
    amend: async (amendment, token) => holds(amendment.partition, token) && amendOne(db, amendment),
    newestLogGeneration: async (name) => newestLogGeneration(db, name),
    readProgress: async (partitions) =>
      partitions
        .filter((partition) => db.live.has(partition))
        .map((partition) => ({ ...toClaim(db, partition), owner: lane(db, 'live', partition).owner })),
    readJournal: (partition, afterCommitNo) => readJournal(db, partition, afterCommitNo),
    readIdentities: (partition, fromGeneration) => readIdentities(db, partition, fromGeneration),
    readGenerations: async (partition, filterBytesMax) => readGenerations(db, partition, filterBytesMax),
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
    ...createMemoryRaw(db),
    ...createMemoryRecount(db),
    ...createMemoryErasures(db),
    readAgedKeys: async (ask) => readAgedInMemory(db, ask),
    readTasks: async (partition, kind) => [...db.tasks.values()].filter((task) => task.partition === partition && task.kind === kind),
    touch: async (idle) => touch(db, idle),
    commit: (batch) => commit(db, batch, options),
    close: async () => undefined,
  };
}

async function* readJournal(db: MemoryDatabase, partition: number, afterCommitNo: number): AsyncGenerator<JournalBlock> {
  for (const { commit, cells, entities } of [...(db.journal.get(partition) ?? [])]) {
    if (commit.commitNo <= afterCommitNo) continue;
    const { commitNo, term, generation, arrivalFromMs, arrivalToMs, identities } = commit;
    const nextOffset = commit.live.next;
    const changed = { cells: decodeCellKeys(cells), entities: decodeEntityKeys(entities) };
    yield { partition, commitNo, term, generation, arrivalFromMs, arrivalToMs, nextOffset, identities, ...changed };
  }
}

async function* readIdentities(db: MemoryDatabase, partition: number, fromGeneration: number): AsyncGenerator<JournaledIdentities> {
  for (const { commit } of [...(db.journal.get(partition) ?? [])]) {
    const { generation, arrivalFromMs, arrivalToMs, identities } = commit;
    if (generation >= fromGeneration && generation > 0) yield { generation, arrivalFromMs, arrivalToMs, identities };
  }
}

function readGenerations(db: MemoryDatabase, partition: number, filterBytesMax: number): DedupGeneration[] {
  const newestFirst = [...db.generations.values()].filter((g) => g.partition === partition).sort((a, b) => b.generation - a.generation);
  let bytes = 0;
  return newestFirst
    .map(({ blocks: _blocks, ...row }) => {
      bytes += row.filter?.length ?? 0;
      return { ...row, filter: bytes <= filterBytesMax ? row.filter : null };
    })
    .reverse();
}

function newestLogGeneration(db: MemoryDatabase, name: Lane): number {
  const isAsked = (key: string): boolean => key.startsWith('rejected/') === (name === 'rejected');
  return [...db.lanes].reduce((newest, [key, at]) => (isAsked(key) ? Math.max(newest, at.logGeneration) : newest), 0);
}

function toClaim(db: MemoryDatabase, partition: number): Claim {
  const of = (name: Lane): LanePosition => lane(db, name, partition);
  return { partition, ...(db.live.get(partition) ?? NO_COMMIT), live: of('live'), backfill: of('backfill'), rejected: of('rejected') };
}

function claimOne(db: MemoryDatabase, request: ClaimRequest, token: Uint8Array): Claim {
  const { partition } = request;
  for (const name of ['live', 'backfill', 'rejected'] as const) {
    const start = request[name];
    const fresh = { nextOffset: start.startOffset, logGeneration: 1, topicId: start.topicId, lastRecordSha256: null };
    db.lanes.set(`${name}/${partition}`, { ...(db.lanes.get(`${name}/${partition}`) ?? fresh), owner: Uint8Array.from(token) });
  }
  const was = db.live.get(partition) ?? NO_COMMIT;
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
  const kept = new Set<number>();
  for (const { lane: name, partition, token, completeThroughMs, commitNo } of idle) {
    const live = db.live.get(partition);
    if (live === undefined || !isHeld(db, { lane: name, partition }, token)) continue;
    if (name === 'live' && live.commitNo < commitNo) continue;
    const column = name === 'live' ? 'completeThroughMs' : 'backfillThroughMs';
    db.live.set(partition, { ...live, [column]: Math.max(live[column] ?? completeThroughMs, completeThroughMs) });
    if (name === 'live') kept.add(partition);
  }
  return [...kept];
}

function splitIdentities(identities: Uint8Array): Uint8Array[] {
  const out: Uint8Array[] = [];
  for (let at = 0; at < identities.length; at += IDENTITY_BYTES) out.push(identities.subarray(at, at + IDENTITY_BYTES));
  return out;
}
