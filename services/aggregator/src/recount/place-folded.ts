import { GRAINS } from '@tidegate/core';
import type { FoldedBatch } from '@tidegate/core';
import { cellKeyText } from '@tidegate/postgres';
import type { RecountStore } from '@tidegate/postgres';
import type { createAdmissions } from '../admissions.ts';
import { createHeldCells } from '../held-cells.ts';
import type { HeldDelta } from '../held-cells.ts';
import type { ExpectedCells } from './expected-cells.ts';

interface Placing {
  readonly deps: { readonly store: Pick<RecountStore, 'readSpentBudgets'> };
  readonly admissions: ReturnType<typeof createAdmissions>;
}

/** What the day's budgets had no room for is counted as `_other`, as the flush did. */
export async function placeFolded({ deps, admissions }: Placing, folded: FoldedBatch, expected: Pick<ExpectedCells, 'add'>): Promise<void> {
  const held: HeldDelta[] = [];
  for (const delta of folded.deltas) {
    const entry = folded.series[delta.series];
    if (entry === undefined) throw new Error('a delta names a series that its batch does not hold');
    const values = admissions.heldOf(entry, delta.bucketS);
    if (values.length === 0) expected.add(entry, delta);
    else held.push({ delta, entry, values });
  }
  if (held.length === 0) return;
  const decided = createHeldCells(held, {
    cellOf(entry, delta) {
      const key = { seriesId: entry.id, grain: GRAINS[delta.grain].code, bucketS: delta.bucketS };
      return { key, text: cellKeyText(key), entry, known: undefined, deltas: [delta] };
    },
    isWritten: () => true,
  });
  decided.decide(await deps.store.readSpentBudgets(decided.asked));
  for (const { entry, deltas } of decided.cells) for (const delta of deltas) expected.add(entry, delta);
}
