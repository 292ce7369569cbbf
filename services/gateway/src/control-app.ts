import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller, Exchange, Handler, NamedRoute, RequestContext, RouteNameOf } from '@tidegate/http';
import { clientGone, listRoutes, sendProblem } from '@tidegate/http';
import { isUnavailable } from '@tidegate/postgres';
import type { Logger } from '@tidegate/telemetry';
import type { Request, Response } from 'express';
import express from 'express';

/** A request that the gateway answers itself. */
export interface ControlRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Normalised path and search. */
  readonly target: string;
  readonly caller: Caller;
  readonly context: RequestContext;
}

export interface ControlApp {
  handle(asked: ControlRequest): void;
}

export interface ControlAppOptions {
  readonly handlers: Readonly<Record<RouteNameOf<'gateway'>, Handler>>;
  readonly log: Logger;
}

/** Express for the few routes that the gateway answers itself: administration, health, the API document. */
export function createControlApp({ handlers, log }: ControlAppOptions): ControlApp {
  const asked = new WeakMap<IncomingMessage, ControlRequest>();
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  for (const route of listRoutes()) {
    const handle = handlers[route.name as RouteNameOf<'gateway'>] as Handler | undefined;
    if (handle === undefined) continue;
    mount(app, route, (request, response) => answer(handle, asked.get(request), { request, response }));
  }

  /** Express would answer a failure with a page of its own; here it is a problem like any other. */
  async function answer(handle: Handler, control: ControlRequest | undefined, { request, response }: Pair): Promise<void> {
    if (control === undefined) return void response.destroy();
    try {
      await handle(toExchange(control, request, response));
    } catch (error) {
      log.error('control_route_failed', { error });
      sendProblem(response, { code: isUnavailable(error) ? 'unavailable' : 'internal' }, control.context);
    }
  }

  return {
    handle(control) {
      asked.set(control.request, control);
      control.request.url = control.target;
      app(control.request as Request, control.response as Response);
    },
  };
}

interface Pair {
  readonly request: Request;
  readonly response: Response;
}

type ExpressHandler = (request: Request, response: Response) => Promise<void>;

function mount(app: express.Express, { method, path }: NamedRoute, handler: ExpressHandler): void {
  const pattern = path.replaceAll(/\{(\w+)\}/g, ':$1');
  switch (method) {
    case 'GET':
      app.get(pattern, handler);
      return;
    case 'POST':
      app.post(pattern, handler);
      return;
    case 'PUT':
      app.put(pattern, handler);
      return;
    case 'DELETE':
      app.delete(pattern, handler);
  }
}

function toExchange(control: ControlRequest, request: Request, response: Response): Exchange {
  const { caller, context, target } = control;
  const params = Object.fromEntries(Object.entries(request.params).map(([name, value]) => [name, String(value)]));
  const mark = target.indexOf('?');
  const query = new URLSearchParams(mark < 0 ? '' : target.slice(mark));
  return { request, response, params, query, caller, context, signal: clientGone(response) };
}
