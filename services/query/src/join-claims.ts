/** What an answer claims that was worked out from several: of each claim the weakest. */
import type { AnswerMeta } from './ask.ts';

/** From good to bad. */
const STATUSES = ['current', 'catching_up', 'stalled', 'incomplete'];
const CACHE_STATES = ['hit', 'fill', 'miss', 'bypass'];

export function joinClaims(claims: readonly AnswerMeta[]): AnswerMeta {
  return claims.reduce((a, b) => ({
    ...a,
    ...b,
    // The first question is about the metric that the analysis names.
    ...(a.metric_version === undefined ? {} : { metric_version: a.metric_version }),
    complete_through: least(a.complete_through, b.complete_through),
    lag_ms: Math.max(a.lag_ms, b.lag_ms),
    status: worst(STATUSES, a.status, b.status),
    revision: (a.revision ?? 0) + (b.revision ?? 0),
    backfill_pending: Math.max(a.backfill_pending, b.backfill_pending),
    cache: { state: worst(CACHE_STATES, a.cache.state, b.cache.state), age_ms: Math.max(a.cache.age_ms, b.cache.age_ms) },
    approximate: { ...a.approximate, ...b.approximate },
    suppressed_groups: a.suppressed_groups + b.suppressed_groups,
    ...(a.edges_rounded === true ? { edges_rounded: true as const } : {}),
    ...(a.read_from === 'replica' ? { read_from: 'replica' as const } : {}),
    ...(a.ages === undefined && b.ages === undefined ? {} : { ages: { ...a.ages, ...b.ages } }),
    ...joinHistory(a, b),
    ...joinBudgets(a, b),
    ...joinReceipts(a, b),
  }));
}

/** Instants of UTC with milliseconds, so texts are in the order of time. */
function least(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return null;
  return a < b ? a : b;
}

function worst<T extends string>(order: readonly string[], a: T, b: T): T {
  return order.indexOf(a) >= order.indexOf(b) ? a : b;
}

/** History that all of them have begins where the last one's does. */
function joinHistory(a: AnswerMeta, b: AnswerMeta): Pick<AnswerMeta, 'history_from' | 'recountable'> {
  const from = [a.history_from, b.history_from]
    .filter((instant) => instant !== undefined)
    .sort()
    .at(-1);
  const isRecountable = a.recountable !== false && b.recountable !== false;
  return { ...(from === undefined ? {} : { history_from: from }), ...(isRecountable ? {} : { recountable: false as const }) };
}

function joinBudgets(a: AnswerMeta, b: AnswerMeta): Pick<AnswerMeta, 'over_budget'> {
  const names = [...new Set([...(a.over_budget ?? []), ...(b.over_budget ?? [])])].sort();
  return names.length === 0 ? {} : { over_budget: names };
}

function joinReceipts({ after: a }: AnswerMeta, { after: b }: AnswerMeta): Pick<AnswerMeta, 'after'> {
  if (a === undefined || b === undefined) return {};
  const changed = a.log_changed === true || b.log_changed === true;
  return {
    after: {
      counted: a.counted && b.counted,
      pending_events: Math.max(a.pending_events, b.pending_events),
      ...(changed ? { log_changed: true as const } : {}),
    },
  };
}
