/** Which values of dimensions a commit may give series of their own: asked and decided inside its transaction. */
import type pg from 'pg';
import { dateArray, int4Array, textArray, uuidArray } from './binary-array.ts';
import { WHOLE_VALUES_MAX } from './budget-shape.ts';
import type { AskedValue, BudgetKey, SpentBudget } from './budget-shape.ts';
import { run } from './statements.ts';
import type { PartitionCommit } from './store.ts';

const ID_BYTES = 16;

interface SpentRow {
  readonly n: number;
  readonly is_whole: boolean;
  readonly ids: Buffer;
}

/** Of all partitions, in their order: in it values are admitted. A value that two of them ask for is asked for once. */
export function askedOf(commits: readonly PartitionCommit[]): readonly AskedValue[] {
  const asked = new Map<string, AskedValue>();
  for (const { cells } of commits) {
    for (const one of cells.values?.asked ?? []) {
      const key = `${budgetText(one)} ${Buffer.from(one.valueId).toString('latin1')}`;
      if (!asked.has(key)) asked.set(key, one);
    }
  }
  return [...asked.values()];
}

/** A key that two equal budgets share, for maps. */
export function budgetText({ tenant, metric, dimension, eventDay }: BudgetKey): string {
  return `${tenant} ${metric} ${dimension} ${eventDay}`;
}

/** Three statements, sent one behind the other. */
export async function admitValues(client: pg.PoolClient, asked: readonly AskedValue[]): Promise<readonly SpentBudget[]> {
  if (asked.length === 0) return [];
  const budgets = budgetsOf(asked);
  const ids = uuidArray(asked.map(({ valueId }) => valueId));
  const held = run(client, 'hold-budgets', [...keyArrays(budgets), int4Array(budgets.map(({ valuesMax }) => valuesMax))]);
  const admitted = run(client, 'admit-values', [...keyArrays(asked), ids]);
  const [, , spent] = await Promise.all([held, admitted, readSpent(client, asked)]);
  return spent;
}

function budgetsOf(asked: readonly AskedValue[]): readonly AskedValue[] {
  return [...new Map(asked.map((one) => [budgetText(one), one])).values()];
}

/** Of the budgets asked about those that are spent. */
export async function readSpent(on: pg.PoolClient | pg.Pool, asked: readonly AskedValue[]): Promise<readonly SpentBudget[]> {
  const budgets = budgetsOf(asked);
  const ids = uuidArray(asked.map(({ valueId }) => valueId));
  const rows = await run<SpentRow>(on, 'read-spent-budgets', [...keyArrays(budgets), ids, WHOLE_VALUES_MAX]);
  return rows.flatMap((row) => {
    const key = budgets[row.n - 1];
    return key === undefined ? [] : [{ ...key, admitted: splitIds(row.ids), isWhole: row.is_whole }];
  });
}

function keyArrays(keys: readonly BudgetKey[]): Buffer[] {
  return [
    textArray(keys.map(({ tenant }) => tenant)),
    textArray(keys.map(({ metric }) => metric)),
    textArray(keys.map(({ dimension }) => dimension)),
    dateArray(keys.map(({ eventDay }) => eventDay)),
  ];
}

function splitIds(bytes: Uint8Array): Uint8Array[] {
  const ids: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += ID_BYTES) ids.push(bytes.subarray(at, at + ID_BYTES));
  return ids;
}
