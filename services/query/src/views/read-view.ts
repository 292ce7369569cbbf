/** `GET /v1/views/{pack}/{view}`: the gateway sends the routes that packs declare here too, with what stands in their paths as parameters. */
import { failed, isOfPerson, namesAll, ok, parseParams } from '@tidegate/core';
import type { CompiledView, Result, RowScope } from '@tidegate/core';
import type { Exchange, ProblemFault } from '@tidegate/http';
import { mayAsk, OPENED_HEADER, refuse, visibleRows } from '@tidegate/http';
import { cacheWordOf, ofPerson } from '../answer-routes.ts';
import { toHeader } from '../answer-body.ts';
import type { EtagOf } from '../answer-body.ts';
import type { Background } from '../background/background.ts';
import { viewInTime } from '../background/view-in-time.ts';
import type { Registry } from '../registry.ts';
import { sendBody, sendKept } from '../send-body.ts';
import type { Step } from '@tidegate/telemetry';
import { bodyWith } from './body-text.ts';
import { givenOf } from './given.ts';
import { mayInclude, openMembers } from './open-members.ts';
import type { OpenedAnswer, OpenMembersDeps } from './open-members.ts';
import type { RunView, ViewAnswer, ViewAsk } from './run-view.ts';
import { mayName } from './run-view.ts';
import { lastingMeta } from './view-meta.ts';

export interface ReadViewDeps extends OpenMembersDeps {
  readonly background: Background;
  readonly runView: RunView;
  readonly registry: Pick<Registry, 'view' | 'pack'>;
  readonly etagOf: EtagOf;
  readonly pseudonymOf: (tenant: string, id: string) => string;
  readonly nowMs: () => number;
  readonly step: Step;
}

export async function readView(deps: ReadViewDeps, exchange: Exchange): Promise<void> {
  const asked = readAsked(deps, exchange);
  if (!asked.ok) return refuse(exchange, asked.fault);
  const { view, values } = asked.value;
  const outcome = await viewInTime(deps, exchange, asked.value);
  if (outcome === null) return;
  if (!outcome.ok) return refuse(exchange, outcome.problem);
  if (view.sealed.length === 0) return sendAnswer(deps, exchange, outcome.answer);
  const opened = await openMembers(deps, exchange, { view, values, body: outcome.answer.body });
  sendOpened(deps, exchange, { ...outcome.answer, ...opened });
}

export type AskedViewDeps = Pick<ReadViewDeps, 'registry' | 'pseudonymOf' | 'nowMs'>;

/** All that can be refused before anything is read. */
export function readAsked(deps: AskedViewDeps, { caller, params, query, signal }: Exchange): Result<ViewAsk, ProblemFault> {
  const view = deps.registry.view(caller.tenant, params['pack'] ?? '', params['view'] ?? '');
  if (view === null) return failed({ code: 'not_found' });
  // The gateway asked the same; who reaches this service past it is asked again.
  if (!mayAsk({ scope: view.scope, isOfPerson: isOfPerson(view) }, caller))
    return failed({ code: 'scope_missing', detail: `The view needs the scope ${view.scope}.` });
  const rows = visibleRows(caller);
  const mayNameAll = namerOfAll(caller, rows);
  const unseen = faultOfEverybody(view, query, mayNameAll);
  if (unseen !== null) return failed(unseen);
  const callerSubject = caller.subject ?? null;
  const pseudonymOf = (id: string): string => deps.pseudonymOf(caller.tenant, id);
  const values = parseParams(view, { given: givenOf(query), nowMs: deps.nowMs(), callerSubject, pseudonymOf, mayNameAll });
  if (!values.ok) return failed({ code: 'request_invalid', errors: values.fault });
  if (!mayName(rows, { view, values: values.value })) return failed({ code: 'row_refused' });
  if (!mayInclude(caller, { view, values: values.value })) return failed({ code: 'row_refused', detail: NOT_OWN });
  return ok({ view, values: values.value, asker: { tenant: caller.tenant, rows, signal, takesTurns: true }, callerSubject });
}

/** Whether the caller may name everybody where that takes the scope: who is held to one person never does. */
function namerOfAll({ scopes }: Exchange['caller'], rows: RowScope | null): (scope: string) => boolean {
  return (scope) => scopes.includes(scope) && (rows?.subject ?? null) === null;
}

/** Null: the request names no more than it may. */
function faultOfEverybody({ params }: CompiledView, query: URLSearchParams, mayNameAll: (scope: string) => boolean): ProblemFault | null {
  const scope = params.find((param) => namesAll(param, query.get(param.name)))?.everybody;
  if (scope === undefined || mayNameAll(scope)) return null;
  return { code: 'row_refused', detail: `Everybody is seen by who has the scope ${scope} and is held to no person.` };
}

const NOT_OWN = 'Sensitive members are shown to the person alone.';

/** What was opened is kept by nobody: not by the caller's cache, and there is no tag to ask for it by. */
function sendOpened(deps: ReadViewDeps, exchange: Exchange, answer: ViewAnswer & OpenedAnswer): void {
  const { body, meta, opened, unopened, persons } = answer;
  const hasUnopened = Object.keys(unopened).length > 0;
  if (opened.length === 0 && !hasUnopened) return sendAnswer(deps, exchange, answer);
  const told = hasUnopened ? { ...meta, sealed: unopened } : meta;
  const headers = {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    ...(meta.cache === undefined ? {} : { 'x-cache': cacheWordOf(meta.cache.state) }),
    ...ofPerson(...persons),
    ...(opened.length === 0 ? {} : { [OPENED_HEADER]: opened.join(',') }),
  };
  const whole = deps.step('generate_response', () => Buffer.from(JSON.stringify({ ...body, meta: told })));
  sendBody(deps.step, exchange, { body: whole, headers });
}

/** The tag is weak: it is of everything but what `meta` says of now, which `Tidegate-Meta` tells on 304 too. */
function sendAnswer({ etagOf, step }: ReadViewDeps, exchange: Exchange, { body, meta, mayAgeMs, persons }: ViewAnswer): void {
  const { caller } = exchange;
  const lasting = Buffer.from(bodyWith(body, lastingMeta(meta)));
  const etag = etagOf({ tenant: caller.tenant, format: 'json', body: lasting });
  const headers = {
    etag: `W/${etag}`,
    'cache-control': mayAgeMs < 1_000 ? 'private, no-cache' : `private, max-age=${Math.floor(mayAgeMs / 1_000)}`,
    vary: 'authorization, x-api-key',
    ...(meta.cache === undefined ? {} : { 'x-cache': cacheWordOf(meta.cache.state) }),
    'tidegate-meta': toHeader(meta),
    ...ofPerson(...persons),
  };
  const whole = (): Buffer => step('generate_response', () => Buffer.from(bodyWith(body, meta)));
  sendKept(step, exchange, { contentType: 'application/json', headers, body: whole });
}
