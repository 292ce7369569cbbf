/**
 * Findings that begin, as events. Told before they are kept: a death between the two tells them again, under the id that they had,
 * and an event counts once. What was kept before, and closed since, is told no second time.
 */
import type { CompiledInsight, Finding, FindingEvent, MadeEvent } from '@tidegate/core';
import { eventOfFinding, failed, ok, toIsoUtc, WORK_MAX } from '@tidegate/core';
import type { Result } from '@tidegate/core';
import type { ProblemFault } from '@tidegate/http';
import type { FindingsOf, InsightStore } from '@tidegate/postgres';
import type { SendEvents } from '../writes/event-sender.ts';
import type { IdSource } from '../writes/write-ids.ts';

export interface TellFindingsDeps {
  readonly insights: Pick<InsightStore, 'list'>;
  readonly sendEvents: SendEvents;
  readonly writeIdOf: (source: IdSource) => string;
  readonly nowMs: () => number;
  readonly onTold: (of: Pick<FindingsOf, 'pack' | 'insight'>, count: number) => void;
}

/** Nothing where an insight makes no events. */
export type TellFindings = (of: FindingsOf, insight: CompiledInsight, begun: readonly Finding[]) => Promise<Result<null, ProblemFault>>;

/** Far more than a window of days finds. */
const KEPT_MAX = 10_000;
/** In the place of a key: what is told is told by the installation. */
const TELLER = 'tidegate';

export function createTellFindings(deps: TellFindingsDeps): TellFindings {
  return async function tellFindings(of, insight, begun) {
    const { event } = insight;
    if (event === null || begun.length === 0) return ok(null);
    const kept = await deps.insights.list(of, { withClosed: true, rowsMax: KEPT_MAX });
    const known = new Set(kept.map(({ finding }) => nameOf(finding)));
    const news = begun.filter((finding) => !known.has(nameOf(finding)));
    const events = eventsOf(deps, of, { event, findings: news });
    if (!events.ok) return events;
    const told = await send(deps, of, events.value);
    if (told.ok && news.length > 0) deps.onTold(of, news.length);
    return told;
  };
}

export function nameOf({ rule, about }: Finding): string {
  return `${rule}\n${about}`;
}

function eventsOf(
  { writeIdOf, nowMs }: TellFindingsDeps,
  { tenant, pack, insight }: FindingsOf,
  { event, findings }: { readonly event: FindingEvent; readonly findings: readonly Finding[] },
): Result<readonly MadeEvent[], ProblemFault> {
  const now = toIsoUtc(nowMs());
  const work = { left: WORK_MAX };
  const events: MadeEvent[] = [];
  for (const finding of findings) {
    const id = writeIdOf({ idempotencyKey: 'finding', of: [tenant, pack, insight, finding.rule, finding.about] });
    const made = eventOfFinding(event, { finding, id, now }, work);
    if (!made.ok) return failed(unfit(insight, `event.data.${made.fault.path}`, made.fault.message));
    events.push(made.value);
  }
  return ok(events);
}

async function send(
  { sendEvents }: TellFindingsDeps,
  { tenant, insight }: FindingsOf,
  events: readonly MadeEvent[],
): Promise<Result<null, ProblemFault>> {
  if (events.length === 0) return ok(null);
  const caller = { tenant, keyId: TELLER, scopes: ['ingest:write'] };
  const sent = await sendEvents(events, { caller, context: null });
  if (!sent.ok) return failed(sent.problem);
  const refused = sent.verdicts.find(({ verdict }) => verdict === 'rejected');
  if (refused !== undefined) return failed(unfit(insight, `event.${refused.path ?? 'data'}`, refused.message ?? ''));
  return sent.verdicts.some(({ verdict }) => verdict === 'retry') ? failed({ code: 'log_unavailable' }) : ok(null);
}

function unfit(insight: string, place: string, message: string): ProblemFault {
  return { code: 'view_failed', errors: [{ path: `insights.${insight}.${place}`, code: 'view_failed', message }] };
}
