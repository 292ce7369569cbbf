/**
 * `POST /v1/writes/{pack}/{write}`, where the gateway sends the routes of packs that write too.
 *
 * | step      | what it does                                                      | what is left if it breaks off here                              |
 * |-----------|-------------------------------------------------------------------|-----------------------------------------------------------------|
 * | 1 read    | parameters, body and key, all checked                             | nothing                                                         |
 * | 2 check   | what the write asks of committed rows: 404, 409, 422              | nothing                                                         |
 * | 3 send    | the event to ingest, as the caller; its refusal is the route's    | the event is in the log, or it is not known: the key makes      |
 * |           |                                                                   | sending the request again the same event                        |
 * | 4 wait    | for the receipt, at most `WRITE_WAIT_MS`                          | the event, which will be counted: 202 with the receipt          |
 * | 5 answer  | from the committed row                                            | the event, counted                                              |
 */
import type { CompiledWrite } from '@tidegate/core';
import type { Exchange } from '@tidegate/http';
import { refuse } from '@tidegate/http';
import type { Registry } from '../registry.ts';
import type { SendEvents } from './event-sender.ts';
import type { MakeEventDeps } from './make-event.ts';
import { makeEvent, refusalOf } from './make-event.ts';
import type { ReplyDeps } from './reply.ts';
import { reply } from './reply.ts';
import { runBatch } from './run-batch.ts';
import type { WriteRequestDeps } from './write-request.ts';
import { readWriteRequest } from './write-request.ts';

export interface RunWriteDeps extends WriteRequestDeps, MakeEventDeps, ReplyDeps {
  readonly registry: Pick<Registry, 'view' | 'write'>;
  readonly sendEvents: SendEvents;
}

export async function runWrite(deps: RunWriteDeps, exchange: Exchange): Promise<void> {
  const { caller, params } = exchange;
  const write = deps.registry.write(caller.tenant, params['pack'] ?? '', params['write'] ?? '');
  if (write === null) return refuse(exchange, { code: 'not_found' });
  // The gateway asked the same; who reaches this service past it is asked again.
  if (!caller.scopes.includes(write.scope))
    return refuse(exchange, { code: 'scope_missing', detail: `The route needs the scope ${write.scope}.` });
  return write.each === null ? runOne(deps, exchange, write) : runBatch(deps, exchange, write);
}

async function runOne(deps: RunWriteDeps, exchange: Exchange, write: CompiledWrite): Promise<void> {
  const asked = await readWriteRequest(deps, exchange, write);
  if (!asked.ok) return refuse(exchange, asked.fault);
  const made = await makeEvent(deps, exchange, { write, asked: asked.value });
  if (!made.ok) return refuse(exchange, made.fault);
  const sent = await deps.sendEvents([made.value.event], exchange);
  if (!sent.ok) return refuse(exchange, sent.problem);
  const refused = refusalOf(write, sent.verdicts[0]);
  if (refused !== null || sent.receipt === null) return refuse(exchange, refused ?? { code: 'internal' });
  await reply(deps, exchange, { write, asked: asked.value, ...made.value, receipt: sent.receipt, receivedAt: sent.receivedAt });
}
