import type { Handler, RouteNameOf } from '@tidegate/http';
import { invalidRequest, ORIGINS_REQUEST_SCHEMA, readJsonBody, sendJson, sendProblem } from '@tidegate/http';
import type { ControlStore } from '@tidegate/postgres';

export interface OriginAdminDependencies {
  readonly store: Pick<ControlStore, 'putOrigins' | 'readOrigins'>;
  /** Tells the publisher that there is something to publish. */
  readonly wake: () => void;
}

const BYTES_MAX = 65_536;

/** Which pages may read answers of the caller's tenant. */
export function createOriginAdmin({
  store,
  wake,
}: OriginAdminDependencies): Readonly<Record<Extract<RouteNameOf<'gateway'>, 'readOrigins' | 'putOrigins'>, Handler>> {
  return {
    readOrigins: async (exchange) => sendJson(exchange, { origins: await store.readOrigins(exchange.caller.tenant) }),
    putOrigins: async (exchange) => {
      const { request, response, context, caller } = exchange;
      const body = await readJsonBody(request, BYTES_MAX);
      if (!body.ok) return sendProblem(response, body.fault, context);
      const asked = ORIGINS_REQUEST_SCHEMA.safeParse(body.value);
      if (!asked.success) return sendProblem(response, invalidRequest(asked.error), context);
      await store.putOrigins(caller.tenant, asked.data.origins);
      wake();
      sendJson(exchange, asked.data);
    },
  };
}
