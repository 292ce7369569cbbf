import type { IncomingMessage } from 'node:http';
import { ConfigError } from '@tidegate/runtime';
import ipaddr from 'ipaddr.js';
import { LRUCache } from 'lru-cache';

/** Where a request comes from, as far as somebody who is trusted says so. */
export interface ClientAddress {
  /** IPv4 address, or the /64 of an IPv6 one: the least that a customer of a provider has whole. */
  readonly address: string;
  /** IPv6 /48; null for IPv4. */
  readonly network: string | null;
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Range = [Address, number];

const REMEMBERED_MAX = 20_000;
const FORWARDED_CHARS_MAX = 1_024;
const UNKNOWN: ClientAddress = { address: 'unknown', network: null };

/**
 * The address of the client. `X-Forwarded-For` is read from the right, for as long as who wrote an entry is a proxy within one of
 * the `trusted` ranges: what stands further left anybody could have written. By default nobody is trusted.
 */
export function createClientAddress(trusted: readonly string[]): (request: Pick<IncomingMessage, 'socket' | 'headers'>) => ClientAddress {
  const ranges = trusted.map(parseRange);
  const known = new LRUCache<string, ClientAddress>({ max: REMEMBERED_MAX });
  const isTrusted = (address: Address): boolean =>
    ranges.some(([range, bits]) => range.kind() === address.kind() && address.match(range, bits));

  function find(remote: string, forwarded: string): ClientAddress {
    let client = parseAddress(remote);
    if (client === null) return UNKNOWN;
    for (const entry of forwarded.slice(-FORWARDED_CHARS_MAX).split(',').toReversed()) {
      if (!isTrusted(client)) break;
      const before = parseAddress(withoutPort(entry.trim()));
      // Something else than an address: whoever trusted proxies speak of cannot be told apart from the proxy.
      if (before === null) break;
      client = before;
    }
    return toClient(client);
  }

  return function clientAddress({ socket, headers }) {
    const remote = socket.remoteAddress ?? '';
    const header = ranges.length === 0 ? undefined : headers['x-forwarded-for'];
    const forwarded = typeof header === 'string' ? header : '';
    const name = forwarded === '' ? remote : `${remote} ${forwarded}`;
    let client = known.get(name);
    if (client === undefined) {
      client = find(remote, forwarded);
      known.set(name, client);
    }
    return client;
  };
}

/** An IPv4 address written as IPv6 is the IPv4 address. */
function parseAddress(text: string): Address | null {
  const bare = text.split('%', 1)[0] ?? '';
  return ipaddr.isValid(bare) && (bare.includes(':') || ipaddr.IPv4.isValidFourPartDecimal(bare)) ? ipaddr.process(bare) : null;
}

function parseRange(text: string): Range {
  const slashed = text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`;
  if (ipaddr.isValidCIDR(slashed)) return ipaddr.parseCIDR(slashed);
  throw new ConfigError('gateway', [
    { env: 'TRUSTED_PROXIES', problem: 'must be addresses or ranges such as 10.0.0.0/8, comma separated' },
  ]);
}

/** `1.2.3.4:567`, `[2001:db8::1]:567`: some proxies append the port, which would be a new client with each connection. */
function withoutPort(entry: string): string {
  if (entry.startsWith('[')) return entry.slice(1, entry.indexOf(']'));
  return entry.includes('.') && entry.includes(':') && !entry.startsWith(':') && entry.indexOf(':') === entry.lastIndexOf(':')
    ? entry.slice(0, entry.indexOf(':'))
    : entry;
}

function toClient(address: Address): ClientAddress {
  if (!('parts' in address)) return { address: address.toString(), network: null };
  const groups = address.parts.map((part) => part.toString(16));
  return { address: `${groups.slice(0, 4).join(':')}::/64`, network: `${groups.slice(0, 3).join(':')}::/48` };
}
