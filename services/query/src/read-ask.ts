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
  /** Whether making the answer waits for its turn. */
  readonly takesTurns?: boolean;
}

/** Same for two readings exactly when what one finds is what the other would find at the same moment. */
export function keyOfRead({ plan, subjectShown, skipCache, mayLag }: ReadAsk): string {
  return [keyOfPage(plan), skipCache, mayLag === true, subjectShown ?? '', subjectShown === null].join('\n');
}

/** Same for two plans exactly when the rows of both pages are made in the same way from the same cells. */
export function keyOfPage({ identity, limit, offset, isRanked, cursor, fromMs, toMs }: Plan): string {
  const page = cursor === null ? '' : JSON.stringify(cursor);
  return [identity, limit, offset, isRanked, fromMs, toMs, page].join('\n');
}
