import { Pool } from 'undici';
import type { Exchange, Reply } from './run-load.ts';

export interface HttpOptions {
  readonly gateway: string;
  /** Users take turns at them. */
  readonly tokens: readonly string[];
  /** Connections leave from 127.0.0.1 to 127.0.0.N, so that limits by address see N callers; 1: from wherever the system likes. */
  readonly sources: number;
  /** Most connections of each source; undefined: as many as there are requests under way. */
  readonly connections?: number;
  readonly timeoutMs: number;
}

export interface HttpExchange {
  readonly exchange: Exchange;
  close(): Promise<void>;
}

/** Requests over connections that are kept; a user's come from one address, with one token. */
export function createHttpExchange(options: HttpOptions): HttpExchange {
  const { origin, pathname } = new URL(options.gateway);
  const base = pathname.replace(/\/$/, '');
  const pools = Array.from({ length: options.sources }, (_, source) => createPool(origin, source, options));
  return {
    async exchange(request, user) {
      const pool = pools[user % pools.length];
      const token = options.tokens[user % options.tokens.length];
      if (pool === undefined || token === undefined) throw new Error('no source or no token');
      try {
        const { statusCode, headers, body } = await pool.request({
          method: request.method,
          path: `${base}${request.path}`,
          headers: {
            authorization: `Bearer ${token}`,
            ...(request.contentType === undefined ? {} : { 'content-type': request.contentType }),
          },
          ...(request.body === undefined ? {} : { body: request.body }),
        });
        return { ...readReply(statusCode, await body.text()), cache: cacheStateOf(headers['x-cache']) };
      } catch (error) {
        return { status: null, error: reasonOf(error), cache: null };
      }
    },
    close: async () => void (await Promise.all(pools.map(async (pool) => pool.close()))),
  };
}

function createPool(origin: string, source: number, options: HttpOptions): Pool {
  return new Pool(origin, {
    connections: options.connections === undefined ? null : Math.ceil(options.connections / options.sources),
    pipelining: 1,
    headersTimeout: options.timeoutMs,
    bodyTimeout: options.timeoutMs,
    connectTimeout: options.timeoutMs,
    ...(options.sources === 1 ? {} : { localAddress: `127.0.0.${source + 1}` }),
  });
}

/** Errors of one kind read the same, so that they are counted together: by the problem's code where there is one. */
function readReply(status: number, text: string): Omit<Reply, 'cache'> {
  if (status < 400) return { status, error: status === 207 ? '207 some events were not taken' : null };
  const code = /"code"\s*:\s*"([a-z0-9_]{1,64})"/.exec(text)?.[1];
  return { status, error: code === undefined ? `HTTP ${status}` : `${status} ${code}` };
}

/** An answer of which a part was in the cache was made anew. */
function cacheStateOf(header: string | readonly string[] | undefined): Reply['cache'] {
  if (header === undefined) return null;
  return header === 'HIT' ? 'hit' : 'miss';
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return code === '' ? error.message : `no answer: ${code}`;
}
