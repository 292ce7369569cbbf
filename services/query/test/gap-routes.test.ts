import type { LogGap } from '@tidegate/postgres';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { gapName } from '@tidegate/postgres';
import type { ServedAsk } from './serve-ask.ts';
import { serveAsk } from './serve-ask.ts';

const NOW_MS = Date.UTC(2026, 10, 28, 12);

let gaps: LogGap[];
let served: ServedAsk;

beforeEach(async () => {
  gaps = [{ lane: 'live', partition: 1, logGeneration: 2, fromOffset: 40, toOffset: 55, foundAtMs: NOW_MS, acknowledged: null }];
  served = await serveAsk(async () => Promise.reject(new Error('nothing is asked')), {
    gaps: {
      readGaps: async () => gaps,
      async acknowledge(place, { by, reason }) {
        gaps = gaps.map((gap) =>
          gapName(gap) === gapName(place) && gap.acknowledged === null ? { ...gap, acknowledged: { atMs: NOW_MS, by, reason } } : gap,
        );
      },
    },
  });
});

afterEach(async () => served.close());

const word = async (gap: string, body: unknown, keyId = 'k1') => {
  const answer = await served.call(`/v1/admin/gaps/${gap}/acknowledge`, { method: 'POST', body: JSON.stringify(body), keyId });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};

describe('a gap of the log', () => {
  test('is acknowledged once, with who and why, and is listed still', async () => {
    expect(await word('live-1-2-40', { reason: 'power loss' })).toMatchObject({ status: 200 });
    const second = await word('live-1-2-40', { reason: 'another' }, 'k2');
    const acknowledged = { at: '2026-11-28T12:00:00.000Z', by: 'k1', reason: 'power loss' };
    expect(second).toMatchObject({ status: 200, body: { gap: 'live-1-2-40', from_offset: '40', to_offset: '55', acknowledged } });
    const list = (await (await served.call('/v1/admin/gaps')).json()) as { gaps: unknown[] };
    expect(list.gaps).toEqual([second.body]);
  });

  test('takes a reason, and must be there', async () => {
    expect(await word('live-1-2-41', { reason: 'x' })).toMatchObject({ status: 404 });
    for (const wrong of [{}, { reason: '' }, { reason: 'x'.repeat(1_001) }, { reason: 'x', by: 'somebody' }]) {
      expect(await word('live-1-2-40', wrong)).toMatchObject({ status: 422, body: { code: 'request_invalid' } });
    }
    expect(gaps[0]?.acknowledged).toBe(null);
  });
});
