/** Express: records each request that the application answers, after it is answered. */
import { NO_ROUTE, recordRequest, toTemplate, type RecordOptions } from './request-record.ts';

/** What is read of an Express request. */
interface ExpressRequest {
  readonly method: string;
  readonly baseUrl: string;
  params: object;
}

interface ExpressResponse {
  readonly statusCode: number;
  readonly headersSent: boolean;
  getHeader(name: string): number | string | readonly string[] | undefined;
  once(event: 'close', listener: () => void): unknown;
}

type Next = (error?: unknown) => void;

export interface ExpressRecorder<Request> {
  /** Before all routes: `app.use(recorder.requests)`. */
  readonly requests: (request: Request, response: ExpressResponse, next: Next) => void;
  /** After all routes and before your own handler of errors: `app.use(recorder.errors)`. */
  // oxlint-disable-next-line max-params -- by its four parameters Express knows a handler of errors
  readonly errors: (error: unknown, request: Request, response: ExpressResponse, next: Next) => void;
}

export function recordExpress<Request extends ExpressRequest>(options: RecordOptions<Request>): ExpressRecorder<Request> {
  const errors = new WeakMap<object, unknown>();
  return {
    requests(request, response, next) {
      const startedMs = performance.now();
      const template = watchRoute(request);
      // It comes after every answer, and also where the client left before one.
      response.once('close', () =>
        recordRequest(options, request, {
          method: request.method,
          route: template(),
          statusCode: response.headersSent ? response.statusCode : null,
          durationMs: performance.now() - startedMs,
          bytes: bytesOf(response),
          error: errors.get(request) ?? null,
        }),
      );
      next();
    },
    // oxlint-disable-next-line max-params -- the same
    errors(error, request, _response, next) {
      errors.set(request, error);
      next(error);
    },
  };
}

/**
 * The template of the route that was found last. It is read when the router sets `route`, for what a router mounted at `/users/:id`
 * leaves behind is no template: `baseUrl` holds the value, and an error takes even that away. Which of its segments are values is
 * told by `params`, which every router sets before it calls the next one.
 */
function watchRoute(request: ExpressRequest): () => string {
  const names = new Map<string, string>();
  let template = NO_ROUTE;
  watch(request, { member: 'params', first: request.params }, (value) => {
    for (const [name, text] of Object.entries(value ?? {})) if (typeof text === 'string' && text !== '') names.set(text, name);
  });
  watch(request, { member: 'route' }, (value) => {
    if (isRoute(value)) template = toTemplate(`${mountedAt(request.baseUrl, names)}${patternText(value.path)}`) || '/';
  });
  return () => template;
}

/** Keeps a member as it is, and tells of each value that it is given. */
function watch(target: object, { member, first }: { member: string; first?: unknown }, tell: (value: unknown) => void): void {
  let held = first;
  Object.defineProperty(target, member, {
    configurable: true,
    enumerable: true,
    get: () => held,
    set(value: unknown) {
      held = value;
      tell(value);
    },
  });
}

function isRoute(value: unknown): value is { readonly path: unknown } {
  return typeof value === 'object' && value !== null && 'path' in value;
}

/** Whole segments first; what is left of the values stands in parts of segments (`/files/:name.:ext`). */
function mountedAt(baseUrl: string, names: ReadonlyMap<string, string>): string {
  const segments = baseUrl.split('/').map(decoded);
  const inParts = [...names].filter(([value]) => !segments.includes(value));
  return segments
    .map((segment) => {
      const name = names.get(segment) ?? inParts.find(([value]) => segment.includes(value))?.[1];
      return name === undefined ? segment : `{${name}}`;
    })
    .join('/');
}

function patternText(path: unknown): string {
  if (Array.isArray(path)) return path.map(patternText).join('|');
  const text = String(path);
  return text === '/' ? '' : text;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function bytesOf(response: ExpressResponse): number | null {
  const length = Number(response.getHeader('content-length') ?? Number.NaN);
  return Number.isSafeInteger(length) && length >= 0 ? length : null;
}
