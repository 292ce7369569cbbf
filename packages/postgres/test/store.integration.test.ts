import { createMetrics } from '@tidegate/telemetry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPgStore } from '../src/pg-store.ts';
import { createRawRows } from '../src/raw-rows.ts';
import { createPoolMeter } from '../src/pool-meter.ts';
import { COMMIT_FAULT_POINTS } from '../src/store.ts';
import type { PartitionCommit } from '../src/store.ts';
import { createMigratedDatabase } from './scratch-database.ts';
import type { ScratchDatabase } from './scratch-database.ts';
import { budgetContract } from './budget.contract.ts';
import { rawContract } from './raw.contract.ts';
import { sealContract } from './seal.contract.ts';
import { storeContract } from './store.contract.ts';
import type { StoreUnderTest } from './store.contract.ts';
import { storeTables } from './store-tables.ts';

async function make(): Promise<StoreUnderTest> {
  const database = await createMigratedDatabase();
  return {
    open: (failAt) =>
      createPgStore({
        databaseUrl: database.url,
        applicationName: 'tidegate-store-contract',
        role: 'tidegate_aggregator',
        fault: (point) => {
          if (failAt?.(point) === true) throw new Error(`made to fail at ${point}`);
        },
      }),
    ...storeTables(database),
    close: () => database.drop(),
  };
}

storeContract('the store in Postgres, under the role of the aggregator', make);
budgetContract('budgets of the store in Postgres, under the role of the aggregator', make);
sealContract('seals of the store in Postgres, under the role of the aggregator', make);
rawContract('raw rows and tasks of the store in Postgres, under the role of the aggregator', make);

const NOTHING = new Uint8Array(0);
const UNOWNED: PartitionCommit = {
  partition: 1,
  token: new Uint8Array(16),
  term: 1,
  commitNo: 1,
  live: { expected: 0, next: 1, lastRecordSha256: null },
  backfill: null,
  rejectedLane: null,
  completeThroughMs: null,
  rawRows: NOTHING,
  arrivalDays: [],
  series: [],
  cells: { absent: [{ seriesId: new Uint8Array(16), grain: 2, bucketS: 0 }], values: null, sealed: () => [], resolve: () => [] },
  identities: NOTHING,
  generation: 1,
  arrivalFromMs: 0,
  arrivalToMs: 0,
  rejected: [],
  slice: null,
};

describe('a raw row', () => {
  it('holds what an event says beside its data, and null where it says nothing', async () => {
    const database = await createMigratedDatabase();
    const store = createPgStore({ databaseUrl: database.url, applicationName: 'test', role: 'tidegate_aggregator' });
    await store.ensureRawDays([0]);
    const lane = { startOffset: 0, topicId: 'c/t' };
    await store.claim([{ partition: 1, live: lane, backfill: lane, rejected: lane }], UNOWNED.token);
    const rows = createRawRows();
    const data = Buffer.from('{"n":1.50}');
    const event = { tenant: 'acme', source: '', type: 't', subject: null, occurredAtMs: 0, receivedAtMs: 0, packVersion: 1, bytes: data };
    const place = { idStart: -1, idEnd: -1, partition: 1, logGeneration: 1, dataStart: 0, dataEnd: data.length };
    rows.add({ ...event, ...place, eventId: 'plain', logOffset: 0, attributes: NOTHING });
    rows.add({ ...event, ...place, eventId: 'told', logOffset: 1, attributes: Buffer.from('{"schemaversion":3,"region":"Tromsø"}') });
    const cells = { ...UNOWNED.cells, absent: [] };
    const live = { expected: 0, next: 2, lastRecordSha256: null };
    expect(await store.commit({ partitions: [{ ...UNOWNED, live, cells, rawRows: rows.bytes() }] })).toMatchObject({ kind: 'committed' });
    expect(await database.query('SELECT event_id, data::text, attributes FROM raw_event ORDER BY log_offset')).toEqual([
      { event_id: 'plain', data: '{"n":1.50}', attributes: null },
      { event_id: 'told', data: '{"n":1.50}', attributes: { schemaversion: 3, region: 'Tromsø' } },
    ]);
    await store.close();
    await database.drop();
  });
});

describe('a flush whose connection the server ends while statements are under way', () => {
  let database: ScratchDatabase;

  beforeAll(async () => {
    database = await createMigratedDatabase();
  });

  afterAll(async () => database.drop());

  it.each(COMMIT_FAULT_POINTS.filter((point) => point !== 'flush.committed'))('at %s it failed, and nothing else does', async (point) => {
    const applicationName = `tidegate-cut-${point}`;
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    const store = createPgStore({
      databaseUrl: database.url,
      applicationName,
      fault: async (at) => {
        if (at !== point) return;
        await database.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [applicationName]);
      },
    });
    // Nobody owns the partition: whether the fence is lost or never answered, the flush must tell it by its outcome.
    const outcome = await store.commit({ partitions: [UNOWNED] });
    await new Promise((done) => setImmediate(done));
    process.off('unhandledRejection', note);
    await store.close();
    expect([outcome.kind === 'committed', unhandled]).toEqual([false, []]);
  });
});

describe('a thousand transactions that fail', () => {
  let database: ScratchDatabase;

  beforeAll(async () => {
    database = await createMigratedDatabase();
  });

  afterAll(async () => database.drop());

  it('leave no session behind and none within a transaction', async () => {
    const applicationName = 'tidegate-leak-test';
    const metrics = createMetrics('test');
    let isDead = false;
    const store = createPgStore({
      databaseUrl: database.url,
      applicationName,
      meter: createPoolMeter(metrics, () => performance.now()),
      fault: (point) => {
        if (isDead && point === 'flush.fenced') throw new Error('made to fail');
      },
    });
    const closed = { partition: 1, generation: 1, arrivalFromMs: 0, arrivalToMs: 1, identities: NOTHING, filter: NOTHING };
    for (let round = 0; round < 100; round++) {
      isDead = round % 10 === 0;
      const flushes = Array.from({ length: 4 }, async () => store.commit({ partitions: [UNOWNED] }));
      const notHeld = Array.from({ length: 4 }, async () => store.closeGeneration({ ...closed, announcedCommitNo: 0 }, UNOWNED.token));
      // A number that no integer column can take: refused by the server.
      const refused = [Number.NaN, 2 ** 40].map(async (partition) => store.readGenerations(partition, 0).catch(() => 'refused'));
      const outcomes = [...(await Promise.all(flushes)).map(({ kind }) => kind), ...(await Promise.all([...notHeld, ...refused]))];
      expect(outcomes).toEqual([
        ...Array<string>(4).fill(isDead ? 'failed' : 'lost'),
        ...Array<boolean>(4).fill(false),
        'refused',
        'refused',
      ]);
    }
    const text = await metrics.expose();
    expect(text).toContain('db_connections_active{service="test"} 0\n');
    const sessions = await database.query<{ state: string }>('SELECT state FROM pg_stat_activity WHERE application_name = $1', [
      applicationName,
    ]);
    expect(sessions.length).toBeLessThanOrEqual(1 + 4);
    expect(sessions.filter(({ state }) => state !== 'idle')).toEqual([]);
    await store.close();
  }, 120_000);
});
