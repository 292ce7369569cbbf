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

/** Same for two readings exactly when what one finds is what the other would find at the same moment. */
export function keyOfRead({ plan, subjectShown, skipCache, mayLag }: ReadAsk): string {
  const { identity, limit, cursor, fromMs, toMs } = plan;
  const page = cursor === null ? '' : JSON.stringify(cursor);
  return [identity, limit, fromMs, toMs, skipCache, mayLag === true, page, subjectShown ?? '', subjectShown === null].join('\n');
}
