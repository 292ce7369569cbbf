import type { EventLane, SeriesEntry } from '@tidegate/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRawRows } from '../src/raw-rows.ts';
import { COMMIT_FAULT_POINTS } from '../src/store.ts';
import type { BackfillMove, CellWrite, CommitFaultPoint, DataStore, PartitionCommit, RejectedRow, StoredCell } from '../src/store.ts';

/** A database under test; every handle of it is a process of its own. */
export interface StoreUnderTest {
  /** `failAt` is asked at each boundary of a commit; a true makes the commit die there. */
  open(failAt?: (point: CommitFaultPoint) => boolean): DataStore;
  rawRowCount(): Promise<number>;
  /** Positions of the raw rows of the backfill lane, in order. */
  backfillOffsets(partition: number): Promise<readonly number[]>;
  rejectedRowCount(): Promise<number>;
  rejectedFormats(): Promise<readonly unknown[]>;
  /** Of a partition: offsets of the rows, those with an original marked, and how many events of each code have none. */
  rejectedKept(partition: number): Promise<readonly string[]>;
  rejectedBeyond(partition: number): Promise<Readonly<Record<string, number>>>;
  close(): Promise<void>;
}

const ARRIVAL_MS = Date.UTC(2026, 0, 5, 12);
const SERIES: SeriesEntry = {
  id: bytes(16, 7),
  tenant: 'acme',
  metric: 'shop.sales',
  version: 1,
  setNo: 0,
  subject: '',
  dims: ['north', null, 'a"b'],
};
const KEY = { seriesId: SERIES.id, grain: 2, bucketS: -900 } as const;
let freePartition = 0;

function bytes(length: number, fill: number): Uint8Array {
  return new Uint8Array(length).fill(fill);
}

function identities(...values: number[]): Uint8Array {
  return Buffer.concat(values.map((value) => bytes(12, value)));
}

function rejectedRow(partition: number, logOffset: number): RejectedRow {
  const position = { topic: 'events.v1', logGeneration: 1, partition, logOffset };
  return {
    ...position,
    tenant: 'acme',
    code: 'bad_json',
    path: '',
    lane: 'events',
    lengthBytes: 3,
    format: 'native',
    sha256: bytes(32, 1),
    sealed: null,
    receivedAtMs: ARRIVAL_MS,
  };
}

/** One event at `offset`, one cell whose state is the list of offsets that were folded into it. */
function rawRowOf(partition: number, offset: number, receivedAtMs = ARRIVAL_MS): Uint8Array {
  const rows = createRawRows();
  const data = Buffer.from('{"price":1.50}');
  const position = { partition, logOffset: offset, logGeneration: 1, packVersion: 1 };
  const attributes = Buffer.from(offset === 0 ? '' : `{"schemaversion":2,"region":"n${offset}"}`);
  const event = { tenant: 'acme', eventId: `e-${offset}`, idStart: -1, idEnd: -1, source: 'pos', type: 'shop.sale', subject: null };
  rows.add({
    ...event,
    ...position,
    occurredAtMs: -1_000,
    receivedAtMs,
    bytes: data,
    dataStart: 0,
    dataEnd: data.length,
    attributes,
  });
  return rows.bytes();
}

function commitOf(partition: number, offset: number, overrides: Partial<PartitionCommit> = {}): PartitionCommit {
  return {
    partition,
    token: bytes(16, 1),
    term: 1,
    commitNo: offset + 1,
    live: { expected: offset, next: offset + 1, lastRecordSha256: bytes(32, offset) },
    backfill: null,
    rejectedLane: null,
    completeThroughMs: ARRIVAL_MS + offset,
    rawRows: rawRowOf(partition, offset),
    arrivalDays: [{ arrivalDay: Math.floor(ARRIVAL_MS / 86_400_000), eventDay: -1, tenant: 'acme' }],
    series: [SERIES],
    cells: { absent: [KEY], values: null, sealed: () => [], resolve: (stored) => [appendOffset(stored, offset)] },
    identities: identities(offset),
    generation: 1,
    arrivalFromMs: ARRIVAL_MS,
    arrivalToMs: ARRIVAL_MS,
    rejected: [],
    slice: null,
    ...overrides,
  };
}

/** Records of the backfill lane at `offset` and after it, each one event. */
function backfillOf(partition: number, offset: number, count: number): BackfillMove {
  const rows = createRawRows(64, 'backfill');
  const data = Buffer.from('{"price":1.50}');
  for (let at = offset; at < offset + count; at += 1) {
    const position = { partition, logOffset: at, logGeneration: 1, packVersion: 1 };
    const event = { tenant: 'acme', eventId: `b-${at}`, idStart: -1, idEnd: -1, source: 'pos', type: 'shop.sale', subject: null };
    const value = { bytes: data, dataStart: 0, dataEnd: data.length, attributes: new Uint8Array(0) };
    rows.add({ ...event, ...position, ...value, occurredAtMs: -1_000, receivedAtMs: ARRIVAL_MS });
  }
  const next = offset + count;
  return { expected: offset, next, lastRecordSha256: bytes(32, next), throughMs: ARRIVAL_MS + 10_000 + next, rawRows: rows.bytes() };
}

function appendOffset(stored: readonly StoredCell[], offset: number): CellWrite {
  const before = stored[0];
  return { ...KEY, state: Uint8Array.from([...(before?.state ?? []), offset]), revision: (before?.revision ?? 0) + 1 };
}

async function claimOne(store: DataStore, partition: number, token: Uint8Array): ReturnType<DataStore['claim']> {
  const lane = { startOffset: 0, topicId: 'c/t' };
  return store.claim([{ partition, live: lane, backfill: lane, rejected: lane }], token);
}

async function journalOf(store: DataStore, partition: number, after = 0): Promise<readonly number[]> {
  const numbers: number[] = [];
  for await (const block of store.readJournal(partition, after)) numbers.push(block.commitNo);
  return numbers;
}

async function stateOf(store: DataStore, partition: number): Promise<readonly number[]> {
  return [...((await store.readCells(partition, [KEY]))[0]?.state ?? [])];
}

/** What every store of the data plane keeps, whatever it is made of. */
export function storeContract(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(name, () => {
    let database: StoreUnderTest;
    const opened: DataStore[] = [];
    const open = (failAt?: (point: CommitFaultPoint) => boolean): DataStore => {
      const store = database.open(failAt);
      opened.push(store);
      return store;
    };
    beforeAll(async () => {
      database = await make();
      await open().ensureRawDays([Math.floor(ARRIVAL_MS / 86_400_000)]);
    });
    afterAll(async () => {
      await Promise.all(opened.map((store) => store.close()));
      await database.close();
    });

    it('a partition without a row starts at its earliest offset with term 1', async () => {
      const partition = freePartition++;
      const lanes = {
        live: { startOffset: 40, topicId: 'c/t' },
        backfill: { startOffset: 3, topicId: 'c/b' },
        rejected: { startOffset: 7, topicId: 'c/r' },
      };
      const [claim] = await open().claim([{ partition, ...lanes }], bytes(16, 1));
      expect(claim).toMatchObject({
        partition,
        term: 1,
        commitNo: 0,
        completeThroughMs: null,
        live: { nextOffset: 40, logGeneration: 1, topicId: 'c/t' },
        backfill: { nextOffset: 3, logGeneration: 1, topicId: 'c/b' },
        backfillThroughMs: null,
      });
      expect(claim?.rejected).toMatchObject({ nextOffset: 7, topicId: 'c/r' });
    });

    it('a commit writes raw rows, cells, series, journal and progress together', async () => {
      const partition = freePartition++;
      const store = open();
      await claimOne(store, partition, bytes(16, 1));
      const before = await database.rawRowCount();
      expect((await store.commit({ partitions: [commitOf(partition, 0)] })).kind).toBe('committed');
      expect((await store.commit({ partitions: [commitOf(partition, 1)] })).kind).toBe('committed');
      expect((await database.rawRowCount()) - before).toBe(2);
      expect(await stateOf(store, partition)).toEqual([0, 1]);
      const [cell] = await store.readCells(partition, [KEY]);
      expect([...(cell?.series.id ?? [])]).toEqual([...SERIES.id]);
      const { id: _, ...facts } = SERIES;
      expect(cell).toMatchObject({
        series: facts,
        term: 1,
        commitNo: 2,
        revision: 2,
        bucketS: -900,
      });
      expect(await journalOf(store, partition)).toEqual([1, 2]);
      expect(await journalOf(store, partition, 1)).toEqual([2]);
      const [row] = await store.readProgress([partition]);
      expect(row).toMatchObject({ commitNo: 2, completeThroughMs: ARRIVAL_MS + 1, live: { nextOffset: 2 } });
      expect([...(row?.live.lastRecordSha256 ?? [])]).toEqual([...bytes(32, 1)]);
    });

    it('a journal block carries the identities and the changed cells', async () => {
      const partition = freePartition++;
      const store = open();
      await claimOne(store, partition, bytes(16, 1));
      await store.commit({ partitions: [commitOf(partition, 0, { identities: identities(3, 5) })] });
      for await (const block of store.readJournal(partition, 0)) {
        expect(Buffer.from(block.identities)).toEqual(Buffer.from(identities(3, 5)));
        expect(block.cells.map((key) => ({ ...key, seriesId: [...key.seriesId] }))).toEqual([{ ...KEY, seriesId: [...KEY.seriesId] }]);
        expect(block).toMatchObject({ partition, term: 1, generation: 1, nextOffset: 1, arrivalFromMs: ARRIVAL_MS });
      }
    });

    it('a later claim fences the earlier owner out of everything', async () => {
      const partition = freePartition++;
      const [old, young] = [open(), open()];
      await claimOne(old, partition, bytes(16, 1));
      const [claim] = await claimOne(young, partition, bytes(16, 2));
      expect(claim?.term).toBe(2);
      expect(await old.commit({ partitions: [commitOf(partition, 0)] })).toEqual({
        kind: 'lost',
        partitions: [partition],
      });
      expect(await old.amend({ partition, lane: 'live', term: 9 }, bytes(16, 1))).toBe(false);
      expect(await old.touch([{ lane: 'live', partition, token: bytes(16, 1), commitNo: 0, completeThroughMs: ARRIVAL_MS }])).toEqual([]);
      expect(await young.touch([{ lane: 'live', partition, token: bytes(16, 2), commitNo: 0, completeThroughMs: ARRIVAL_MS }])).toEqual([
        partition,
      ]);
      expect((await young.readProgress([partition]))[0]).toMatchObject({ term: 2, completeThroughMs: ARRIVAL_MS });
    });

    it('one lost partition rolls the whole commit back and is named, so that the others can be tried again', async () => {
      const [mine, taken] = [freePartition++, freePartition++];
      const store = open();
      await claimOne(store, mine, bytes(16, 1));
      await claimOne(store, taken, bytes(16, 1));
      await claimOne(open(), taken, bytes(16, 2));
      const both = [commitOf(mine, 0), commitOf(taken, 0)];
      expect(await store.commit({ partitions: both })).toEqual({ kind: 'lost', partitions: [taken] });
      expect(await stateOf(store, mine)).toEqual([]);
      expect((await store.commit({ partitions: both.slice(0, 1) })).kind).toBe('committed');
    });

    it('a commit at another offset or with another number than the row holds is lost', async () => {
      const partition = freePartition++;
      const store = open();
      await claimOne(store, partition, bytes(16, 1));
      expect((await store.commit({ partitions: [commitOf(partition, 3)] })).kind).toBe('lost');
      expect((await store.commit({ partitions: [commitOf(partition, 0, { commitNo: 2 })] })).kind).toBe('lost');
      const rejectedLane = { expected: 5, next: 6, lastRecordSha256: null };
      expect((await store.commit({ partitions: [commitOf(partition, 0, { rejectedLane })] })).kind).toBe('lost');
    });

    it('a commit that takes in the backfill lane moves a row of its own beside the live one, whose numbers it shares', async () => {
      const partition = freePartition++;
      const store = open();
      await claimOne(store, partition, bytes(16, 1));
      const rows = await database.rawRowCount();
      expect((await store.commit({ partitions: [commitOf(partition, 0)] })).kind).toBe('committed');
      const backfill = backfillOf(partition, 0, 2);
      expect((await store.commit({ partitions: [commitOf(partition, 1, { backfill })] })).kind).toBe('committed');
      expect((await database.rawRowCount()) - rows).toBe(4);
      expect(await database.backfillOffsets(partition)).toEqual([0, 1]);
      const still = { live: { expected: 2, next: 2, lastRecordSha256: null }, completeThroughMs: null, rawRows: new Uint8Array(0) };
      const alone = commitOf(partition, 2, { ...still, backfill: backfillOf(partition, 2, 1) });
      expect((await store.commit({ partitions: [alone] })).kind).toBe('committed');
      const [row] = await store.readProgress([partition]);
      expect(row).toMatchObject({
        ...{ commitNo: 3, completeThroughMs: ARRIVAL_MS + 1, backfillThroughMs: ARRIVAL_MS + 10_003 },
        live: { nextOffset: 2 },
        backfill: { nextOffset: 3 },
      });
      expect(await journalOf(store, partition)).toEqual([1, 2, 3]);
    });

    it('a commit at another offset of the backfill lane than its row holds is lost, whatever the live lane says', async () => {
      const partition = freePartition++;
      const store = open();
      await claimOne(store, partition, bytes(16, 1));
      const early = commitOf(partition, 0, { backfill: backfillOf(partition, 4, 1) });
      expect(await store.commit({ partitions: [early] })).toEqual({ kind: 'lost', partitions: [partition] });
      expect(await stateOf(store, partition)).toEqual([]);
      expect((await store.commit({ partitions: [commitOf(partition, 0, { backfill: backfillOf(partition, 0, 1) })] })).kind).toBe(
        'committed',
      );
      const again = commitOf(partition, 1, { backfill: backfillOf(partition, 0, 1) });
      expect((await store.commit({ partitions: [again] })).kind).toBe('lost');
    });

    it('complete-through of an idle lane moves by itself, and only forwards', async () => {
      const partition = freePartition++;
      const store = open();
      const token = bytes(16, 1);
      await claimOne(store, partition, token);
      const at = (lane: EventLane, ms: number) => ({ lane, partition, token, commitNo: 0, completeThroughMs: ARRIVAL_MS + ms });
      expect(await store.touch([at('live', 5), at('backfill', 9)])).toEqual([partition]);
      expect(await store.touch([at('backfill', 7)])).toEqual([]);
      const through = { completeThroughMs: ARRIVAL_MS + 5, backfillThroughMs: ARRIVAL_MS + 9 };
      expect((await store.readProgress([partition]))[0]).toMatchObject(through);
    });

    it('an idle lane that lost commits of its owner is not held, and not called complete', async () => {
      const partition = freePartition++;
      const store = open();
      const token = bytes(16, 1);
      await claimOne(store, partition, token);
      await store.commit({ partitions: [commitOf(partition, 0)] });
      const before = (await store.readProgress([partition]))[0]?.completeThroughMs ?? 0;
      const at = (lane: EventLane, commitNo: number) => ({ lane, partition, token, commitNo, completeThroughMs: before + 60_000 });
      expect(await store.touch([at('live', 2), at('backfill', 2)])).toEqual([]);
      expect((await store.readProgress([partition]))[0]?.completeThroughMs).toBe(before);
      // The row may be ahead of what its owner knew when it asked.
      expect(await store.touch([at('live', 0)])).toEqual([partition]);
    });

    it('log generations rise through the partitions of both event lanes, and through those of the rejected lane by themselves', async () => {
      const partition = freePartition++;
      const store = open();
      await claimOne(store, partition, bytes(16, 1));
      const position = { nextOffset: 0, logGeneration: 50, topicId: 'c/u', lastRecordSha256: null };
      await store.amend({ partition, lane: 'backfill', position }, bytes(16, 1));
      expect(await store.newestLogGeneration('live')).toBe(50);
      expect(await store.newestLogGeneration('backfill')).toBe(50);
      expect(await store.newestLogGeneration('rejected')).toBeLessThan(50);
    });

    it('a rejected record is one row, in the transaction of its offset', async () => {
      const partition = freePartition++;
      const store = open((point) => point === 'flush.rejected_written');
      const sound = open();
      await claimOne(store, partition, bytes(16, 1));
      const before = await database.rejectedRowCount();
      const commit = commitOf(partition, 0, {
        rejected: [rejectedRow(partition, 0)],
        rejectedLane: { expected: 0, next: 1, lastRecordSha256: null },
      });
      expect((await store.commit({ partitions: [commit] })).kind).toBe('failed');
      expect(await database.rejectedRowCount()).toBe(before);
      expect((await sound.commit({ partitions: [commit] })).kind).toBe('committed');
      expect(await database.rejectedRowCount()).toBe(before + 1);
      expect(await database.rejectedFormats()).toEqual(['native']);
      expect((await sound.readProgress([partition]))[0]?.rejected.nextOffset).toBe(1);
    });

    it('rejected rows stay within the bytes of their tenant and day, and what is beyond is counted by its reason', async () => {
      const partition = freePartition++;
      const store = open();
      await claimOne(store, partition, bytes(16, 1));
      // Each takes 256 bytes and its original.
      const row = (logOffset: number, changes: Partial<RejectedRow> = {}): RejectedRow => ({
        ...rejectedRow(partition, logOffset),
        ...{ topic: 'rejected.v1', lane: 'ingest', sealed: bytes(44, 1), ...changes },
      });
      let offset = 0;
      const commit = async (...rejected: readonly RejectedRow[]) => {
        const one = commitOf(partition, offset, { rejected });
        offset += 1;
        return store.commit({ partitions: [one], rejectedBytesMax: 900 });
      };
      // 300 + 300 of 900; the third is too long, and those behind it go with it.
      expect(await commit(row(0), row(1), row(2, { sealed: bytes(600, 1), code: 'long' }), row(3))).toMatchObject({
        rejectedBeyond: expect.arrayContaining([
          { tenant: 'acme', code: 'long', events: 1 },
          { tenant: 'acme', code: 'bad_json', events: 1 },
        ]),
      });
      // 300 are left: exactly one more. Another tenant, another day and another partition have their own.
      const other = { tenant: 'other' };
      const later = { receivedAtMs: ARRIVAL_MS + 86_400_000 };
      expect(await commit(row(4), row(5), row(6, other), row(7, later))).toMatchObject({
        rejectedBeyond: [{ tenant: 'acme', code: 'bad_json', events: 1 }],
      });
      // What was accepted before is a row, for receipts count it; its original is not kept.
      await commit(row(8, { lane: 'events', topic: 'events.v1' }), row(9));
      expect(await database.rejectedKept(partition)).toEqual(['0+', '1+', '4+', '6+', '7+', '8-']);
      expect(await database.rejectedBeyond(partition)).toEqual({ bad_json: 3, long: 1 });
    });

    it.each(COMMIT_FAULT_POINTS)('a commit that dies at %s is there wholly or not at all, and the row says which', async (failing) => {
      const partition = freePartition++;
      const store = open((point) => point === failing);
      await claimOne(store, partition, bytes(16, 1));
      const before = await database.rawRowCount();
      const rejectedBefore = await database.rejectedRowCount();
      const outcome = await store.commit({ partitions: [commitOf(partition, 0, { rejected: [rejectedRow(partition, 0)] })] });
      const stands = failing === 'flush.committed';
      expect(outcome).toMatchObject({ kind: 'failed', commitSent: stands });
      expect((await store.readProgress([partition]))[0]?.commitNo).toBe(stands ? 1 : 0);
      expect((await database.rawRowCount()) - before).toBe(stands ? 1 : 0);
      expect((await database.rejectedRowCount()) - rejectedBefore).toBe(stands ? 1 : 0);
      expect(await stateOf(store, partition)).toEqual(stands ? [0] : []);
      expect(await journalOf(store, partition)).toEqual(stands ? [1] : []);
    });

    it('a raw row whose arrival day has no place leaves nothing, and the outcome says so; with a place it is committed', async () => {
      const partition = freePartition++;
      const store = open();
      await claimOne(store, partition, bytes(16, 1));
      const laterMs = ARRIVAL_MS + 20 * 86_400_000;
      const commit = commitOf(partition, 0, { rawRows: rawRowOf(partition, 0, laterMs) });
      const before = await database.rawRowCount();
      expect(await store.commit({ partitions: [commit] })).toMatchObject({ kind: 'data_error', sqlState: '23514' });
      expect([await database.rawRowCount(), (await store.readProgress([partition]))[0]?.commitNo]).toEqual([before, 0]);
      await store.ensureRawDays([Math.floor(laterMs / 86_400_000)]);
      expect(await store.commit({ partitions: [commit] })).toMatchObject({ kind: 'committed' });
    });

    it('an amendment raises the term, moves the position and records the gap', async () => {
      const partition = freePartition++;
      const store = open();
      await claimOne(store, partition, bytes(16, 1));
      const position = { nextOffset: 90, logGeneration: 2, topicId: 'c/u', lastRecordSha256: null };
      expect(await store.amend({ partition, lane: 'live', term: 8, position, gap: { fromOffset: 3, toOffset: 90 } }, bytes(16, 1))).toBe(
        true,
      );
      expect((await store.readProgress([partition]))[0]).toMatchObject({ term: 8, live: position });
      expect((await claimOne(store, partition, bytes(16, 2)))[0]).toMatchObject({ term: 9, live: position });
    });

    it('the newest log generation of a lane is that of any of its partitions', async () => {
      const partition = freePartition++;
      const store = open();
      await claimOne(store, partition, bytes(16, 1));
      const logGeneration = 1_000 + partition;
      const position = { nextOffset: 0, logGeneration, topicId: 'c/u', lastRecordSha256: null };
      await store.amend({ partition, lane: 'live', position }, bytes(16, 1));
      expect(await store.newestLogGeneration('live')).toBe(logGeneration);
      expect(await store.newestLogGeneration('rejected')).toBe(1);
    });

    it('a closed generation answers which identities it holds, and its announced journal blocks go', async () => {
      const partition = freePartition++;
      const store = open();
      await claimOne(store, partition, bytes(16, 1));
      await store.commit({ partitions: [commitOf(partition, 0)] });
      await store.commit({ partitions: [commitOf(partition, 1)] });
      const many = Buffer.alloc(12 * 10_000);
      for (let i = 0; i < 10_000; i += 1) many.writeUInt32BE(i * 2, i * 12);
      const range = { arrivalFromMs: ARRIVAL_MS, arrivalToMs: ARRIVAL_MS + 5 };
      const closed = { partition, generation: 1, ...range, filter: bytes(9, 4), identities: many, announcedCommitNo: 1 };
      expect(await store.closeGeneration(closed, bytes(16, 2))).toBe(false);
      expect(await store.closeGeneration(closed, bytes(16, 1))).toBe(true);
      expect(await store.closeGeneration(closed, bytes(16, 1))).toBe(true);
      expect(await store.readGenerations(partition, 1_000)).toMatchObject([{ generation: 1, isOpen: false, identities: 10_000, ...range }]);
      expect(await journalOf(store, partition)).toEqual([2]);
      const asked = Buffer.concat(
        [9_998, 0, 7, 19_998].map((value) => Buffer.concat([Buffer.from([0, 0, value >> 8, value & 255]), bytes(8, 0)])),
      );
      const found = Buffer.from(await store.findIdentities(partition, 1, asked));
      expect([found.readUInt32BE(0), found.readUInt32BE(12), found.readUInt32BE(24), found.length]).toEqual([0, 9_998, 19_998, 36]);
      expect(await store.forgetGenerations(partition, 1, bytes(16, 1))).toBe(true);
      expect(await store.readGenerations(partition, 1_000)).toEqual([]);
    });

    it('identities are read of the generations wanted alone, in the order of their commits; slices have none', async () => {
      const partition = freePartition++;
      const store = open();
      await claimOne(store, partition, bytes(16, 1));
      for (const [offset, generation] of [1, 2, 0, 2, 3].entries())
        await store.commit({ partitions: [commitOf(partition, offset, { generation, identities: identities(offset) })] });
      const read = async (generation: number): Promise<number[][]> => {
        const blocks: number[][] = [];
        for await (const block of store.readIdentities(partition, generation)) blocks.push([block.generation, block.identities[0] ?? -1]);
        return blocks;
      };
      expect(await read(0)).toEqual([
        [1, 0],
        [2, 1],
        [2, 3],
        [3, 4],
      ]);
      expect(await read(3)).toEqual([[3, 4]]);
    });

    it('filters are read from the newest on, as many as there is room for; the generations are all told', async () => {
      const partition = freePartition++;
      const store = open();
      await claimOne(store, partition, bytes(16, 1));
      for (const generation of [1, 2, 3]) {
        const span = { arrivalFromMs: ARRIVAL_MS, arrivalToMs: ARRIVAL_MS };
        const closed = { partition, generation, ...span, filter: bytes(10, generation), identities: identities(1), announcedCommitNo: 0 };
        await store.closeGeneration(closed, bytes(16, 1));
      }
      const filters = async (bytesMax: number): Promise<(number | undefined)[]> =>
        (await store.readGenerations(partition, bytesMax)).map(({ filter }) => filter?.[0]);
      expect(await filters(30)).toEqual([1, 2, 3]);
      expect(await filters(29)).toEqual([undefined, 2, 3]);
      expect(await filters(9)).toEqual([undefined, undefined, undefined]);
    });
  });
}
