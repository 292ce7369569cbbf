import type { IncomingHttpHeaders } from 'node:http';
import { withoutCredential } from './socket-protocols.ts';

/** RFC 9110 section 7.6.1: meant for one connection only, and so never passed on. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Answered, used up or set anew by the gateway: a service must never see a client's own. */
const NOT_THE_CLIENTS: ReadonlySet<string> = new Set([
  'host',
  'expect',
  'authorization',
  'x-api-key',
  'cookie',
  'forwarded',
  'traceparent',
  'tracestate',
  'via',
  'x-request-id',
]);

/** May hold a credential among others. */
const SOCKET_PROTOCOLS = 'sec-websocket-protocol';

/** Identity and routing hints that only the gateway may give. */
const RESERVED_PREFIX = /^x-(?:tidegate|user|tenant|internal|forwarded|real|original|rewrite)-/;
/** Names that a client may send under the reserved prefix. */
const ALLOWED: ReadonlySet<string> = new Set(['x-tidegate-lane']);

/**
 * The client's headers that go on to a service. What `Connection` names goes first, and the gateway's own headers are added
 * after this, so a client can neither set them nor have them taken away.
 */
export function requestHeaders(headers: IncomingHttpHeaders, own: Readonly<Record<string, string>>): Record<string, string | string[]> {
  const named = namedByConnection(headers.connection);
  const forwarded: Record<string, string | string[]> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || named.has(name) || isWithheld(name)) continue;
    const passed = name === SOCKET_PROTOCOLS ? withoutCredential(String(value)) : value;
    if (passed !== null) forwarded[name] = passed;
  }
  return Object.assign(forwarded, own);
}

/** A service's headers that go on to the client. Which pages may read an answer is not the service's to say. */
export function responseHeaders(headers: IncomingHttpHeaders, own: Readonly<Record<string, string>>): Record<string, string | string[]> {
  const named = namedByConnection(headers.connection);
  const forwarded: Record<string, string | string[]> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || named.has(name) || HOP_BY_HOP.has(name) || name.startsWith('access-control-')) continue;
    forwarded[name] = value;
  }
  return Object.assign(forwarded, own);
}

function isWithheld(name: string): boolean {
  if (HOP_BY_HOP.has(name) || NOT_THE_CLIENTS.has(name)) return true;
  return name.startsWith('x-') && RESERVED_PREFIX.test(name) && !ALLOWED.has(name);
}

function namedByConnection(connection: string | undefined): ReadonlySet<string> {
  if (connection === undefined) return NONE;
  return new Set(connection.split(',').map((name) => name.trim().toLowerCase()));
}

const NONE: ReadonlySet<string> = new Set();
