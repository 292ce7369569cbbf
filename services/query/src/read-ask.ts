import type { Plan } from '@tidegate/core';

/** What is read for one question. */
export interface ReadAsk {
  readonly plan: Plan;
  /** The plain id that stands in the answer for its pseudonym. */
  readonly subjectShown: string | null;
  /** From Postgres, whatever Redis holds. */
  readonly skipCache: boolean;
  /** Whether the answer may lie behind what is committed by as much as a replica may. */
  readonly mayLag?: boolean;
}
