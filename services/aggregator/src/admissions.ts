/** What the owner of a partition remembers, as of its last commit, of the values that budgets of dimensions have admitted. */
import { valueId } from '@tidegate/core';
import type { BudgetedDimension, SeriesEntry } from '@tidegate/core';
import { budgetText } from '@tidegate/postgres';
import type { AskedValue, SpentBudget } from '@tidegate/postgres';
import { LRUCache } from 'lru-cache';

const DAY_S = 86_400;
/** Ids remembered beyond which all are forgotten and asked for again: some 4 MB a partition. */
const IDS_MAX = 32_768;
/** Texts whose ids are remembered, so that a new quarter of an hour does not hash them all. */
const TEXTS_MAX = 4_096;
const TEXT_LENGTH_MAX = 200;

/** A value of a series that has, or may have, no room. */
export interface HeldValue extends AskedValue {
  /** In the series' `dims`. */
  readonly place: number;
  /** Name of its budget and its id, as keys of maps. */
  readonly budget: string;
  readonly id: string;
  /** Its budget is spent and did not admit it; else nobody has told yet. */
  readonly isRefused: boolean;
}

export interface Admissions {
  /** The values of a series that are not known to be admitted on the day of the bucket; most often none. */
  heldOf(entry: SeriesEntry, bucketS: number): readonly HeldValue[];
  /** A commit stands that asked for these values and was told this. */
  settled(asked: readonly AskedValue[], spent: readonly SpentBudget[]): void;
  clear(): void;
  /** Names of the spent budgets that are known whole: their days are not asked about any more. */
  spentBudgets(): readonly string[];
}

interface KnownBudget {
  readonly ids: Set<string>;
  isSpent: boolean;
}

const NONE: readonly HeldValue[] = [];

/** `budgetedOf`: the dimensions of a series' set that have a budget. */
export function createAdmissions(budgetedOf: (series: SeriesEntry) => readonly BudgetedDimension[], idsMax = IDS_MAX): Admissions {
  const budgets = new Map<string, KnownBudget>();
  const idOfText = new LRUCache<string, Uint8Array>({ max: TEXTS_MAX });
  let remembered = 0;

  function idOf(text: string): Uint8Array {
    const known = idOfText.get(text);
    if (known !== undefined) return known;
    const id = valueId(text);
    if (text.length <= TEXT_LENGTH_MAX) idOfText.set(text, id);
    return id;
  }

  function lookAt(entry: SeriesEntry, { name, place, valuesMax }: BudgetedDimension, eventDay: number): HeldValue | null {
    const text = entry.dims[place] ?? null;
    if (text === null) return null;
    const key = { tenant: entry.tenant, metric: entry.metric, dimension: name, eventDay };
    const budget = budgetText(key);
    const known = budgets.get(budget);
    const bytes = idOf(text);
    const id = idText(bytes);
    if (known?.ids.has(id) === true) return null;
    return { ...key, valuesMax, valueId: bytes, place, budget, id, isRefused: known?.isSpent === true };
  }

  function remember(budget: string): KnownBudget {
    const known = budgets.get(budget) ?? { ids: new Set<string>(), isSpent: false };
    budgets.set(budget, known);
    return known;
  }

  function add(to: KnownBudget, id: Uint8Array): void {
    const before = to.ids.size;
    to.ids.add(idText(id));
    remembered += to.ids.size - before;
  }

  function clear(): void {
    budgets.clear();
    remembered = 0;
  }

  return {
    heldOf(entry, bucketS) {
      const dimensions = budgetedOf(entry);
      if (dimensions.length === 0) return NONE;
      const eventDay = Math.floor(bucketS / DAY_S);
      return dimensions.flatMap((dimension) => lookAt(entry, dimension, eventDay) ?? []);
    },
    settled(asked, spent) {
      if (asked.length === 0) return;
      const told = asked.length + spent.reduce((sum, { admitted }) => sum + admitted.length, 0);
      if (remembered + told > idsMax) clear();
      const spentKeys = new Set(spent.map(budgetText));
      for (const one of asked) if (!spentKeys.has(budgetText(one))) add(remember(budgetText(one)), one.valueId);
      for (const budget of spent) {
        const known = remember(budgetText(budget));
        for (const id of budget.admitted) add(known, id);
        known.isSpent = budget.isWhole;
      }
    },
    clear,
    spentBudgets: () => [...budgets].flatMap(([name, { isSpent }]) => (isSpent ? [name] : [])),
  };
}

export function idText(id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.length).toString('latin1');
}
