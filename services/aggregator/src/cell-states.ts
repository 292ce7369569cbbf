import type { BudgetedDimension, FoldedBatch, SeriesEntry } from '@tidegate/core';
import type { CellKey } from '@tidegate/postgres';
import { cellKeyText } from '@tidegate/postgres';
import { LRUCache } from 'lru-cache';
import { createAdmissions } from './admissions.ts';
import type { CellMemory, KnownCell } from './changed-cell.ts';
import { prepareCells } from './prepared-cells.ts';
import type { PreparedCells } from './prepared-cells.ts';
import { createWrittenSeries } from './written-series.ts';
import type { Closing } from './restated.ts';

/** The owner's memory of the cells it wrote, as of its last commit. */
export interface CellStates {
  /**
   * The absolute states after a batch. `resolve` merges in place, once: whoever fails to commit them must `clear`.
   * @param closing tells late changes from timely ones
   */
  prepare(folded: FoldedBatch, closing: Closing): PreparedCells;
  /** The batch is committed: its series need not be written again. */
  settled(prepared: PreparedCells): void;
  /** One of the same rules that remembers nothing of this one: for what must not drive the cells of now out of it. */
  beside(): CellStates;
  /** Others than a batch have written these cells: their states are read again. */
  forget(keys: readonly CellKey[]): void;
  clear(): void;
  /** Names of the budgets of dimensions that are known to be spent. */
  spentBudgets(): readonly string[];
}

export interface CellStatesOptions extends Pick<CellMemory, 'measuresOf' | 'grainsOf'> {
  readonly cellsMax: number;
  /** Series that are known to be written. */
  readonly seriesMax: number;
  /** The dimensions of a series' set that have a budget. */
  readonly budgetedOf: (series: SeriesEntry) => readonly BudgetedDimension[];
}

export function createCellStates(options: CellStatesOptions): CellStates {
  const { measuresOf, grainsOf, cellsMax, seriesMax, budgetedOf } = options;
  const cells = new LRUCache<string, KnownCell>({ max: cellsMax });
  const written = createWrittenSeries(seriesMax);
  const admissions = createAdmissions(budgetedOf);
  const memory: CellMemory = { cells, written, admissions, measuresOf, grainsOf };
  return {
    prepare: (folded, closing) => prepareCells(memory, folded, closing),
    settled: ({ newSeries, values, unsettled }) => {
      if (values !== null) {
        for (const { id } of values.series()) written.add(id);
        admissions.settled(values.asked, values.spent);
      }
      for (const { id } of newSeries) written.add(id);
      for (const { text, after } of unsettled) cells.set(text, after);
    },
    beside: () => createCellStates({ ...options, cellsMax: 1, seriesMax: 1_000 }),
    forget: (keys) => {
      for (const key of keys) cells.delete(cellKeyText(key));
    },
    clear: () => {
      cells.clear();
      written.clear();
      admissions.clear();
    },
    spentBudgets: admissions.spentBudgets,
  };
}
