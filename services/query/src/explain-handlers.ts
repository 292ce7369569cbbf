/**
 * What a route asks of Postgres: a request with the header `Tidegate-Explain` is handled as any other, past every cache, and its own
 * answer is put aside for the plans of its statements (docs/reference/statements.md). For who looks after the installation.
 */
import { ServerResponse } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import { accessOf, listRoutes, refuse, refuseUnread, sendJson, visibleRows } from '@tidegate/http';
import type { Handler } from '@tidegate/http';
import type { Explain, ExplainedStatement } from '@tidegate/postgres';
import { storeFaultOf } from './store-fault.ts';

const EXPLAIN_HEADER = 'tidegate-explain';
const SCOPE = 'ops:admin';

type Handlers<N extends string> = Readonly<Record<N, Handler>>;

export function explainHandlers<N extends string>(handlers: Handlers<N>, explain: Explain): Handlers<N> {
  const reading = new Set<string>(
    listRoutes().flatMap((route) => (accessOf(route)?.action === 'read' && route.isLive !== true ? [route.name] : [])),
  );
  const explained = Object.entries<Handler>(handlers).map(([name, handle]): [string, Handler] => {
    const explaining = createExplaining(handle, { explain, isReading: reading.has(name) });
    return [name, (exchange) => (exchange.request.headers[EXPLAIN_HEADER] === undefined ? handle(exchange) : explaining(exchange))];
  });
  return Object.fromEntries(explained) as Handlers<N>;
}

interface Explaining {
  readonly explain: Explain;
  readonly isReading: boolean;
}

function createExplaining(handle: Handler, { explain, isReading }: Explaining): Handler {
  return async function explainOrRefuse(exchange) {
    const { caller } = exchange;
    if (!caller.scopes.includes(SCOPE)) return refuseUnread(exchange, { code: 'scope_missing', detail: `Plans need the scope ${SCOPE}.` });
    // How many rows a plan went through is not for who may not see them.
    if (visibleRows(caller) !== null) return refuseUnread(exchange, { code: 'row_refused' });
    if (!isReading) return refuseUnread(exchange, { code: 'scope_missing', detail: 'Only what reads, and ends, can be explained.' });
    const response = answerAside(exchange.request);
    try {
      const statements = await explain(async () => handle({ ...exchange, response }));
      sendJson(exchange, { status: response.statusCode, statements: statements.map(viewOf) }, { headers: NO_STORE });
    } catch (error) {
      const fault = storeFaultOf(error, 'unavailable');
      if (fault === null) throw error;
      refuse(exchange, fault);
    }
  };
}

const NO_STORE = { 'cache-control': 'no-store' } as const;

/** Takes all that is written, and shows it to nobody. */
function answerAside(request: IncomingMessage): ServerResponse {
  const response = new ServerResponse(request);
  const nowhere = new Duplex({ read: () => undefined, write: (_bytes, _encoding, taken) => taken() });
  Reflect.apply(response.assignSocket, response, [nowhere]);
  return response;
}

function viewOf({ statement, planningMs, executionMs, rows, nodes, readWhole }: ExplainedStatement) {
  return { statement, planning_ms: planningMs, execution_ms: executionMs, rows, nodes, read_whole: readWhole };
}
