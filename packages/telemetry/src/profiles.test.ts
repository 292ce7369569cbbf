import { afterEach, expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';
import { createProfiles } from './profiles.ts';
import type { TelemetryServer } from './telemetry-server.ts';
import { startTelemetryServer } from './telemetry-server.ts';

const TOKEN = 'a token of the tests, long enough';
const open: TelemetryServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function start(profileToken: string | null) {
  const health = { isLive: () => true, isReady: () => true };
  const server = await startTelemetryServer({ host: '127.0.0.1', port: 0, metrics: createMetrics('sample'), health, profileToken });
  open.push(server);
  const headers = { authorization: `Bearer ${TOKEN}` };
  return async (path: string, init: RequestInit = {}) =>
    fetch(`http://127.0.0.1:${server.port}${path}`, { method: 'POST', headers, ...init });
}

interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: { readonly functionName: string } }[];
  readonly samples: readonly number[];
}

/** Takes time by a name that a profile has to show. */
function spinForAWhile(): number {
  let sum = 0;
  for (let n = 0; n < 2_000_000; n += 1) sum += Math.sqrt(n);
  return sum;
}

const held: string[][] = [];
function keepForAWhile(): void {
  held.push(Array.from({ length: 20_000 }, (_, n) => `kept ${n} ${held.length}`));
}

async function busyUntil(done: Promise<unknown>, work: () => unknown): Promise<void> {
  let isDone = false;
  const ended = done.finally(() => (isDone = true));
  while (!isDone) {
    work();
    await new Promise((next) => setImmediate(next));
  }
  await ended;
}

test('a profile of the processor names the functions that take its time', async () => {
  const ask = await start(TOKEN);
  const answer = ask('/profile/cpu?seconds=1');
  await busyUntil(answer, spinForAWhile);
  const { nodes, samples } = (await (await answer).json()) as CpuProfile;
  // The compiler puts the one into the other.
  const names = new Set(['spinForAWhile', 'busyUntil']);
  const ids = new Set(nodes.flatMap(({ id, callFrame }) => (names.has(callFrame.functionName) ? [id] : [])));
  const seen = samples.filter((id) => ids.has(id)).length;
  // Nothing else was to be done: it has the most of them.
  expect(seen).toBeGreaterThan(samples.length / 4);
});

test('a profile of the heap names the functions that allocate what is held, and holds none of it', async () => {
  const ask = await start(TOKEN);
  const answer = ask('/profile/heap?seconds=1');
  await busyUntil(answer, keepForAWhile);
  held.length = 0;
  const text = await (await answer).text();
  expect(text).toContain('keepForAWhile');
  expect(text).not.toContain('kept 1');
});

test('one at a time; whoever leaves ends it, and the next may come', async () => {
  const ask = await start(TOKEN);
  const left = new AbortController();
  const first = ask('/profile/cpu?seconds=120', { signal: left.signal }).catch((error: unknown) => String(error));
  const statusOf = async (): Promise<number> => (await ask('/profile/heap?seconds=1')).status;
  await expect.poll(statusOf).toBe(409);
  left.abort();
  expect(await first).toContain('abort');
  await expect.poll(statusOf, { timeout: 20_000 }).toBe(200);
});

test('who has not the token is told nothing, and without one there is nothing to be had', async () => {
  const ask = await start(TOKEN);
  for (const headers of [{}, { authorization: TOKEN }, { authorization: `Bearer ${TOKEN}r` }])
    expect((await ask('/profile/cpu?seconds=1', { headers })).status).toBe(401);
  const off = await start(null);
  expect((await off('/profile/cpu?seconds=1')).status).toBe(405);
  expect((await off('/profile/cpu?seconds=1', { method: 'GET' })).status).toBe(404);
});

test.each(['0', '121', '1.5', 'x', ''])('a time of %j seconds is refused', async (seconds) => {
  const ask = await start(TOKEN);
  expect((await ask(`/profile/cpu?seconds=${seconds}`)).status).toBe(400);
  expect((await ask(`/profile/cpu?seconds=1`, { method: 'GET' })).status).toBe(405);
});

test('a process that ends does not wait for a profile', async () => {
  const profiles = createProfiles(TOKEN);
  expect(await profiles.take('cpu', 120, AbortSignal.abort())).toEqual({ kind: 'gone' });
  const ask = await start(TOKEN);
  const answer = ask('/profile/cpu?seconds=120').catch((error: unknown) => String(error));
  await expect.poll(async () => (await ask('/profile/heap?seconds=1')).status).toBe(409);
  await open.pop()?.close();
  expect(await answer).toContain('fetch failed');
});
