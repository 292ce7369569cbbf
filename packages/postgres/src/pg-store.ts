import type pg from 'pg';
import { byteaArray, int2Array, int4Array, int8Array, textArray, timestamptzArray, uuidArray } from './binary-array.ts';
import { fromCellRow } from './commit-cells.ts';
import { createCommitTransaction } from './commit-transaction.ts';
import { closeGeneration, findIdentities, forgetGenerations, readGenerations } from './generations.ts';
import { readAgedKeys } from './entity-rows.ts';
import { createErasureReader } from './erasure-reader.ts';
import { held } from './held.ts';
import { readIdentities, readJournal } from './journal.ts';
import type { PoolMeter } from './pool-meter.ts';
import { createPool } from './pool.ts';
import type { Pooler } from './pool.ts';
import { fromProgressRows } from './progress-rows.ts';
import type { LaneRow } from './progress-rows.ts';
import { createRawReader } from './raw-reader.ts';
import { createRecountReader } from './recount-reader.ts';
import { run } from './statements.ts';
import { readTasks } from './tasks.ts';
import type { Amendment, Claim, ClaimRequest, CommitFault, DataStore, EventLane, LanePosition } from './store.ts';

export interface PgStoreOptions {
  readonly databaseUrl: string;
  readonly pooler?: Pooler;
  readonly applicationName: string;
  readonly role?: string;
  readonly fault?: CommitFault;
  readonly onError?: (error: Error) => void;
  readonly onConnected?: () => void;
  readonly meter?: PoolMeter;
}

/** Longest flush transaction: a paused or cut-off owner cannot hold its partitions longer. */
const FLUSH_TIMEOUT_MS = 10_000;

/** The data plane in Postgres. Flushes have a session of their own; everything else shares a small pool. */
export function createPgStore(options: PgStoreOptions): DataStore {
  const shared = { ...options, statementTimeoutMs: 30_000 };
  const flushPool = createPool({
    ...shared,
    connectionsMax: 1,
    statementTimeoutMs: FLUSH_TIMEOUT_MS,
    transactionTimeoutMs: FLUSH_TIMEOUT_MS,
    pipeline: true,
  });
  const pool = createPool({ ...shared, connectionsMax: 4 });
  return {
    claim: (requests, token) => claim(pool, requests, token),
    amend: (amendment, token) => amend(pool, amendment, token),
    async readPartitionCount() {
      const [row] = await run<{ first_count: number; count: number }>(pool, 'read-partition-count', []);
      return row === undefined ? null : { first: row.first_count, count: row.count };
    },
    newestLogGeneration: async (lane) => {
      const [row] = await run<{ log_generation: number }>(pool, 'read-newest-generation', [lane]);
      return row?.log_generation ?? 0;
    },
    readProgress: async (partitions) => fromProgressRows(await run<LaneRow>(pool, 'read-progress', [int4Array(partitions)])),
    readJournal: (partition, afterCommitNo) => readJournal(pool, partition, afterCommitNo),
    readIdentities: (partition, fromGeneration) => readIdentities(pool, partition, fromGeneration),
    readGenerations: (partition, filterBytesMax) => readGenerations(pool, partition, filterBytesMax),
    findIdentities: (partition, generation, identities) => findIdentities(pool, { partition, generation }, identities),
    closeGeneration: (closed, token) => closeGeneration(pool, closed, token),
    forgetGenerations: (partition, upTo, token) => held(pool, { partition, token }, (client) => forgetGenerations(client, partition, upTo)),
    readCells: (partition, keys) => readCells(pool, partition, keys),
    ensureRawDays: async (days) => {
      for (const day of days) await run(pool, 'ensure-raw-day', [day]);
    },
    touch: async (idle) => {
      const rows = await run<{ lane: EventLane; partition: number }>(flushPool, 'touch', [
        textArray(idle.map((i) => i.lane)),
        int4Array(idle.map((i) => i.partition)),
        timestamptzArray(idle.map((i) => i.completeThroughMs)),
        byteaArray(idle.map((i) => i.token)),
        int8Array(idle.map((i) => i.commitNo)),
      ]);
      return rows.filter(({ lane }) => lane === 'live').map(({ partition }) => partition);
    },
    ...createRawReader(pool),
    ...createRecountReader(pool),
    ...createErasureReader(pool),
    readAgedKeys: (ask) => readAgedKeys(pool, ask),
    readTasks: (partition, kind) => readTasks(pool, partition, kind),
    commit: createCommitTransaction({ pool: flushPool, fault: options.fault ?? (() => undefined) }),
    close: async () => {
      await Promise.all([flushPool.end(), pool.end()]);
    },
  };
}

async function claim(pool: pg.Pool, requests: readonly ClaimRequest[], token: Uint8Array): Promise<readonly Claim[]> {
  const lanes = requests.flatMap(({ partition, live, backfill, rejected }) => [
    { lane: 'live', partition, ...live },
    { lane: 'backfill', partition, ...backfill },
    { lane: 'rejected', partition, ...rejected },
  ]);
  const rows = await run<LaneRow>(pool, 'claim', [
    textArray(lanes.map((l) => l.lane)),
    int4Array(lanes.map((l) => l.partition)),
    int8Array(lanes.map((l) => l.startOffset)),
    textArray(lanes.map((l) => l.topicId)),
    Buffer.from(token),
  ]);
  return fromProgressRows(rows);
}

async function amend(pool: pg.Pool, amendment: Amendment, token: Uint8Array): Promise<boolean> {
  const { partition, lane, position, gap } = amendment;
  const owner = Buffer.from(token);
  return held(pool, { partition, token }, async (client) => {
    if (position !== undefined) await run(client, 'insert-ended-log', [lane, partition, owner, position.logGeneration]);
    const rows = await run<{ log_generation: number }>(client, 'amend', [
      lane,
      partition,
      owner,
      amendment.term ?? null,
      ...toPositionValues(position),
    ]);
    const generation = rows[0]?.log_generation;
    if (gap !== undefined && generation !== undefined)
      await run(client, 'insert-gap', [lane, partition, generation, gap.fromOffset, gap.toOffset]);
  });
}

/** Nulls leave the row's position as it is. */
function toPositionValues(position: LanePosition | undefined): unknown[] {
  if (position === undefined) return [null, null, null, null];
  const { nextOffset, logGeneration, topicId, lastRecordSha256 } = position;
  return [nextOffset, logGeneration, topicId, lastRecordSha256 === null ? null : Buffer.from(lastRecordSha256)];
}

type CellSeriesRow = Parameters<typeof fromCellRow>[0] & {
  tenant: string;
  metric: string;
  version: number;
  set_no: number;
  subject: string;
  dims: (string | null)[];
};

async function readCells(pool: pg.Pool, ...[partition, keys]: Parameters<DataStore['readCells']>): ReturnType<DataStore['readCells']> {
  const rows = await run<CellSeriesRow>(pool, 'read-cells', [
    partition,
    uuidArray(keys.map((key) => key.seriesId)),
    int2Array(keys.map((key) => key.grain)),
    int8Array(keys.map((key) => key.bucketS)),
  ]);
  return rows.map((row) => {
    const cell = fromCellRow(row);
    const { tenant, metric, version, subject, dims } = row;
    return { ...cell, series: { id: cell.seriesId, tenant, metric, version, setNo: row.set_no, subject, dims } };
  });
}
