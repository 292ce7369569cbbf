import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRawRows } from '../src/raw-rows.ts';
import type { RawRange } from '../src/raw-shape.ts';
import type { DataStore, PartitionCommit } from '../src/store.ts';
import type { StoreUnderTest } from './store.contract.ts';

const TOKEN = new Uint8Array(16).fill(1);
const NOTHING = new Uint8Array(0);
const DAY_MS = 86_400_000;
/** 2026-02-03 and the day after. */
const DAY = Date.UTC(2026, 1, 3) / DAY_MS;
const PARTITION = 90;

interface Row {
  readonly offset: number;
  readonly arrivalDay?: number;
  readonly tenant?: string;
  readonly type?: string;
  readonly occurredAtMs?: number;
  readonly data?: string;
}

function rawRowsOf(rows: readonly Row[]): Uint8Array {
  const raw = createRawRows();
  for (const { offset, arrivalDay = DAY, tenant = 'acme', type = 'shop.sale', occurredAtMs = 0, data = '{}' } of rows) {
    const bytes = Buffer.from(data);
    raw.add({
      ...{ tenant, eventId: `e-${offset}`, idStart: -1, idEnd: -1, source: '', type, subject: offset % 2 === 0 ? null : 'ab' },
      ...{ occurredAtMs, receivedAtMs: arrivalDay * DAY_MS + offset, partition: PARTITION, logOffset: offset, logGeneration: 1 },
      ...{ packVersion: 3, attributes: NOTHING, bytes, dataStart: 0, dataEnd: bytes.length },
    });
  }
  return raw.bytes();
}

/** What every store tells of raw rows and of tasks, whatever it is made of. */
export function rawContract(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(name, () => {
    let database: StoreUnderTest;
    let store: DataStore;
    let commitNo = 0;

    beforeAll(async () => {
      database = await make();
      store = database.open();
      const lane = { startOffset: 0, topicId: 'c/t' };
      await store.claim([{ partition: PARTITION, live: lane, backfill: lane, rejected: lane }], TOKEN);
      await store.ensureRawDays([DAY, DAY + 1]);
      const rows = [
        { offset: 0, data: '{"price":1.50}', occurredAtMs: -1 },
        { offset: 1, tenant: 'other' },
        { offset: 2, type: 'shop.return' },
        // The clock of the broker went back: a later offset came on an earlier day.
        { offset: 4, arrivalDay: DAY + 1 },
        { offset: 5 },
        { offset: 9, occurredAtMs: DAY_MS },
      ];
      const arrivalDays = [
        { arrivalDay: DAY, eventDay: 0, tenant: 'acme' },
        { arrivalDay: DAY + 1, eventDay: 0, tenant: 'acme' },
        { arrivalDay: DAY, eventDay: 1, tenant: 'acme' },
        { arrivalDay: DAY - 9, eventDay: 1, tenant: 'acme' },
      ];
      expect(await commit(store, { rawRows: rawRowsOf(rows), arrivalDays })).toBe('committed');
    });
    afterAll(async () => {
      await store.close();
      await database.close();
    });

    async function commit(on: DataStore, change: Partial<PartitionCommit>): Promise<string> {
      const { kind } = await on.commit({
        partitions: [
          {
            ...{
              partition: PARTITION,
              token: TOKEN,
              term: 1,
              commitNo: commitNo + 1,
              rejectedLane: null,
              backfill: null,
              completeThroughMs: null,
            },
            live: { expected: 0, next: 0, lastRecordSha256: null },
            ...{ rawRows: NOTHING, arrivalDays: [], series: [], identities: NOTHING, generation: 1, rejected: [], slice: null },
            ...{ arrivalFromMs: 0, arrivalToMs: 0 },
            cells: { absent: [], values: null, sealed: () => [], resolve: () => [] },
            ...change,
          },
        ],
      });
      if (kind === 'committed') commitNo += 1;
      return kind;
    }

    const offsetsOf = async (change: Partial<RawRange>): Promise<readonly number[]> => {
      const range = {
        partition: PARTITION,
        arrivalDay: DAY,
        lane: 'live',
        logGeneration: 1,
        fromOffset: 0,
        toOffset: 100,
        tenant: 'acme',
      } as const;
      const rows = await store.readRawRows({ ...range, types: ['shop.sale'], occurred: null, rowsMax: 10, ...change });
      return rows.map(({ logOffset }) => logOffset);
    };

    it('an arrival day is told with whether its rows are there, and which days hold an event day', async () => {
      const all = [
        { arrivalDay: DAY - 9, isKept: false },
        { arrivalDay: DAY, isKept: true },
        { arrivalDay: DAY + 1, isKept: true },
      ];
      expect(await store.readArrivalDays({ tenant: 'acme', types: ['shop.sale'], eventDay: null })).toEqual(all);
      expect(await store.readArrivalDays({ tenant: 'acme', types: ['shop.sale'], eventDay: 0 })).toEqual(all.slice(1));
      expect(await store.readArrivalDays({ tenant: 'nobody', types: ['shop.sale'], eventDay: null })).toEqual([]);
    });

    it('rows of a day are found between its offsets, by tenant, type, window and time', async () => {
      expect(await store.readRawSpans(PARTITION, DAY)).toEqual([{ lane: 'live', logGeneration: 1, fromOffset: 0, lastOffset: 9 }]);
      expect(await store.readRawSpans(PARTITION + 1, DAY)).toEqual([]);
      expect(await offsetsOf({})).toEqual([0, 5, 9]);
      expect(await offsetsOf({ arrivalDay: DAY + 1 })).toEqual([4]);
      expect(await offsetsOf({ fromOffset: 1, toOffset: 9 })).toEqual([5]);
      expect(await offsetsOf({ types: ['shop.return', 'shop.sale'], rowsMax: 2 })).toEqual([0, 2]);
      expect(await offsetsOf({ occurred: { fromMs: 0, toMs: DAY_MS } })).toEqual([5]);
      expect(await offsetsOf({ logGeneration: 2 })).toEqual([]);
    });

    it('a row comes back as it was written, its own digits in it', async () => {
      const range = {
        partition: PARTITION,
        arrivalDay: DAY,
        lane: 'live',
        logGeneration: 1,
        fromOffset: 0,
        toOffset: 1,
        tenant: 'acme',
      } as const;
      expect(await store.readRawRows({ ...range, types: ['shop.sale'], occurred: null, rowsMax: 1 })).toEqual([
        {
          ...{ tenant: 'acme', eventId: 'e-0', source: '', type: 'shop.sale', subject: null, occurredAtMs: -1 },
          ...{ receivedAtMs: DAY * DAY_MS, logOffset: 0, packVersion: 3, data: '{"price":1.50}' },
        },
      ]);
    });

    it('tasks are written, moved and taken away with their commit or not at all', async () => {
      const task = { kind: 'version', name: 'acme m 2' };
      const open = { ...task, row: { spec: { cut: 7 }, cursor: null, state: 'open' as const } };
      const done = { ...task, row: { spec: { cut: 7 }, cursor: { at: 7 }, state: 'done' as const } };
      const failing = database.open((point) => point === 'flush.journaled');
      expect(await commit(failing, { tasks: [open] })).toBe('failed');
      expect(await store.readTasks(PARTITION, 'version')).toEqual([]);
      expect(await commit(store, { tasks: [open, { ...open, name: 'acme m 3' }] })).toBe('committed');
      expect(await commit(store, { tasks: [done, { ...task, name: 'acme m 3', row: null }] })).toBe('committed');
      expect(await store.readTasks(PARTITION, 'version')).toMatchObject([{ ...task, ...done.row }]);
      expect(await store.readTasks(PARTITION, 'other')).toEqual([]);
      await failing.close();
    });
  });
}
