import type { QuerySystem } from './system.ts';

export interface Asked {
  readonly body: Buffer;
  /** Whether it was answered out of a cache. */
  readonly isHit: boolean;
}

/** Asks the query service as its gateway does. @throws Error unless it is answered */
export async function ask({ query, headers }: QuerySystem, path: string): Promise<Asked> {
  const response = await fetch(`http://127.0.0.1:${query.port}${path}`, { headers: { ...headers(), 'accept-encoding': 'identity' } });
  const body = Buffer.from(await response.arrayBuffer());
  if (response.status !== 200) throw new Error(`a question was answered ${response.status}: ${body.toString().slice(0, 500)}`);
  return { body, isHit: response.headers.get('x-cache') === 'HIT' };
}
