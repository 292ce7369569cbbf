import { createRowFold } from '@tidegate/core';
import type { BudgetedDimension, CompiledMetric, EntityRowKey, SeriesEntry } from '@tidegate/core';
import type { RecountStore } from '@tidegate/postgres';
import { createAdmissions } from '../admissions.ts';
import type { ExpectedCells } from './expected-cells.ts';
import { placeFolded } from './place-folded.ts';

const ROWS = 1_000;

interface FoldRowsDeps {
  readonly store: Pick<RecountStore, 'readEntityRows' | 'readSpentBudgets'>;
  readonly budgetedOf: (series: SeriesEntry) => readonly BudgetedDimension[];
  readonly step: <T>(work: () => Promise<T>) => Promise<T>;
}

/**
 * Adds what the rows that the partitions wrote make of a metric over their entity. Pages are of different moments, and need not be of
 * one: a row that changes meanwhile changes its cells in the same commit, which is one after the cut, and those are passed over.
 */
export async function foldRows(
  deps: FoldRowsDeps,
  { partitions, metric }: { readonly partitions: readonly number[]; readonly metric: CompiledMetric },
  expected: Pick<ExpectedCells, 'add'>,
): Promise<void> {
  const fold = createRowFold([metric]);
  if (fold === null || metric.over === undefined) return;
  const { entity } = metric.over;
  const admissions = createAdmissions(deps.budgetedOf);
  let after: EntityRowKey | null = null;
  do {
    const from: EntityRowKey | null = after;
    after = await deps.step(async () => {
      const { rows, last } = await deps.store.readEntityRows({ entity, partitions, after: from, rowsMax: ROWS });
      await placeFolded({ deps, admissions }, fold.fold([], rows), expected);
      return last;
    });
  } while (after !== null);
}
