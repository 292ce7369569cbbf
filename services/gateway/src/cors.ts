import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ProblemFault } from '@tidegate/http';
import { RATE_LIMIT_HEADER_NAMES } from '@tidegate/http';
import { parseOriginsRecord } from '@tidegate/postgres';

/** Which pages may read answers, by tenant; fed by the control topic. */
export interface OriginBook {
  /** Null: it is gone. False: it cannot be read, and what stood before stands no longer, for it may have become stricter. */
  put(tenant: string, value: unknown): boolean;
  /** Null as tenant: whether any of them lets the page. */
  isAllowed(tenant: string | null, origin: string): boolean;
}

const ANY_ORIGIN = '*';

export function createOriginBook(): OriginBook {
  const tenants = new Map<string, ReadonlySet<string>>();
  return {
    put(tenant, value) {
      const record = value === null ? null : parseOriginsRecord(value);
      if (record === null) tenants.delete(tenant);
      else tenants.set(tenant, new Set(record.origins));
      return record !== null || value === null;
    },
    isAllowed(tenant, origin) {
      const lists = tenant === null ? [...tenants.values()] : [tenants.get(tenant)];
      return lists.some((origins) => origins?.has(origin) === true || origins?.has(ANY_ORIGIN) === true);
    },
  };
}

/** What a page may send, beside what every page may. */
const SENT = [
  ...['accept', 'authorization', 'content-encoding', 'content-type', 'idempotency-key', 'if-none-match', 'last-event-id'],
  ...['traceparent', 'tracestate', 'x-api-key', 'x-request-id', 'x-tidegate-lane'],
].join(', ');
/** What a page may read of an answer, beside what every page may. */
const READ = [
  ...RATE_LIMIT_HEADER_NAMES,
  ...['date', 'etag', 'retry-after', 'tidegate-receipt', 'traceparent', 'www-authenticate', 'x-cache', 'x-request-id'],
].join(', ');
const PREFLIGHT_S = 600;

interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/**
 * Lets the page that sent the request read the answer, where the tenant allows its origin; while it is not known whose request it is
 * (a wrong key, a path that is none), where any tenant does. Never with cookies: no credential is one.
 */
export function letRead(book: OriginBook, { request, response }: Asked, tenant: string | null): void {
  const { origin } = request.headers;
  if (origin === undefined) return;
  response.setHeader('vary', 'origin');
  if (!book.isAllowed(tenant, origin)) {
    response.removeHeader('access-control-allow-origin');
    return;
  }
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('access-control-expose-headers', READ);
}

/** Whether a browser asks if a page may send a request. */
export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined;
}

/**
 * The answer to that; it has no credential, so the page must be one of any tenant's. `methods`: of the path. The headers, or why not.
 */
export function preflight(
  book: OriginBook,
  { headers: { origin = '' } }: IncomingMessage,
  methods: string,
): { readonly ok: true; readonly headers: Readonly<Record<string, string>> } | { readonly ok: false; readonly fault: ProblemFault } {
  if (!book.isAllowed(null, origin)) return { ok: false, fault: { code: 'origin_refused', headers: { vary: VARY } } };
  return {
    ok: true,
    headers: {
      'access-control-allow-origin': origin,
      'access-control-allow-methods': methods,
      'access-control-allow-headers': SENT,
      'access-control-max-age': String(PREFLIGHT_S),
      vary: VARY,
    },
  };
}

const VARY = 'origin, access-control-request-method, access-control-request-headers';
