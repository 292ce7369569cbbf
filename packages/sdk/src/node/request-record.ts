/** What is told of a request that an application answered: never its path, never whose it was. */
import type { TrackedRequest, Tracker } from '../track/tracker.ts';

export interface RecordOptions<Request> {
  readonly tracker: Pick<Tracker, 'trackRequest' | 'trackError'>;
  /** Name of the application. */
  readonly service?: string;
  /** Whether somebody was signed in; default: nobody was. */
  readonly isSignedIn?: (request: Request) => boolean;
  /** Routes (templates) by which people sign in; of them no more is told than that they were asked. */
  readonly isSignIn?: (route: string) => boolean;
  /** Routes (templates) of which nothing is told, such as those of monitors. */
  readonly isLeftOut?: (route: string) => boolean;
}

/** An answer as either framework knows it. */
export interface Answered {
  readonly method: string;
  readonly route: string;
  /** Null: the client left before there was one. */
  readonly statusCode: number | null;
  readonly durationMs: number;
  readonly bytes: number | null;
  /** Null: the application threw nothing. */
  readonly error: unknown;
}

/** Of a path that no route has: it may be anything. */
export const NO_ROUTE = '(none)';
const ROUTE_LENGTH_MAX = 200;
const SIGN_IN = /(^|[/_-])(login|logout|signin|sign-in|signup|sign-up|register|password|token|oauth2?|auth)([/_.-]|$)/i;

export function recordRequest<Request>(options: RecordOptions<Request>, request: Request, answered: Answered): void {
  const { tracker, service, isLeftOut = () => false, isSignIn = (route) => SIGN_IN.test(route) } = options;
  const { error } = answered;
  const route = answered.route.slice(0, ROUTE_LENGTH_MAX);
  if (isLeftOut(route)) return;
  const named = { route, ...(service === undefined ? {} : { service }) };
  tracker.trackRequest({ ...named, ...told(answered), ...(isSignIn(route) ? ANYBODY : personal(options, request, answered)) });
  if (error !== null) tracker.trackError({ ...named, error_type: classOf(error) });
}

const ANYBODY = { authenticated: false } as const;

function told({ method, statusCode, durationMs }: Answered): Pick<TrackedRequest, 'method' | 'status_code' | 'duration_ms'> {
  const status = statusCode === null ? {} : { status_code: statusCode };
  return { method: method.slice(0, 16), ...status, duration_ms: Math.round(durationMs * 1_000) / 1_000 };
}

function personal<Request>(
  { isSignedIn = () => false }: RecordOptions<Request>,
  request: Request,
  { bytes }: Answered,
): Pick<TrackedRequest, 'authenticated' | 'bytes'> {
  return { authenticated: isSignedIn(request), ...(bytes === null ? {} : { bytes }) };
}

function classOf(error: unknown): string {
  return error instanceof Error ? error.constructor.name.slice(0, 128) : typeof error;
}

/** `/courses/:id` as `/courses/{id}`, so that applications of both frameworks read alike. */
export function toTemplate(pattern: string): string {
  return pattern.replaceAll(/[:*](\w+)(\([^)]*\))?\??/g, '{$1}');
}
