/** `GET /v1/views/{pack}/{view}`: the gateway sends the routes that packs declare here too, with what stands in their paths as parameters. */
import { isOfPerson, parseParams } from '@tidegate/core';
import type { Exchange, ProblemFault } from '@tidegate/http';
import { mayAsk, sendProblem, visibleRows } from '@tidegate/http';
import { cacheWordOf, ofPerson, sendBody } from '../answer-routes.ts';
import { isNamed, toHeader } from '../answer-body.ts';
import type { EtagOf } from '../answer-body.ts';
import type { Background } from '../background/background.ts';
import { viewInTime } from '../background/view-in-time.ts';
import type { Registry } from '../registry.ts';
import type { Step } from '@tidegate/telemetry';
import { givenOf } from './given.ts';
import type { RunView, ViewAnswer } from './run-view.ts';
import { mayName } from './run-view.ts';
import { lastingMeta } from './view-meta.ts';

export interface ReadViewDeps {
  readonly background: Background;
  readonly runView: RunView;
  readonly registry: Pick<Registry, 'view'>;
  readonly etagOf: EtagOf;
  readonly pseudonymOf: (tenant: string, id: string) => string;
  readonly nowMs: () => number;
  readonly step: Step;
}

export async function readView(deps: ReadViewDeps, exchange: Exchange): Promise<void> {
  const { caller, params, signal } = exchange;
  const view = deps.registry.view(caller.tenant, params['pack'] ?? '', params['view'] ?? '');
  if (view === null) return refuse(exchange, { code: 'not_found' });
  // The gateway asked the same; who reaches this service past it is asked again.
  if (!mayAsk({ scope: view.scope, isOfPerson: isOfPerson(view) }, caller))
    return refuse(exchange, { code: 'scope_missing', detail: `The view needs the scope ${view.scope}.` });
  const callerSubject = caller.subject ?? null;
  const pseudonymOf = (id: string): string => deps.pseudonymOf(caller.tenant, id);
  const values = parseParams(view, { given: givenOf(exchange.query), nowMs: deps.nowMs(), callerSubject, pseudonymOf });
  if (!values.ok) return refuse(exchange, { code: 'request_invalid', errors: values.fault });
  const rows = visibleRows(caller);
  if (!mayName(rows, { view, values: values.value })) return refuse(exchange, { code: 'row_refused' });
  const asked = { view, values: values.value, asker: { tenant: caller.tenant, rows, signal }, callerSubject };
  const outcome = await viewInTime(deps, exchange, asked);
  if (outcome === null) return;
  if (!outcome.ok) return refuse(exchange, outcome.problem);
  sendAnswer(deps, exchange, outcome.answer);
}

/** The tag is weak: it is of everything but what `meta` says of now, which `Tidegate-Meta` tells on 304 too. */
function sendAnswer({ etagOf, step }: ReadViewDeps, exchange: Exchange, { body, meta, mayAgeMs, persons }: ViewAnswer): void {
  const { caller, request } = exchange;
  const lasting = Buffer.from(JSON.stringify({ ...body, meta: lastingMeta(meta) }));
  const etag = etagOf({ tenant: caller.tenant, format: 'json', body: lasting });
  const headers = {
    etag: `W/${etag}`,
    'cache-control': mayAgeMs < 1_000 ? 'private, no-cache' : `private, max-age=${Math.floor(mayAgeMs / 1_000)}`,
    vary: 'authorization, x-api-key',
    ...(meta.cache === undefined ? {} : { 'x-cache': cacheWordOf(meta.cache.state) }),
    'tidegate-meta': toHeader(meta),
    ...ofPerson(...persons),
  };
  if (isNamed(request.headers['if-none-match'], etag)) return sendBody(step, exchange, { status: 304, body: null, headers });
  const whole = step('generate_response', () => Buffer.from(JSON.stringify({ ...body, meta })));
  sendBody(step, exchange, { body: whole, headers: { 'content-type': 'application/json', ...headers } });
}

function refuse({ response, context }: Exchange, fault: ProblemFault): void {
  sendProblem(response, fault, context);
}
