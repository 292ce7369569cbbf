/** Fastify: a plugin that records each request that the application answers, after it is answered. */
import { NO_ROUTE, recordRequest, toTemplate, type Answered, type RecordOptions } from './request-record.ts';

interface FastifyRequest {
  readonly method: string;
  readonly routeOptions: { readonly url?: string | undefined };
}

interface FastifyReply {
  readonly statusCode: number;
  readonly elapsedTime: number;
  getHeader(name: string): number | string | readonly string[] | undefined;
}

interface FastifyApp<Request> {
  addHook(name: 'onRequestAbort', hook: (request: Request, done: () => void) => void): unknown;
  addHook(name: 'onResponse', hook: (request: Request, reply: FastifyReply, done: () => void) => void): unknown;
  // oxlint-disable-next-line max-params -- the hook has them
  addHook(name: 'onError', hook: (request: Request, reply: FastifyReply, error: Error, done: () => void) => void): unknown;
}

/** `app.register(recordFastify({ tracker }))`, before the routes. */
export type FastifyRecorder<Request> = (app: FastifyApp<Request>, options: unknown, done: () => void) => void;

export function recordFastify<Request extends FastifyRequest>(options: RecordOptions<Request>): FastifyRecorder<Request> {
  const errors = new WeakMap<object, Error>();
  const left = new WeakSet<object>();
  const record = (request: Request, answer: Pick<Answered, 'statusCode' | 'durationMs' | 'bytes'>): void =>
    recordRequest(options, request, {
      ...answer,
      method: request.method,
      route: request.routeOptions.url === undefined ? NO_ROUTE : toTemplate(request.routeOptions.url),
      error: errors.get(request) ?? null,
    });
  const plugin: FastifyRecorder<Request> = (app, _options, done) => {
    app.addHook('onRequestAbort', (request, next) => {
      left.add(request);
      next();
    });
    // oxlint-disable-next-line max-params -- the hook has them
    app.addHook('onError', (request, _reply, error, next) => {
      errors.set(request, error);
      next();
    });
    app.addHook('onResponse', (request, reply, next) => {
      record(request, { statusCode: left.has(request) ? null : reply.statusCode, durationMs: reply.elapsedTime, bytes: bytesOf(reply) });
      next();
    });
    done();
  };
  // Hooks of a plugin reach only what it registers itself, unless it says that it is no world of its own.
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true });
}

function bytesOf(reply: FastifyReply): number | null {
  const length = Number(reply.getHeader('content-length') ?? Number.NaN);
  return Number.isSafeInteger(length) && length >= 0 ? length : null;
}
