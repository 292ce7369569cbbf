/** What a commit asks of the budgets of dimensions, and what it is told. */
import type { SeriesEntry } from '@tidegate/core';

/** Of which values one day of a dimension admits so many. */
export interface BudgetKey {
  readonly tenant: string;
  readonly metric: string;
  readonly dimension: string;
  /** Days since 1970-01-01 UTC, by the time of the events. */
  readonly eventDay: number;
}

/** A value of which the owner does not know whether it is admitted. */
export interface AskedValue extends BudgetKey {
  readonly valuesMax: number;
  /** 16 bytes. */
  readonly valueId: Uint8Array;
}

/** A budget that is spent: of the values asked for these are admitted, and none will be any more. All others that were asked are. */
export interface SpentBudget extends BudgetKey {
  readonly admitted: readonly Uint8Array[];
  /** `admitted` is every value of the day, not only those asked for. */
  readonly isWhole: boolean;
}

/** The part of a batch that waits for what the budgets say, inside the transaction and under their locks. */
export interface PendingValues {
  /** Each once. Empty: all that is asked is known, and no statement is sent. */
  readonly asked: readonly AskedValue[];
  /** Called once for each try of the commit, before `sealed` and `resolve` of its cells. */
  decide(spent: readonly SpentBudget[]): void;
  /** Series of the cells as decided that the owner has not written yet. */
  series(): readonly SeriesEntry[];
}

/** A spent budget of at most so many values is told whole, so that its owner need not ask about the day again. */
export const WHOLE_VALUES_MAX = 20_000;
