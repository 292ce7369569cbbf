/** What the answer of a view claims: of each claim of its questions the weakest. */
import type { DefaultsTold } from '@tidegate/core';
import type { AnswerMeta } from '../ask.ts';
import { joinClaims } from '../join-claims.ts';
import type { QueryAnswer } from './query-answer.ts';

type OfOneQuestion = 'metric_version' | 'grain' | 'zone' | 'analysis';

/** Of a view that asks nothing only the time is known. */
export type ViewMeta = Partial<Omit<AnswerMeta, OfOneQuestion>> &
  Pick<AnswerMeta, 'generated_at'> & {
    readonly zone?: string;
    /** By parameter what it came to that nobody gave, and which field said so. Absent: rows were asked for none. */
    readonly defaults?: DefaultsTold;
  };

export function joinViewMeta(answers: readonly QueryAnswer[], now: string): ViewMeta {
  const claims = answers.flatMap((answer) => answer.claims ?? []);
  const [first] = claims;
  if (first === undefined) return { generated_at: now };
  const { metric_version: _version, grain: _grain, zone, analysis: _analysis, ...joined } = joinClaims(claims);
  return claims.every((one) => one.zone === zone) ? { ...joined, zone } : joined;
}

/** Of what is claimed that which speaks of now, and not of the rows. */
const OF_NOW: ReadonlySet<string> = new Set<keyof ViewMeta>([
  ...(['complete_through', 'lag_ms', 'status', 'generated_at', 'backfill_pending', 'cache', 'after', 'recountable'] as const),
]);

export function lastingMeta(meta: ViewMeta): Partial<ViewMeta> {
  return Object.fromEntries(Object.entries(meta).filter(([name]) => !OF_NOW.has(name)));
}
