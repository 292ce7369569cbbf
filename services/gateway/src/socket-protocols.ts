/**
 * A page cannot set headers of a WebSocket, and an address is kept in histories and logs: so its credential may come as one of the
 * subprotocols that it offers, beside one that is spoken: `new WebSocket(url, ['tidegate.v1', 'tidegate.key.' + token])`.
 */
import type { IncomingHttpHeaders } from 'node:http';

const CREDENTIAL = 'tidegate.key.';

/** What stands for `X-API-Key` or a bearer token where a WebSocket is asked for; null: nothing does. */
export function socketCredential(headers: IncomingHttpHeaders): string | null {
  const offered = headers['sec-websocket-protocol'];
  if (offered === undefined || headers.upgrade?.toLowerCase() !== 'websocket') return null;
  return listOf(offered).find(isCredential)?.slice(CREDENTIAL.length) ?? null;
}

/** The subprotocols that go on to the service, which chooses one of them; null: none is left. */
export function withoutCredential(offered: string): string | null {
  const left = listOf(offered).filter((name) => !isCredential(name));
  return left.length === 0 ? null : left.join(', ');
}

function isCredential(name: string): boolean {
  return name.startsWith(CREDENTIAL);
}

function listOf(offered: string): readonly string[] {
  return offered.split(',').map((name) => name.trim());
}
