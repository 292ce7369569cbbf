/** `GET /v1/live`: an answer that goes on. */
import type { Exchange, ProblemFault } from '@tidegate/http';
import { decodeJson, LIVE_QUERY, sendProblem, visibleRows } from '@tidegate/http';
import type { Sealer } from '@tidegate/runtime';
import type { z } from 'zod';
import { eventChannel } from './event-channel.ts';
import type { LiveHub } from './live-hub.ts';
import { streamTopic } from './live-stream.ts';
import { socketChannel } from './socket-channel.ts';
import { watchJob } from './watch-job.ts';
import type { WatchJobDeps } from './watch-job.ts';

export interface LiveRouteDeps extends WatchJobDeps {
  readonly hub: LiveHub;
  readonly cursorSealer: Sealer;
}

export function createWatch(deps: LiveRouteDeps): (exchange: Exchange) => Promise<void> {
  const { hub, cursorSealer: sealer, monotonicMs, lifeMs } = deps;
  return async function watch(exchange) {
    const { caller, query, signal } = exchange;
    const asked = LIVE_QUERY.safeParse(Object.fromEntries(query));
    if (asked.data?.job !== undefined) return watchJob(deps, exchange, { id: asked.data.job, ended: hub.ended });
    const question = asked.success ? questionOf(asked.data) : null;
    if (question === null) return refuse(exchange, { code: 'request_invalid', errors: [NO_JSON] });
    const watching = await hub.enter(question, { tenant: caller.tenant, rows: visibleRows(caller) });
    if (!watching.ok) return refuse(exchange, watching.problem);
    try {
      const channel = exchange.upgrade === undefined ? eventChannel(exchange) : await socketChannel(exchange, exchange.upgrade);
      const either = AbortSignal.any([signal, hub.ended]);
      const lastEventId = lastIdOf(exchange, asked.data?.last_event_id);
      await streamTopic({ topic: watching.topic, channel, lastEventId, sealer, monotonicMs, signal: either, lifeMs });
    } finally {
      hub.leave(watching.topic);
    }
  };
}

function lastIdOf({ request }: Exchange, named: string | undefined): string | null {
  const header = request.headers['last-event-id'];
  return typeof header === 'string' ? header : (named ?? null);
}

const NO_JSON = { path: 'q', code: 'invalid_value', message: 'one question as JSON; or its members by name, lists separated by commas' };
const LISTS: ReadonlySet<string> = new Set(['measures', 'group_by']);

/** A question as JSON in `q`, or its members by name; null: neither. */
function questionOf({ q, where, last_event_id: _last, job: _job, ...members }: z.output<typeof LIVE_QUERY>): unknown {
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
