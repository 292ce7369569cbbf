import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import type { AccountStore } from '@tidegate/postgres';
import { createMemoryBuckets } from '@tidegate/redis/memory';
import { createMetrics, silentLogger } from '@tidegate/telemetry';
import { expect, it } from 'vitest';
import { createGateLimits } from '../limits/gate-limits.ts';
import { createLimits } from '../limits/limits.ts';
import { createSignIn } from './sign-in.ts';

const clock = { nowMs: () => 1_800_000_000_000, monotonicMs: () => 0 };
const random = (): number => 0;

function gateLimits(): ReturnType<typeof createGateLimits> {
  const buckets = createMemoryBuckets({ nowUs: () => clock.nowMs() * 1_000 });
  const { limit } = createLimits({
    ...{ buckets, settings: {}, prefix: 'p', hashKey: new Uint8Array(32), append: () => Promise.resolve(), budgetMs: 25 },
    ...{ gateway: 'g', clock, random, metrics: createMetrics('gateway'), log: silentLogger },
  });
  return createGateLimits({ limit, addressOf: () => ({ address: '198.51.100.1', network: null }), isEnabled: true, clock, random });
}

interface World {
  /** Status of one try. */
  tryOnce(): Promise<number>;
  /** Calls of the store, each of which is a statement or more. */
  readonly statements: string[];
  /** Passwords that were worked on. */
  hashed(): number;
}

function createWorld(): World {
  const statements: string[] = [];
  let hashed = 0;
  const accounts = new Proxy({} as AccountStore, {
    get: (_, method) => () => {
      statements.push(String(method));
      return Promise.resolve(null);
    },
  });
  const { login } = createSignIn({
    ...{ accounts, limits: gateLimits(), clock, loginTenant: 'demo', wake: () => undefined, audit: { identify: () => undefined } },
    passwords: { matches: () => Promise.resolve(((hashed += 1), false)) },
    localTokens: { mintAccess: () => Promise.reject(new Error('nobody signed in')) },
    denied: { add: () => undefined },
  });
  return {
    statements,
    hashed: () => hashed,
    async tryOnce() {
      const body = new PassThrough().end(JSON.stringify({ username: 'jane', password: 'Wrong-Horse-9' }));
      const request = Object.assign(body, { headers: { 'content-type': 'application/json' } }) as unknown as IncomingMessage;
      let status = 0;
      const response = Object.assign(new EventEmitter(), {
        writeHead: (code: number) => ((status = code), response),
        end: () => response,
      }) as unknown as ServerResponse;
      await login({
        ...{ request, response, params: {}, query: new URLSearchParams(), signal: new AbortController().signal },
        ...{ caller: { tenant: '-', keyId: '-', scopes: [] }, context: { requestId: 'r', traceId: 't', traceparent: 'p' } },
      });
      return status;
    },
  };
}

it('a try that its limit refuses asks the database nothing and works on no password', async () => {
  const world = createWorld();
  const statuses: number[] = [];
  for (let at = 0; at < 30; at += 1) statuses.push(await world.tryOnce());
  // Five a minute and account; time stands still.
  expect(statuses).toEqual([...Array.from({ length: 5 }, () => 401), ...Array.from({ length: 25 }, () => 429)]);
  expect([world.statements, world.hashed()]).toEqual([Array.from({ length: 5 }, () => 'findSignIn'), 5]);
});
