import type { SealState } from '@tidegate/core';
import { NOTHING_SEALED } from '@tidegate/core';
import type pg from 'pg';
import { expect, it } from 'vitest';
import { createCommitTransaction } from '../src/commit-transaction.ts';
import { toSealColumns } from '../src/seal-columns.ts';
import type { PendingValues } from '../src/budget-shape.ts';
import type { BackfillMove, CellKey, PartitionCommit } from '../src/store.ts';

const KEY: CellKey = { seriesId: new Uint8Array(16).fill(1), grain: 2, bucketS: 900 };
const HOUR: CellKey = { ...KEY, grain: 3, bucketS: 0 };

interface Asked {
  readonly values: PendingValues | null;
  readonly backfill: BackfillMove | null;
}

/** Names of the statements of a flush, in order, where the row says that this is sealed. */
async function statementsOf(seals: SealState, { values = null, backfill = null }: Partial<Asked> = {}): Promise<string[]> {
  const sent: string[] = [];
  const [quarterHour, hour, day, grain, after] = toSealColumns(seals);
  const row = { sealed_quarter_hour: quarterHour, sealed_hour: hour, sealed_day: day, sealing_grain: grain, sealing_after: after };
  const client = {
    query: async (what: string | { readonly name: string }) => {
      const name = typeof what === 'string' ? what : what.name;
      sent.push(name);
      const moved = [{ lane: 'live', partition: 0, ...row }, ...(backfill === null ? [] : [{ lane: 'backfill', partition: 0, ...row }])];
      return { command: name, rows: name === 'fence' ? moved : [] };
    },
    release: () => undefined,
  };
  const pool = { connect: async () => client } as unknown as pg.Pool;
  const commit: PartitionCommit = {
    ...{ partition: 0, token: new Uint8Array(16), term: 1, commitNo: 1, backfill, rejectedLane: null, completeThroughMs: null },
    live: { expected: 0, next: 1, lastRecordSha256: null },
    ...{ rawRows: new Uint8Array(0), arrivalDays: [], series: [], identities: new Uint8Array(0), generation: 1, rejected: [], slice: null },
    ...{ arrivalFromMs: 0, arrivalToMs: 0 },
    cells: {
      absent: [KEY],
      values,
      sealed: ({ through }) => (KEY.bucketS < through.hour ? [HOUR] : []),
      resolve: () => [{ ...KEY, state: new Uint8Array(1), revision: 0 }],
    },
  };
  expect((await createCommitTransaction({ pool, fault: () => undefined })({ partitions: [commit] })).kind).toBe('committed');
  return sent;
}

it('a flush that touches nothing sealed sends no statement for it; one that does reads the states of those cells once', async () => {
  const usual = ['BEGIN', 'fence', 'read-cell-states', 'upsert-cells', 'insert-journal', 'COMMIT'];
  expect(await statementsOf({ through: NOTHING_SEALED, open: null })).toEqual(usual);
  expect(await statementsOf({ through: { ...NOTHING_SEALED, hour: 0, day: 0 }, open: null })).toEqual(usual);
  expect(await statementsOf({ through: { ...NOTHING_SEALED, hour: 3_600 }, open: null })).toEqual(
    usual.toSpliced(3, 0, 'read-cell-states'),
  );
});

it('a flush that knows of every value whether it is admitted asks nothing; one that does not asks behind the fence, once', async () => {
  const unsealed = { through: NOTHING_SEALED, open: null };
  const usual = ['BEGIN', 'fence', 'read-cell-states', 'upsert-cells', 'insert-journal', 'COMMIT'];
  const known: PendingValues = { asked: [], decide: () => undefined, series: () => [] };
  expect(await statementsOf(unsealed, { values: known })).toEqual(usual);
  const key = { tenant: 'acme', metric: 'sales', dimension: 'city', valuesMax: 1, valueId: new Uint8Array(16) };
  const asking = { ...known, asked: [1, 2].map((eventDay) => ({ ...key, eventDay })) };
  expect(await statementsOf(unsealed, { values: asking })).toEqual(
    usual.toSpliced(2, 0, 'hold-budgets', 'admit-values', 'read-spent-budgets'),
  );
});

it('a flush of the live lane alone sends no statement for the other lane, and one of both no more than one for both positions', async () => {
  const seals: SealState = { through: NOTHING_SEALED, open: null };
  const alone = await statementsOf(seals);
  const backfill: BackfillMove = { expected: 0, next: 5, lastRecordSha256: null, throughMs: 0, rawRows: new Uint8Array(0) };
  expect(await statementsOf(seals, { backfill })).toEqual(alone);
});
