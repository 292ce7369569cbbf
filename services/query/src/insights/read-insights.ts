/** Findings as one query of a view, and `GET /v1/insights/{pack}`: all that the rules of a pack find of one person, or of nobody in particular. */
import type { CompiledInsight } from '@tidegate/core';
import { failed, isOfPerson, ok } from '@tidegate/core';
import type { Caller, Exchange } from '@tidegate/http';
import { INSIGHTS_QUERY, invalidRequest, mayAsk, refuse, sendJson, visibleRows } from '@tidegate/http';
import { ofPerson } from '../answer-routes.ts';
import type { AnswerMeta } from '../ask.ts';
import type { Registry } from '../registry.ts';
import type { ReadInsights, ViewAnswer } from '../views/run-view.ts';
import type { FindInsights, InsightOutcome } from './find-insights.ts';
import { viewOfFinding } from './find-insights.ts';

export function createReadInsights(findInsights: FindInsights): ReadInsights {
  return async function readInsights(query) {
    const found = await findInsights(query);
    if (!found.ok) return failed(found.problem);
    return ok({
      rows: found.kept.map(viewOfFinding),
      about: { next_cursor: null, analysis: {} },
      claims: claimsOf(found.answer),
      mayAgeMs: 0,
      ...(found.person === undefined ? {} : { person: found.person }),
    });
  };
}

/** What the view claims that they are made of; null where it asks nothing. */
function claimsOf({ meta }: ViewAnswer): AnswerMeta | null {
  const { complete_through: completeThrough, lag_ms: lagMs, status, backfill_pending: pending, cache, ...others } = meta;
  if (completeThrough === undefined || lagMs === undefined || status === undefined || pending === undefined || cache === undefined)
    return null;
  const ofRows = { grain: null, zone: 'UTC', approximate: {}, source: 'entity', suppressed_groups: 0, ...others } as const;
  return { ...ofRows, complete_through: completeThrough, lag_ms: lagMs, status, backfill_pending: pending, cache };
}

export interface ListInsightsDeps {
  readonly registry: Pick<Registry, 'pack' | 'view'>;
  readonly findInsights: FindInsights;
}

export async function listInsights({ registry, findInsights }: ListInsightsDeps, exchange: Exchange): Promise<void> {
  const { caller, params, query, signal } = exchange;
  const pack = registry.pack(caller.tenant, params['pack'] ?? '');
  if (pack === null) return refuse(exchange, { code: 'not_found' });
  const read = INSIGHTS_QUERY.safeParse(Object.fromEntries(query));
  if (!read.success) return refuse(exchange, invalidRequest(read.error));
  const { subject = caller.subject, insight: only, state, limit, after, wait_ms } = read.data;
  const asked = [...pack.insights.values()].filter(
    (one) => one.of === (subject === undefined ? 'all' : 'person') && (only === undefined || one.insight === only),
  );
  const open = asked.filter((one) => maySee(registry, caller, one));
  if (asked.length > open.length && open.length === 0) return refuse(exchange, { code: 'scope_missing' });
  const about = {
    asker: { tenant: caller.tenant, rows: visibleRows(caller), signal },
    ask: { ...(subject === undefined ? {} : { subject }), closed: state === 'all', limit },
    wait: { ...(after === undefined ? {} : { after }), ...(wait_ms === undefined ? {} : { wait_ms }) },
  };
  respond(exchange, await Promise.all(open.map(async (insight) => [insight, await findInsights({ insight, ...about })] as const)));
}

function respond(exchange: Exchange, found: readonly (readonly [CompiledInsight, InsightOutcome])[]): void {
  const insights: object[] = [];
  for (const [{ insight }, outcome] of found) {
    if (!outcome.ok) return refuse(exchange, outcome.problem);
    insights.push(...outcome.kept.map((kept) => ({ insight, ...viewOfFinding(kept), meta: outcome.answer.meta })));
  }
  const persons = found.flatMap(([, outcome]) => (outcome.ok ? [outcome.person] : []));
  sendJson(exchange, { insights }, { headers: { 'cache-control': 'no-store', ...ofPerson(persons[0]) } });
}

/** Whoever may ask the view that an insight is found by. */
function maySee({ view }: Pick<Registry, 'view'>, caller: Caller, insight: CompiledInsight): boolean {
  const found = view(caller.tenant, insight.pack, insight.view.name);
  return found !== null && mayAsk({ scope: found.scope, isOfPerson: isOfPerson(found) }, caller);
}
