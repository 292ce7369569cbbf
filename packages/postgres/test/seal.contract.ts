import { UNSEALED } from '@tidegate/core';
import type { SealState, SeriesEntry } from '@tidegate/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CellKey, CellWrite, DataStore, PartitionCommit, SealSlice, SourceCells, SourceRead } from '../src/index.ts';
import type { StoreUnderTest } from './store.contract.ts';

const TOKEN = new Uint8Array(16).fill(1);
const NOTHING = new Uint8Array(0);
const HOUR = 3_600;
const LAST_ID = new Uint8Array(16).fill(0xfe);
/** Ids in byte order: the greatest is negative as a signed byte. */
const SERIES: readonly SeriesEntry[] = [0x01, 0x7f, 0x80, 0xfe].map((byte) => ({
  ...{ id: new Uint8Array(16).fill(byte), tenant: 'acme', metric: 'shop.sales', version: 1, setNo: 0, subject: '' },
  dims: [String(byte)],
}));
let freePartition = 50;

function keyOf(series: number, bucketS: number, grain: CellKey['grain'] = 2): CellKey {
  return { seriesId: SERIES[series]?.id ?? NOTHING, grain, bucketS };
}

function writeOf(key: CellKey): CellWrite {
  return { ...key, state: Uint8Array.of(1), revision: 0 };
}

/** What every store keeps of slices, whatever it is made of. */
export function sealContract(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(name, () => {
    let database: StoreUnderTest;
    let store: DataStore;
    beforeAll(async () => {
      database = await make();
      store = database.open();
    });
    afterAll(async () => {
      await store.close();
      await database.close();
    });

    /** A claimed partition; its commits are numbered in their order. */
    async function claimed(on: DataStore = store) {
      const partition = freePartition++;
      const lane = { startOffset: 0, topicId: 'c/t' };
      const claim = async () => (await on.claim([{ partition, live: lane, backfill: lane, rejected: lane }], TOKEN))[0];
      await claim();
      let commitNo = 0;
      async function commit(change: Partial<PartitionCommit>): Promise<string> {
        const { kind } = await on.commit({
          partitions: [
            {
              ...{ partition, token: TOKEN, term: 1, commitNo: commitNo + 1, backfill: null, rejectedLane: null, completeThroughMs: null },
              live: { expected: 0, next: 0, lastRecordSha256: null },
              ...{ rawRows: NOTHING, arrivalDays: [], series: SERIES, identities: NOTHING, generation: 1, rejected: [], slice: null },
              ...{ arrivalFromMs: 0, arrivalToMs: 0 },
              cells: { absent: [], values: null, sealed: () => [], resolve: () => [] },
              ...change,
            },
          ],
        });
        if (kind === 'committed') commitNo += 1;
        return kind;
      }
      return {
        partition,
        claim,
        commit,
        put: (keys: readonly CellKey[]) =>
          commit({ cells: { absent: [], values: null, sealed: () => [], resolve: () => keys.map(writeOf) } }),
        async slice(read: Partial<SourceRead>, seals: SealState, writes: readonly CellWrite[] = []) {
          let found: SourceCells | undefined;
          const slice: SealSlice = {
            read: { grain: 'hour', fromS: 0, toS: 10 * HOUR, afterSeries: null, cellsMax: 100, ...read },
            resolve: (cells) => {
              found = cells;
              return { writes, seals, task: null };
            },
          };
          const kind = await commit({ slice });
          return { kind, found };
        },
      };
    }

    const hoursThrough = (hour: number): SealState => ({ through: { ...UNSEALED.through, hour }, open: null });
    /** How far was read, and what. */
    const shown = (found: SourceCells | undefined) => {
      if (found === undefined) throw new Error('nothing was read');
      const { throughS, throughSeries, series } = found;
      return [
        throughS,
        throughSeries === null ? null : throughSeries[0],
        Object.fromEntries(series.map(({ entry, cells }) => [entry.dims[0], cells.map(({ bucketS }) => bucketS)])),
      ];
    };

    it('what is sealed is told to each flush inside its transaction, and to the next owner', async () => {
      const { commit, slice, claim } = await claimed();
      const told: SealState[] = [];
      const cells = {
        absent: [],
        values: null,
        sealed: (seals: SealState) => {
          told.push(seals);
          return [];
        },
        resolve: () => [],
      };
      await commit({ cells });
      const open: SealState = { through: { ...hoursThrough(-HOUR).through, day: -86_400 }, open: { grain: 'hour', afterSeries: LAST_ID } };
      await slice({}, open);
      await commit({ cells });
      expect(told).toEqual([UNSEALED, open]);
      expect((await claim())?.seals).toEqual(open);
      expect((await store.readProgress([freePartition - 1]))[0]?.seals).toEqual(open);
    });

    it('the states of sealed cells that a flush asks for are read, beside those that it lacked', async () => {
      const { commit, slice, put } = await claimed();
      await put([keyOf(0, 900)]);
      await slice({}, hoursThrough(HOUR), [writeOf(keyOf(0, 0, 3))]);
      let stored: string[] = [];
      await commit({
        cells: {
          absent: [keyOf(0, 900)],
          values: null,
          sealed: ({ through }) => (through.hour > 0 ? [keyOf(0, 0, 3)] : []),
          resolve: (found) => {
            stored = found.map(({ grain, bucketS }) => `${grain} ${bucketS}`).toSorted();
            return [];
          },
        },
      });
      expect(stored).toEqual(['2 900', '3 0']);
    });

    it('a slice reads whole buckets, from the first that has any, as far as its cells go', async () => {
      const { slice, put } = await claimed();
      const quarters = [0, 1, 2].flatMap((series) => [keyOf(series, 2 * HOUR), keyOf(series, 2 * HOUR + 2_700)]);
      await put([...quarters, keyOf(0, 3 * HOUR), keyOf(1, 5 * HOUR), keyOf(1, 10 * HOUR), keyOf(1, 0, 3)]);
      const second = { '1': [7_200, 9_900], '127': [7_200, 9_900], '128': [7_200, 9_900] };
      // The seventh cell may not be the last one of its hour.
      expect(shown((await slice({ cellsMax: 7 }, UNSEALED)).found)).toEqual([3 * HOUR, null, second]);
      const third = { ...second, '1': [7_200, 9_900, 10_800] };
      expect(shown((await slice({ cellsMax: 8 }, UNSEALED)).found)).toEqual([5 * HOUR, null, third]);
      const all = { ...third, '127': [7_200, 9_900, 18_000] };
      expect(shown((await slice({ cellsMax: 9 }, UNSEALED)).found)).toEqual([10 * HOUR, null, all]);
    });

    it('of a bucket that does not fit, a slice reads some series to their end', async () => {
      const { slice, put } = await claimed();
      const both = [0, 1, 2, 3].flatMap((series) => [keyOf(series, 2 * HOUR), keyOf(series, 2 * HOUR + 2_700)]);
      await put([...both, keyOf(1, 2 * HOUR + 900), keyOf(2, 2 * HOUR + 900), keyOf(0, 3 * HOUR)]);
      // Two cells of each quarter: of the second one those are of series 127 and 128, and the others end with 127.
      const first = { '1': [7_200, 9_900], '127': [7_200, 8_100, 9_900] };
      expect(shown((await slice({ cellsMax: 8 }, UNSEALED)).found)).toEqual([2 * HOUR, 0x7f, first]);
      const after = { fromS: 2 * HOUR, afterSeries: SERIES[1]?.id ?? NOTHING };
      const rest = { '128': [7_200, 8_100, 9_900], '254': [7_200, 9_900] };
      expect(shown((await slice({ ...after, cellsMax: 12 }, UNSEALED)).found)).toEqual([3 * HOUR, null, rest]);
      // One of each at least.
      expect(shown((await slice({ ...after, cellsMax: 1 }, UNSEALED)).found)).toEqual([2 * HOUR, 0x80, { '128': [7_200, 8_100, 9_900] }]);
    });

    it('a bucket whose series are all done is read to its end, and nothing is left behind it where there is none', async () => {
      const { slice, put } = await claimed();
      await put([keyOf(0, 0), keyOf(0, 5 * HOUR)]);
      expect(shown((await slice({ afterSeries: SERIES[3]?.id ?? NOTHING }, UNSEALED)).found)).toEqual([HOUR, null, {}]);
      expect(shown((await slice({ fromS: 6 * HOUR }, UNSEALED)).found)).toEqual([10 * HOUR, null, {}]);
      expect(shown((await slice({ fromS: -HOUR, toS: 0 }, UNSEALED)).found)).toEqual([0, null, {}]);
    });

    it('buckets before 1970 are found by their own hour, and another partition’s cells are not read', async () => {
      const other = await claimed();
      await other.put([keyOf(0, -HOUR)]);
      const { slice, put } = await claimed();
      await put([keyOf(2, -900), keyOf(3, -900)]);
      const { found } = await slice({ fromS: -5 * HOUR, cellsMax: 1 }, UNSEALED);
      expect(shown(found)).toEqual([-HOUR, 0x80, { '128': [-900] }]);
    });

    it('days are made of hours', async () => {
      const { slice, put } = await claimed();
      await put([keyOf(0, 900), keyOf(0, 86_400 + HOUR, 3)]);
      const { found } = await slice({ grain: 'day', toS: 2 * 86_400 }, UNSEALED);
      expect(shown(found)).toEqual([2 * 86_400, null, { '1': [86_400 + HOUR] }]);
    });

    it('a slice that dies before its COMMIT leaves nothing, one that dies after it everything', async () => {
      for (const [point, isThere] of [
        ['flush.journaled', false],
        ['flush.committed', true],
      ] as const) {
        let isArmed = false;
        const dying = database.open((at) => isArmed && at === point);
        const { slice, claim, partition } = await claimed(dying);
        isArmed = true;
        expect((await slice({}, hoursThrough(HOUR), [writeOf(keyOf(0, 0, 3))])).kind).toBe('failed');
        isArmed = false;
        expect((await store.readCells(partition, [keyOf(0, 0, 3)])).length).toBe(isThere ? 1 : 0);
        expect((await claim())?.seals).toEqual(isThere ? hoursThrough(HOUR) : UNSEALED);
        await dying.close();
      }
    });
  });
}
