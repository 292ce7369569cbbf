/** The answer of a write whose event is accepted: of the committed row, or of the receipt where that takes too long. */
import type { Json, ViewValues } from '@tidegate/core';
import { failed, ok, parseParams, WORK_MAX } from '@tidegate/core';
import type { Result } from '@tidegate/core';
import type { Exchange, ProblemFault } from '@tidegate/http';
import { sendJson, sendProblem, visibleRows } from '@tidegate/http';
import { ofPerson } from '../answer-routes.ts';
import type { Receipts } from '../receipts.ts';
import type { Registry } from '../registry.ts';
import type { RunView } from '../views/run-view.ts';
import type { Asked, Made } from './make-event.ts';
import { namesOf } from './make-event.ts';

export interface ReplyDeps {
  readonly registry: Pick<Registry, 'view'>;
  readonly runView: RunView;
  readonly receipts: Pick<Receipts, 'open' | 'waitFor' | 'stateOf'>;
  readonly pseudonymOf: (tenant: string, id: string) => string;
  readonly nowMs: () => number;
  /** Longest that an answer waits for the event to be counted. */
  readonly writeWaitMs: number;
}

export interface Accepted extends Asked, Made {
  readonly receipt: string;
  readonly receivedAt: string;
}

export async function reply(deps: ReplyDeps, exchange: Exchange, accepted: Accepted): Promise<void> {
  const { write, id, event, receipt } = accepted;
  const person = event.subject === undefined ? undefined : deps.pseudonymOf(exchange.caller.tenant, event.subject);
  const headers = { 'cache-control': 'no-store', 'tidegate-receipt': receipt, ...ofPerson(person) };
  const isCounted = write.waits && (await isCountedInTime(deps, exchange, receipt));
  if (write.waits && !isCounted) return sendJson(exchange, { accepted: true, id, receipt }, { status: 202, headers });
  const told = await replyOf(deps, exchange, accepted);
  // Counted, and another event of the thing came after it; or who may write it may not see it.
  const isHidden = !told.ok && (told.fault.code === 'not_found' || told.fault.code === 'row_refused');
  if (isHidden) return sendJson(exchange, { accepted: true, id, receipt }, { status: 202, headers });
  if (!told.ok) return sendProblem(exchange.response, { ...told.fault, headers: { 'tidegate-receipt': receipt } }, exchange.context);
  sendJson(exchange, told.value, { status: write.status, headers });
}

async function isCountedInTime({ receipts, writeWaitMs }: ReplyDeps, { caller, signal }: Exchange, text: string): Promise<boolean> {
  const receipt = receipts.open(text, caller.tenant);
  if (receipt === null) return false;
  const { held } = await receipts.waitFor(receipt, writeWaitMs, signal);
  return (await receipts.stateOf(receipt, held)).isCounted;
}

async function replyOf(
  deps: ReplyDeps,
  exchange: Exchange,
  accepted: Accepted,
): Promise<Result<Readonly<Record<string, Json>>, ProblemFault>> {
  const { caller, signal } = exchange;
  const { write, asked, id, receipt, receivedAt } = accepted;
  const names = { ...namesOf(asked, id), receipt, received_at: receivedAt };
  // Committed, so nothing is left to wait for; an answer that is kept is older than that.
  const values: ViewValues = { ...asked.values, wait: write.waits ? { after: receipt, wait_ms: 0 } : {} };
  const view = await viewOf(deps, exchange, { ...accepted, names });
  if (!view.ok) return view;
  const outcome = await deps.runView({
    ...{ view: write.reply, values, callerSubject: caller.subject ?? null, more: { ...names, view: view.value } },
    asker: { tenant: caller.tenant, rows: visibleRows(caller), signal },
  });
  return outcome.ok ? ok(outcome.answer.body) : failed(outcome.problem);
}

/** The answer of the view that the write names, as it is with the event counted. */
async function viewOf(
  deps: ReplyDeps,
  { caller, signal }: Exchange,
  { write, asked, names, receipt }: Accepted & { readonly names: Readonly<Record<string, unknown>> },
): Promise<Result<unknown, ProblemFault>> {
  if (write.view === null) return ok({});
  const view = deps.registry.view(caller.tenant, write.pack, write.view.name);
  const callerSubject = caller.subject ?? null;
  const filled = write.view.params.fill({ params: asked.values.params, caller: { subject: callerSubject }, ...names }, { left: WORK_MAX });
  if (view === null || !filled.ok) return failed({ code: 'view_failed' });
  const given = new Map([
    ...Object.entries(filled.value ?? {}).map(([name, value]) => [name, [String(value)]] as const),
    ['after', [receipt]] as const,
  ]);
  const pseudonymOf = (one: string): string => deps.pseudonymOf(caller.tenant, one);
  const values = parseParams(view, { given, nowMs: deps.nowMs(), callerSubject, pseudonymOf });
  if (!values.ok) return failed({ code: 'view_failed', errors: values.fault });
  const outcome = await deps.runView({
    view,
    values: values.value,
    callerSubject,
    asker: { tenant: caller.tenant, rows: visibleRows(caller), signal },
  });
  return outcome.ok ? ok(outcome.answer.body) : failed(outcome.problem);
}
