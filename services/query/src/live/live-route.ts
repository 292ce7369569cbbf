/** `GET /v1/live`: an answer that goes on. */
import type { Exchange, ProblemFault } from '@tidegate/http';
import { decodeJson, LIVE_QUERY, sendProblem, visibleRows } from '@tidegate/http';
import type { Sealer } from '@tidegate/runtime';
import type { LiveHub } from './live-hub.ts';
import { streamTopic } from './live-stream.ts';

export interface LiveRouteDeps {
  readonly hub: LiveHub;
  readonly cursorSealer: Sealer;
  readonly monotonicMs: () => number;
  readonly lifeMs: number;
}

export function createWatch({ hub, cursorSealer: sealer, monotonicMs, lifeMs }: LiveRouteDeps): (exchange: Exchange) => Promise<void> {
  return async function watch(exchange) {
    const { request, response, caller, query, signal } = exchange;
    const question = questionOf(query);
    if (question === null) return refuse(exchange, { code: 'request_invalid', errors: [NO_JSON] });
    const watching = await hub.enter(question, { tenant: caller.tenant, rows: visibleRows(caller) });
    if (!watching.ok) return refuse(exchange, watching.problem);
    try {
      response.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        // What stands between must not gather what is meant for now.
        'x-accel-buffering': 'no',
        'x-request-id': exchange.context.requestId,
      });
      const last = request.headers['last-event-id'];
      const lastEventId = typeof last === 'string' ? last : null;
      const either = AbortSignal.any([signal, hub.ended]);
      await streamTopic({ topic: watching.topic, response, lastEventId, sealer, monotonicMs, signal: either, lifeMs });
    } finally {
      hub.leave(watching.topic);
    }
  };
}

const NO_JSON = { path: 'q', code: 'invalid_value', message: 'one question as JSON; or its members by name, lists separated by commas' };
const LISTS: ReadonlySet<string> = new Set(['measures', 'group_by']);

/** A question as JSON in `q`, or its members by name; null: neither. */
function questionOf(query: URLSearchParams): unknown {
  const asked = LIVE_QUERY.safeParse(Object.fromEntries(query));
  if (!asked.success) return null;
  const { q, where, ...members } = asked.data;
  if (q !== undefined) return jsonOf(q);
  const conditions = where === undefined ? undefined : jsonOf(where);
  if (conditions === null) return null;
  const named = Object.entries(members).map(([name, text]) => [name, LISTS.has(name) ? String(text).split(',') : text]);
  return { ...Object.fromEntries(named), ...(conditions === undefined ? {} : { where: conditions }) };
}

function jsonOf(text: string): unknown {
  const json = decodeJson(Buffer.from(text));
  return json.ok ? json.value : null;
}

function refuse({ response, context }: Exchange, fault: ProblemFault): void {
  sendProblem(response, fault, context);
}
