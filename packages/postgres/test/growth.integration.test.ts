import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createControlStore } from '../src/control/control-store.ts';
import { createGrowthStore } from '../src/growth-store.ts';
import type { GrowthStore } from '../src/growth-store.ts';
import { createPgStore } from '../src/pg-store.ts';
import type { DataStore, PartitionCommit } from '../src/store.ts';
import { createMigratedDatabase } from './scratch-database.ts';
import type { ScratchDatabase } from './scratch-database.ts';

const BEFORE = 3;
const AFTER = 9;
const ARRIVAL_MS = Date.UTC(2026, 0, 5, 12);
const OWNER = Buffer.alloc(16, 1);
const LANE = { startOffset: 0, topicId: 'c/t' };
const NOTHING = new Uint8Array(0);

let database: ScratchDatabase;
let store: DataStore;
let growth: GrowthStore;

beforeAll(async () => {
  database = await createMigratedDatabase();
  store = createPgStore({ databaseUrl: database.url, applicationName: 'test', role: 'tidegate_aggregator' });
  growth = createGrowthStore({ databaseUrl: database.url });
  const control = createControlStore({ databaseUrl: database.url });
  await control.ensurePartitions(BEFORE);
  await control.close();
  await store.ensureRawDays([Math.floor(ARRIVAL_MS / 86_400_000)]);
});
afterAll(async () => {
  await Promise.all([store.close(), growth.close()]);
  await database.drop();
});

/** Twelve bytes of each number. */
function identities(...numbers: number[]): Uint8Array {
  return Buffer.concat(numbers.map((number) => Buffer.alloc(12, number)));
}

/** A commit that counts one identity, with a cell named in its journal block. */
function commitOf(partition: number, commitNo: number, generation: number): PartitionCommit {
  const seriesId = new Uint8Array(16).fill(partition);
  return {
    ...{ partition, token: OWNER, term: 1, commitNo, generation },
    live: { expected: commitNo - 1, next: commitNo, lastRecordSha256: new Uint8Array(32) },
    ...{ backfill: null, rejectedLane: null, completeThroughMs: ARRIVAL_MS + partition, rawRows: NOTHING, arrivalDays: [] },
    series: [{ id: seriesId, tenant: 'acme', metric: 'm', version: 1, setNo: 0, subject: '', dims: [] }],
    cells: {
      absent: [{ seriesId, grain: 2, bucketS: 0 }],
      ...{ values: null, sealed: () => [] },
      resolve: () => [{ seriesId, grain: 2, bucketS: 0, state: Uint8Array.of(1), revision: 1 }],
    },
    ...{ identities: identities(10 * partition + commitNo), arrivalFromMs: ARRIVAL_MS, arrivalToMs: ARRIVAL_MS, rejected: [], slice: null },
  };
}

const claim = (partition: number, token: Uint8Array) => store.claim([{ partition, live: LANE, backfill: LANE, rejected: LANE }], token);

async function held(partition: number): Promise<unknown> {
  const journaled: string[] = [];
  for await (const block of store.readIdentities(partition, 2)) journaled.push(Buffer.from(block.identities).toString('hex'));
  const closed = await store.readGenerations(partition, 1_000);
  const found = Buffer.from(await store.findIdentities(partition, 1, identities(10 * (partition % BEFORE) + 1, 99))).toString('hex');
  return { journaled, closed: closed.map(({ partition: _own, ...row }) => row), found };
}

/** One identity in a closed generation and one in the open one, of each partition. */
async function fill(): Promise<void> {
  for (let partition = 0; partition < BEFORE; partition += 1) {
    await claim(partition, OWNER);
    for (const commitNo of [1, 2])
      expect((await store.commit({ partitions: [commitOf(partition, commitNo, commitNo)] })).kind).toBe('committed');
    const closed = { partition, generation: 1, arrivalFromMs: ARRIVAL_MS, arrivalToMs: ARRIVAL_MS, announcedCommitNo: 0 };
    await store.closeGeneration({ ...closed, filter: Uint8Array.of(partition), identities: identities(10 * partition + 1) }, OWNER);
  }
  await database.query(
    `INSERT INTO partition_task (partition, kind, name, spec, state)
     SELECT p, kind, 'acme/m/2', '{}', state FROM generate_series(0, 2) p, (VALUES ('version', 'done'), ('recount', 'open')) t (kind, state)`,
  );
  await database.query(`UPDATE partition_progress SET sealed_hour = 3600 + partition, sealing_grain = 4 WHERE lane = 'live'`);
}

describe('making partitions more', () => {
  it('is refused where the record has moved, and a partition beyond the count cannot be claimed', async () => {
    await fill();
    expect(await growth.readRecord()).toEqual({ count: BEFORE, growingTo: null });
    expect(await growth.switchTo({ from: BEFORE, to: AFTER })).toEqual({ kind: 'moved' });
    expect(await claim(BEFORE, OWNER)).toEqual([]);
    expect(await store.readPartitionCount()).toEqual({ first: BEFORE, count: BEFORE });
  });

  it('leaves everything as it was where something stands in the way, and can be called off', async () => {
    const closed = { count: BEFORE, growingTo: AFTER };
    expect(await growth.changeRecord({ count: BEFORE, growingTo: null }, closed)).toBe(true);
    await database.query(`UPDATE partition_task SET state = 'open' WHERE kind = 'version' AND partition = 1`);
    expect(await growth.switchTo({ from: BEFORE, to: AFTER })).toEqual({
      kind: 'busy',
      obstacles: { openVersions: 1, openErasures: 0 },
    });
    await database.query(`UPDATE partition_task SET state = 'done' WHERE kind = 'version'`);
    expect(await growth.readRecord()).toEqual(closed);
    // Nobody was fenced.
    expect((await store.commit({ partitions: [commitOf(0, 3, 2)] })).kind).toBe('committed');
    expect(await growth.changeRecord(closed, { count: BEFORE, growingTo: null })).toBe(true);
    expect(await growth.changeRecord(closed, { count: BEFORE, growingTo: null })).toBe(false);
  });

  it('gives each new partition the window, the seals and the made versions of its ancestor, and fences every owner', async () => {
    await growth.changeRecord({ count: BEFORE, growingTo: null }, { count: BEFORE, growingTo: AFTER });
    expect(await growth.switchTo({ from: BEFORE, to: AFTER })).toBeNull();
    expect(await growth.readRecord()).toEqual({ count: AFTER, growingTo: AFTER });
    expect(await store.readPartitionCount()).toEqual({ first: BEFORE, count: AFTER });
    const lanes = await growth.readLanes();
    expect(lanes).toHaveLength(3 * AFTER);
    expect(lanes.filter(({ isOwned }) => isOwned)).toEqual([]);
    const late = await store.commit({ partitions: [0, 1, 2].map((partition) => commitOf(partition, partition === 0 ? 4 : 3, 2)) });
    expect(late).toEqual({ kind: 'lost', partitions: [0, 1, 2] });
    for (let partition = BEFORE; partition < AFTER; partition += 1) {
      const ancestor = partition % BEFORE;
      expect(await held(partition)).toEqual(await held(ancestor));
      expect(await held(partition)).toMatchObject({ found: Buffer.from(identities(10 * ancestor + 1)).toString('hex') });
      const [own] = await claim(partition, OWNER);
      const [of] = await store.readProgress([ancestor]);
      expect(own).toMatchObject({ commitNo: of?.commitNo, term: 2, completeThroughMs: of?.completeThroughMs });
      expect(own).toMatchObject({
        live: { nextOffset: 0, lastRecordSha256: null },
        seals: { through: { hour: 3_600 + ancestor }, open: null },
      });
      expect((await store.readTasks(partition, 'version')).map(({ name, state }) => [name, state])).toEqual([['acme/m/2', 'done']]);
      expect(await store.readTasks(partition, 'recount')).toEqual([]);
      // What the ancestor's commits changed is the ancestor's.
      for await (const { cells } of store.readJournal(partition, 0)) expect(cells).toEqual([]);
    }
  });

  it('takes packs with rows of entities meanwhile', async () => {
    const control = createControlStore({ databaseUrl: database.url, role: 'tidegate_gateway' });
    const source = {
      ...{ pack: 'shop', title: 'A shop', metrics: { sales: { events: ['shop.sale'], measures: { n: { measure: 'count' } } } } },
      events: { 'shop.sale': { subject: 'required', fields: { order: { type: 'string', action: 'keep', why: 'for the tests' } } } },
    };
    const entities = { order: { id: 'order', events: ['shop.sale'] } };
    expect(await control.planPack('acme', { ...source, entities })).toMatchObject({ ok: true });
    await control.close();
  });

  it('happens once, opens, and begins again from there', async () => {
    expect(await growth.switchTo({ from: BEFORE, to: AFTER })).toEqual({ kind: 'moved' });
    expect(await growth.changeRecord({ count: AFTER, growingTo: AFTER }, { count: AFTER, growingTo: null })).toBe(true);
    await growth.changeRecord({ count: AFTER, growingTo: null }, { count: AFTER, growingTo: 2 * AFTER });
    for (let partition = 0; partition < BEFORE; partition += 1) await claim(partition, OWNER);
    expect(await growth.switchTo({ from: AFTER, to: 2 * AFTER })).toBeNull();
    expect(await store.readPartitionCount()).toEqual({ first: BEFORE, count: 2 * AFTER });
    expect(await held(AFTER + 4)).toEqual(await held(1));
  });
});
