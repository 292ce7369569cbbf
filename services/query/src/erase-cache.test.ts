import { createMetrics, silentLogger } from '@tidegate/telemetry';
import { expect, test } from 'vitest';
import { eraseCache } from './erase-cache.ts';

test('a person is not gone from the cache before Redis has answered, and is tried again each second until it does', async () => {
  const ended: [string, number][] = [];
  const waits: number[] = [];
  const stop = new AbortController();
  let tries = 0;
  await eraseCache({
    erasures: {
      forCache: async () => (ended.length > 0 ? [] : [{ requestId: 'er_1', tenant: 'acme', subject: 'p1' }]),
      forgetFindings: async () => undefined,
      endCache: async (requestId, keys) => void ended.push([requestId, keys]),
    },
    exports: { forgetExports: async () => undefined, deleteExpired: async () => undefined },
    warehouse: null,
    forget: async () => {
      tries += 1;
      if (tries < 3) throw new Error('Redis is away');
      return 7;
    },
    pause: async (ms) => {
      waits.push(ms);
      if (ended.length > 0) stop.abort();
    },
    ...{ everyMs: 1_000, signal: stop.signal, metrics: createMetrics('query'), log: silentLogger },
  });
  expect({ tries, ended, waits }).toEqual({ tries: 3, ended: [['er_1', 7]], waits: [1_000, 1_000, 1_000] });
});
