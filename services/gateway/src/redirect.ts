/** A plain port that serves nothing: whatever is asked there is told where TLS is spoken. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIPv6 } from 'node:net';
import { createListener } from '@tidegate/http';
import type { HttpListener } from '@tidegate/http';
import type { Metrics } from '@tidegate/telemetry';
import { dropRest } from './request-body.ts';

export interface RedirectSettings {
  /** Where TLS is spoken, as callers see it. */
  readonly redirectToPort: number;
  /** Hosts that are sent on; none: whichever a request names. */
  readonly redirectHosts: readonly string[];
}

type Redirection = { readonly status: 308; readonly location: string } | { readonly status: 400 | 421; readonly says: string };

/** Of a body that a client sends though nobody asked for it: dropped so far for its sake, or it might not see the answer. */
const BODY_BYTES_MAX = 65_536;
/** There is nothing to wait for but a client that goes on with such a body. */
const REQUEST_TIMEOUT_MS = 30_000;
const HTTPS_PORT = 443;
const HOST_CHARS_MAX = 253;

const AUTHORITY = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::\d{0,5})?$/i;
const NAME = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?$/i;
const ABSOLUTE = /^https?:\/\/([^/?#]*)(.*)$/i;
const TARGET = /^\/[\x21-\x7e]*$/;

/**
 * Answers all that comes with 308, which keeps method and body, and ends the connection: a credential that came this way was
 * readable on it, and the next is not to. Nothing is routed, limited or written down; Strict-Transport-Security may not be said
 * without TLS (RFC 6797 section 7.2).
 */
export function createRedirectListener(settings: RedirectSettings, metrics: Pick<Metrics, 'counter'>): HttpListener {
  const hosts = settings.redirectHosts.map((host) => host.toLowerCase());

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const redirection = redirectionOf(request, { port: settings.redirectToPort, hosts });
    metrics.counter('redirects_total', { status: String(redirection.status) }).inc();
    // A connection with a body on its way is ended by whoever drops that: ended at once, it could take the answer along.
    if (hasBody(request)) dropRest(request, response, BODY_BYTES_MAX);
    else response.setHeader('connection', 'close');
    const { status } = redirection;
    if (status === 308) response.writeHead(status, { location: redirection.location, 'content-length': 0 }).end();
    else response.writeHead(status, { 'content-type': 'text/plain', 'content-length': redirection.says.length }).end(redirection.says);
  }
  return createListener(answer, { asksForBodies: false, requestTimeoutMs: REQUEST_TIMEOUT_MS, lingerMs: 0 });
}

/** The target is sent back as it came, byte for byte: it is read where it is answered. */
function redirectionOf(
  request: IncomingMessage,
  { port, hosts }: { readonly port: number; readonly hosts: readonly string[] },
): Redirection {
  const { authority, target } = askedOf(request);
  const host = authority === undefined ? null : hostOf(authority);
  if (host === null) return { status: 400, says: 'The request names no host, or none that can be sent on.\n' };
  if (!TARGET.test(target)) return { status: 400, says: 'The request names no path that can be sent on.\n' };
  if (hosts.length > 0 && !hosts.includes(host)) return { status: 421, says: 'This host is not served here.\n' };
  return { status: 308, location: `https://${host}${port === HTTPS_PORT ? '' : `:${port}`}${target}` };
}

interface Asked {
  readonly authority: string | undefined;
  readonly target: string;
}

/** RFC 9112 section 3.2: a host within the target counts before the header; of two headers none does. */
function askedOf({ url = '', headersDistinct }: IncomingMessage): Asked {
  const { host: named = [] } = headersDistinct;
  const authority = named.length === 1 ? named[0] : undefined;
  const [, within, rest = ''] = ABSOLUTE.exec(url) ?? [];
  if (within === undefined) return { authority, target: url };
  return { authority: named.length > 1 ? undefined : within, target: rest.startsWith('/') ? rest : `/${rest}` };
}

/** A name or an address and nothing else, without its port; null: it could be read as a part of another URL. */
function hostOf(authority: string): string | null {
  const host = AUTHORITY.exec(authority)?.[1]?.toLowerCase();
  if (host === undefined || host.length > HOST_CHARS_MAX) return null;
  return (host.startsWith('[') ? isIPv6(host.slice(1, -1)) : NAME.test(host)) ? host : null;
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}
