/** Budgets of dimensions in memory: what `hold-budgets.sql`, `admit-values.sql` and `read-spent-budgets.sql` do. */
import { WHOLE_VALUES_MAX } from './budget-shape.ts';
import type { AskedValue, BudgetKey, SpentBudget } from './budget-shape.ts';
import { budgetText } from './commit-budgets.ts';
import type { BudgetState, MemoryDatabase } from './memory-database.ts';

export interface Admission {
  /** By `budgetText`: the budgets as they are once the commit stands. */
  readonly after: ReadonlyMap<string, BudgetState>;
  readonly spent: readonly SpentBudget[];
}

export function admit(db: MemoryDatabase, asked: readonly AskedValue[]): Admission {
  const after = new Map<string, Changing>();
  for (const one of asked) {
    const key = budgetText(one);
    const budget = after.get(key) ?? copyOf(one, db.budgets.get(key));
    after.set(key, budget);
    const id = idText(one.valueId);
    if (budget.admitted.has(id)) continue;
    if (budget.isSpent || budget.admitted.size >= one.valuesMax) budget.isSpent = true;
    else budget.admitted.add(id);
  }
  return { after, spent: spentOf([...after.values()], asked) };
}

export function spentOf(budgets: readonly BudgetState[], asked: readonly AskedValue[]): readonly SpentBudget[] {
  const ids = new Set(asked.map(({ valueId }) => idText(valueId)));
  return [...new Set(budgets)].filter(({ isSpent }) => isSpent).map((budget) => toSpent(budget, ids));
}

interface Changing extends BudgetKey {
  readonly admitted: Set<string>;
  isSpent: boolean;
}

function copyOf({ tenant, metric, dimension, eventDay }: BudgetKey, before: BudgetState | undefined): Changing {
  return { tenant, metric, dimension, eventDay, admitted: new Set(before?.admitted), isSpent: before?.isSpent ?? false };
}

function toSpent({ admitted, tenant, metric, dimension, eventDay }: BudgetState, asked: ReadonlySet<string>): SpentBudget {
  const isWhole = admitted.size <= WHOLE_VALUES_MAX;
  const told = [...admitted].filter((id) => isWhole || asked.has(id));
  return { tenant, metric, dimension, eventDay, isWhole, admitted: told.map((id) => Buffer.from(id, 'latin1')) };
}

/** Whether another commit changed one of the budgets since: in Postgres it would have waited for their locks. */
export function isSame(one: Admission, other: Admission): boolean {
  const text = ({ after }: Admission): string =>
    JSON.stringify([...after].map(([key, { admitted, isSpent }]) => [key, [...admitted], isSpent]));
  return text(one) === text(other);
}

export function idText(id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.length).toString('latin1');
}
