import type { FoldedBatch } from '@tidegate/core';
import { LRUCache } from 'lru-cache';
import { prepareCells, seriesText } from './prepared-cells.ts';
import type { CellMemory, KnownCell, PreparedCells } from './prepared-cells.ts';

/** The owner's memory of the cells it wrote, as of its last commit. */
export interface CellStates {
  /**
   * The absolute states after a batch. `resolve` merges in place, once: whoever fails to commit them must `clear`.
   * @param arrivalToMs greatest append time of the batch, by which late changes are told from timely ones
   */
  prepare(folded: FoldedBatch, arrivalToMs: number): PreparedCells;
  /** The batch is committed: its series need not be written again. */
  settled(prepared: PreparedCells): void;
  clear(): void;
}

export interface CellStatesOptions extends Pick<CellMemory, 'measuresOf' | 'grainsOf'> {
  readonly cellsMax: number;
}

export function createCellStates({ measuresOf, grainsOf, cellsMax }: CellStatesOptions): CellStates {
  const cells = new LRUCache<string, KnownCell>({ max: cellsMax });
  const written = new LRUCache<string, true>({ max: cellsMax });
  const memory: CellMemory = { cells, written, measuresOf, grainsOf };
  return {
    prepare: (folded, arrivalToMs) => prepareCells(memory, folded, arrivalToMs),
    settled: ({ newSeries }) => {
      for (const entry of newSeries) written.set(seriesText(entry), true);
    },
    clear: () => {
      cells.clear();
      written.clear();
    },
  };
}
