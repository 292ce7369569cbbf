/**
 * Findings of a pack's rules, worked out anew at each reading from what is counted now, so that none is older than the figures
 * beside it; and kept, so that it is known since when each holds and what it said before.
 */
import { isDeepStrictEqual } from 'node:util';
import type { CompiledInsight, CompiledView, Finding, Result, RowScope } from '@tidegate/core';
import { ok, parseParams, toIsoUtc, WORK_MAX } from '@tidegate/core';
import { invalidMember } from '@tidegate/http';
import type { ProblemFault } from '@tidegate/http';
import type { FindingChanges, FindingsOf, InsightStore, KeptFinding } from '@tidegate/postgres';
import type { Registry } from '../registry.ts';
import type { InsightsQuery } from '../views/insights-query.ts';
import type { RunView, ViewAnswer } from '../views/run-view.ts';
import type { TellFindings } from './tell-findings.ts';
import { nameOf } from './tell-findings.ts';

export interface FindInsightsDeps {
  readonly registry: Pick<Registry, 'view'>;
  readonly runView: RunView;
  readonly insights: InsightStore;
  readonly pseudonymOf: (tenant: string, id: string) => string;
  readonly nowMs: () => number;
  readonly newFindingId: () => string;
  readonly tellFindings: TellFindings;
  readonly onGenerated: (pack: string, count: number) => void;
}

export type InsightOutcome =
  | { readonly ok: true; readonly kept: readonly KeptFinding[]; readonly answer: ViewAnswer; readonly person: string | undefined }
  | { readonly ok: false; readonly problem: ProblemFault };

export type FindInsights = (asked: InsightsQuery) => Promise<InsightOutcome>;

/** A finding that holds is noted as seen this often at most: reading it costs no write. */
const SEEN_EVERY_MS = 60_000;
const OPEN_MAX = 1_000;

export function createFindInsights(deps: FindInsightsDeps): FindInsights {
  return async function findInsights(asked) {
    const { insight, ask, asker } = asked;
    const subject = ask.subject ?? null;
    if ((subject === null) === (insight.of === 'person')) return { ok: false, problem: subjectFault(insight) };
    if (!maySee(asker.rows, subject)) return { ok: false, problem: { code: 'row_refused' } };
    const view = deps.registry.view(asker.tenant, insight.pack, insight.view.name);
    if (view === null) return { ok: false, problem: { code: 'not_found' } };
    const found = await findNow(deps, asked, { view, subject });
    if (!found.ok) return found;
    const person = subject === null ? undefined : deps.pseudonymOf(asker.tenant, subject);
    const of: FindingsOf = { tenant: asker.tenant, subject: person ?? '', pack: insight.pack, insight: insight.insight };
    const kept = await keep(deps, of, { insight, ask, ...found });
    return kept.ok ? { ok: true, kept: kept.value, answer: found.answer, person } : { ok: false, problem: kept.fault };
  };
}

/** A token that shows some metrics, or some values of dimensions, says nothing of findings. */
function maySee(rows: RowScope | null, subject: string | null): boolean {
  return (
    rows === null || (rows.metrics === null && Object.keys(rows.where).length === 0 && rows.subject !== null && rows.subject === subject)
  );
}

function subjectFault({ of }: CompiledInsight): ProblemFault {
  const message = of === 'person' ? 'is needed: each finding is about a person' : 'findings are about nobody in particular';
  return invalidMember('subject', message);
}

/** Writes what changed, and nothing where nothing did; what begins is told first. */
async function keep(
  { insights, nowMs, newFindingId, tellFindings, onGenerated }: FindInsightsDeps,
  of: FindingsOf,
  { insight, findings, ask, answer }: Found & Pick<InsightsQuery, 'insight' | 'ask'>,
): Promise<Result<readonly KeptFinding[], ProblemFault>> {
  const known = await insights.list(of, { withClosed: false, rowsMax: OPEN_MAX });
  // What is not counted yet looks like a day that stands out, and an event cannot be taken back.
  const isCertain = insight.event === null || answer.meta.status === 'current';
  const changes = isCertain ? changesOf(known, findings, { nowMs: nowMs(), newFindingId }) : NO_CHANGES;
  const isChanged = changes.close.length + changes.insert.length + changes.see.length > 0;
  if (isChanged) {
    const begun = changes.insert.map(({ finding }) => finding);
    const told = await tellFindings(of, insight, begun);
    if (!told.ok) return told;
    onGenerated(of.pack, await insights.change(of, changes));
  }
  return ok(isChanged || ask.closed ? await insights.list(of, { withClosed: ask.closed, rowsMax: ask.limit }) : known.slice(0, ask.limit));
}

const NO_CHANGES: FindingChanges = { nowMs: 0, close: [], insert: [], see: [] };

interface Found {
  readonly findings: readonly Finding[];
  readonly answer: ViewAnswer;
}

type FoundNow = (Found & { readonly ok: true }) | { readonly ok: false; readonly problem: ProblemFault };

async function findNow(
  { runView, pseudonymOf, nowMs }: FindInsightsDeps,
  { insight, wait, asker }: InsightsQuery,
  { view, subject }: { readonly view: CompiledView; readonly subject: string | null },
): Promise<FoundNow> {
  const base = { subject, now: toIsoUtc(nowMs()) };
  const work = { left: WORK_MAX };
  const filled = insight.view.params.fill(base, work);
  if (!filled.ok) return { ok: false, problem: failedAt(insight, `view.params.${filled.fault.path}`, filled.fault.message) };
  const texts = Object.entries(filled.value ?? {}).filter(([, value]) => value !== null);
  const given = new Map(texts.map(([name, value]) => [name, [String(value)]] as const));
  if (wait.after !== undefined) given.set('after', [wait.after]);
  if (wait.wait_ms !== undefined) given.set('wait_ms', [String(wait.wait_ms)]);
  const values = parseParams(view, { given, nowMs: nowMs(), callerSubject: subject, pseudonymOf: (id) => pseudonymOf(asker.tenant, id) });
  if (!values.ok) return { ok: false, problem: { code: 'request_invalid', errors: values.fault } };
  const outcome = await runView({ view, values: values.value, asker, callerSubject: subject });
  if (!outcome.ok) return outcome;
  const found = insight.find({ ...base, view: outcome.answer.body }, work);
  if (!found.ok) return { ok: false, problem: failedAt(insight, 'findings', found.fault) };
  return { ok: true, findings: found.value, answer: outcome.answer };
}

function failedAt({ insight }: CompiledInsight, place: string, message: string): ProblemFault {
  return { code: 'view_failed', errors: [{ path: `insights.${insight}.${place}`, code: 'view_failed', message }] };
}

interface Making {
  readonly nowMs: number;
  readonly newFindingId: () => string;
}

/** What is found as it was is seen again; what is found otherwise takes the place of what it was; what is not found ends. */
function changesOf(known: readonly KeptFinding[], found: readonly Finding[], { nowMs, newFindingId }: Making): FindingChanges {
  const knownByName = new Map(known.map((one) => [nameOf(one.finding), one]));
  const foundByName = new Map(found.map((one) => [nameOf(one), one]));
  const isSame = (kept: KeptFinding): boolean => isDeepStrictEqual(kept.finding, foundByName.get(nameOf(kept.finding)));
  return {
    nowMs,
    close: known.filter((kept) => !isSame(kept)).map(({ id, finding }) => ({ id, isSuperseded: foundByName.has(nameOf(finding)) })),
    see: known.filter((kept) => isSame(kept) && nowMs - kept.seenMs >= SEEN_EVERY_MS).map(({ id }) => id),
    insert: found
      .filter((finding) => !isDeepStrictEqual(knownByName.get(nameOf(finding))?.finding, finding))
      .map((finding) => ({ id: newFindingId(), finding })),
  };
}

/** As answers show it. */
export function viewOfFinding({ id, finding, createdMs, seenMs, closedMs, isSuperseded }: KeptFinding): Readonly<Record<string, unknown>> {
  return {
    id,
    ...finding,
    state: closedMs === null ? 'open' : isSuperseded ? 'superseded' : 'expired',
    superseded: isSuperseded,
    created_at: toIsoUtc(createdMs),
    seen_at: toIsoUtc(seenMs),
    closed_at: closedMs === null ? null : toIsoUtc(closedMs),
  };
}
