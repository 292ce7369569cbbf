/** From a request to its event: what the write asks of committed rows, and what it makes of them. */
import type { CompiledWrite, MadeEvent } from '@tidegate/core';
import { eventOf, failed, ok } from '@tidegate/core';
import type { Result } from '@tidegate/core';
import type { Exchange, ProblemError, ProblemFault } from '@tidegate/http';
import { visibleRows } from '@tidegate/http';
import type { RunView } from '../views/run-view.ts';
import type { EventVerdict } from './event-sender.ts';
import type { IdSource } from './write-ids.ts';
import type { WriteRequest } from './write-request.ts';
import { NOT_OWN, ownSubject } from './write-request.ts';

export interface MakeEventDeps {
  readonly runView: RunView;
  readonly writeIdOf: (source: IdSource) => string;
}

export interface Asked {
  readonly write: CompiledWrite;
  readonly asked: WriteRequest;
}

export interface Made {
  readonly id: string;
  readonly event: MadeEvent;
}

/** What expressions of a write name beside those of a view. */
export function namesOf({ body, given }: Pick<WriteRequest, 'body' | 'given'>, id: string): Readonly<Record<string, unknown>> {
  return { body, given, id };
}

export async function makeEvent(
  { runView, writeIdOf }: MakeEventDeps,
  { caller, signal }: Exchange,
  { write, asked }: Asked,
): Promise<Result<Made, ProblemFault>> {
  const { idempotencyKey, bodyText, given, values } = asked;
  const id = writeIdOf({
    idempotencyKey,
    of: [caller.tenant, caller.subject ?? '', write.pack, write.write, JSON.stringify(given), bodyText],
  });
  const outcome = await runView({
    ...{ view: write.checks, values, callerSubject: caller.subject ?? null, more: namesOf(asked, id) },
    asker: { tenant: caller.tenant, rows: visibleRows(caller), signal },
  });
  if (!outcome.ok) return failed(outcome.problem);
  const made = eventOf(write, outcome.answer.body);
  if (!made.ok) return made;
  const event = made.value;
  const own = ownSubject(caller);
  if (own !== null && event.subject !== undefined && event.subject !== own) return failed({ code: 'row_refused', detail: NOT_OWN });
  return ok({ id: event.id, event });
}

/** What the judge has against the event, told of the members that the caller sent; null: it is accepted. */
export function refusalOf(write: CompiledWrite, verdict: EventVerdict | undefined): ProblemFault | null {
  if (verdict === undefined || verdict.verdict === 'retry') return { code: 'log_unavailable' };
  if (verdict.verdict === 'accepted') return null;
  return { code: 'request_invalid', errors: [errorOf(write, verdict)] };
}

export function errorOf({ memberOf }: Pick<CompiledWrite, 'memberOf'>, { code = '', path = '', message = '' }: EventVerdict): ProblemError {
  return { path: memberOf(path), code, message };
}
