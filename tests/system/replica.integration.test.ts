import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createState, encodeState, seriesEntry, unpackCells } from '@tidegate/core';
import { startDatabase, startReplica } from '@tidegate/native';
import { createEventsReader, createJourneyReader, createPool, createReadStore, migrate } from '@tidegate/postgres';
import { createMetrics } from '@tidegate/telemetry';
import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createFreshness } from '../../services/query/src/freshness.ts';
import { createReplica } from '../../services/query/src/replica.ts';

const STATE = Buffer.from(encodeState(createState([{ name: 'edits', kind: 'count', numbers: 'exact' }])));
const RANGE = { tenant: 'acme', metric: 'm', version: 1, setNo: 0, subject: null, fromS: 0, toS: 86_400 };
const ROLE = { applicationName: 'test', role: 'tidegate_query', connectionsMax: 2, statementTimeoutMs: 10_000 };

const folder = mkdtempSync(join(tmpdir(), 'tidegate-replica-'));
const own = (name: string) => ({ dataDir: join(folder, name), log: () => undefined });
const lost: unknown[] = [];
let nowMs = Date.now();
let counted = 0;
const freshness = createFreshness(() => nowMs);
let primary: Awaited<ReturnType<typeof startDatabase>>;
let standby: Awaited<ReturnType<typeof startReplica>>;
let onPrimary: pg.Pool;
let onStandby: pg.Pool;
let replicaPool: pg.Pool;
let replica: ReturnType<typeof createReplica>;

beforeAll(async () => {
  // A server of its own: another test's databases need not be copied.
  primary = await startDatabase({ ...own('primary'), env: { ...process.env, DATABASE_URL: '' } });
  onPrimary = await poolOf(primary.databaseUrl);
  await migrate({ databaseUrl: primary.databaseUrl });
  const { id } = seriesEntry({ tenant: 'acme', metric: 'm', version: 1, setNo: 0, subject: '', dims: [] });
  const hex = Buffer.from(id).toString('hex');
  await onPrimary.query(`INSERT INTO series VALUES ($1, 'acme', 'm', 1, 0, '', '{}')`, [hex]);
  await onPrimary.query('INSERT INTO cell VALUES ($1, 2, 0, 0, $2, 1, 1, 1)', [hex, STATE]);
  await onPrimary.query(
    `INSERT INTO partition_progress (lane, partition, owner, term, commit_no, next_offset, log_generation, topic_id)
     VALUES ('live', 0, '\\x00', 1, 0, 0, 1, 't')`,
  );
  standby = await startReplica({ ...own('standby'), of: primary.databaseUrl });
  onStandby = await poolOf(standby.url);
  replicaPool = createPool({ ...ROLE, databaseUrl: standby.url });
  replica = createReplica({
    replica: {
      cells: createReadStore(replicaPool),
      journeys: createJourneyReader(createEventsReader({ pool: replicaPool, openArchive: null })),
    },
    ...{ freshness, lagMaxMs: 10_000, nowMs: () => nowMs, metrics: createMetrics('query') },
    onLost: (error) => void lost.push(error),
  });
}, 180_000);
afterAll(async () => {
  await Promise.all([replicaPool.end(), onPrimary.end(), onStandby.end()]);
  await standby.stop();
  await primary.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Resolves when the server answers: it takes connections before it does. */
async function poolOf(connectionString: string): Promise<pg.Pool> {
  const pool = new pg.Pool({ connectionString, max: 1 });
  pool.on('error', () => undefined);
  await vi.waitFor(async () => pool.query('SELECT 1'), { timeout: 60_000, interval: 50 });
  return pool;
}

/** A commit of the owner, and its word of it. */
async function commit(): Promise<void> {
  counted += 1;
  await onPrimary.query(`UPDATE partition_progress SET next_offset = $1, commit_no = commit_no + 1`, [counted]);
  say();
}

function say(): void {
  const word = {
    lane: 'live',
    partition: 0,
    term: 1,
    next_offset: String(counted),
    complete_through_ms: null,
    log_generation: 1,
    oldest_uncounted_ms: null,
  };
  freshness.take({ value: Buffer.from(JSON.stringify(word)) });
}

/** Seconds of the service's clock, in each of which the owner speaks and the replica is looked at. */
async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    nowMs += 1_000;
    say();
    await replica.look();
  }
}

const readCells = () => replica.onReplica(async ({ cells }) => cells.readCells(RANGE, 10));

it('a replica that follows answers, by its own progress, and says that it is one', async () => {
  await commit();
  await expect.poll(async () => (await pass(1), (await readCells())?.progress[0]?.nextOffset)).toBe(1);
  const snapshot = await readCells();
  expect(snapshot).toMatchObject({ isReplica: true });
  expect(unpackCells(snapshot?.cells ?? [])).toMatchObject([{ bucketS: 0, partition: 0 }]);
  expect(
    await replica.onReplica(async ({ journeys }) =>
      journeys.readJourneys({ tenant: 'acme', types: ['none'], fromMs: 0, toMs: 1, readsData: false, eventsMax: 1 }, () => undefined),
    ),
  ).toMatchObject({ ok: true, value: { progress: [{ nextOffset: 1 }], isCut: false } });
});

it('a replica that stands still for more than ten seconds is not asked until it has caught up', async () => {
  await pass(1);
  await onStandby.query('SELECT pg_wal_replay_pause()');
  await expect
    .poll(async () => (await onStandby.query(`SELECT pg_get_wal_replay_pause_state() AS state`)).rows)
    .toEqual([{ state: 'paused' }]);
  await commit();
  await pass(9);
  // What it answers is what it has, and the answer is built on that.
  expect((await readCells())?.progress[0]?.nextOffset).toBe(1);
  await pass(3);
  expect(await readCells()).toBe(null);
  await onStandby.query('SELECT pg_wal_replay_resume()');
  await expect.poll(async () => (await pass(1), (await readCells())?.progress[0]?.nextOffset)).toBe(2);
});

it('a replica that is gone is not asked, and asked again when it is back', async () => {
  const lostBefore = lost.length;
  await standby.kill();
  // Its backends may outlive it by a moment.
  await expect.poll(readCells).toBe(null);
  await pass(2);
  expect(await readCells()).toBe(null);
  expect(lost).toHaveLength(lostBefore + 1);
  await standby.restart();
  await commit();
  await expect.poll(async () => (await pass(1), (await readCells())?.progress[0]?.nextOffset)).toBe(3);
});
