import type { Tidegate } from '@tidegate/native';

/** The tenant's level of the bench: it refills so slowly that what is left of it tells how many requests were counted. */
export interface CountedRequests {
  /** Requests that Redis has counted since `start`: at least, by what may have been refilled meanwhile. */
  count(): Promise<{ readonly least: number; readonly most: number }>;
}

const POLICY = 'bench';
/** A billion in 366 days: 31.6 a second. */
const LIMIT = 1_000_000_000;
const WINDOW_S = 31_622_400;
const IN_FORCE_WITHIN_MS = 10_000;

/** Gives the tenant a level of its own beside address, installation and key, and begins to count by it. */
export async function startCounting(tidegate: Tidegate): Promise<CountedRequests> {
  const { adminKey, gateway } = tidegate;
  await post(`${gateway}/v1/admin/limits`, adminKey, { policies: { [POLICY]: { scope: 'tenant', limit: LIMIT, window_s: WINDOW_S } } });
  const deadlineMs = performance.now() + IN_FORCE_WITHIN_MS;
  let before = await remaining(tidegate);
  while (before === null) {
    if (performance.now() > deadlineMs) throw new Error('the limits of the bench did not come into force');
    await new Promise((done) => setTimeout(done, 50));
    before = await remaining(tidegate);
  }
  const startMs = performance.now();
  const full = before;
  return {
    async count() {
      const left = await remaining(tidegate);
      if (left === null) throw new Error('the limits of the bench were lost');
      const refilled = ((performance.now() - startMs) / 1_000) * (LIMIT / WINDOW_S);
      return { least: full - left, most: full - left + Math.ceil(refilled) + 1 };
    },
  };
}

/** Tokens of the level, without taking one; null: the level is not in force, or is not the one that the bench means. */
async function remaining({ gateway, apiKey }: Tidegate): Promise<number | null> {
  const told = await post(`${gateway}/v1/limits/explain`, apiKey, { method: 'GET', path: '/v1/query' });
  const { levels = [] } = told as { levels?: readonly { readonly policy: string; readonly remaining: number }[] };
  const own = levels.find(({ policy }) => policy === POLICY);
  if (own === undefined) return null;
  const names = levels.map(({ policy }) => policy).join(' ');
  if (names !== `ip ${POLICY} api_key`) throw new Error(`a request of the bench is counted by other levels: ${names}`);
  return own.remaining;
}

async function post(url: string, key: string, body: unknown): Promise<unknown> {
  const headers = { 'content-type': 'application/json', 'x-api-key': key };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${url} was answered ${response.status}: ${await response.text()}`);
  return response.json();
}
