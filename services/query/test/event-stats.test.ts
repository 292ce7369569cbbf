import type { TallySum } from '@tidegate/postgres';
import { afterEach, describe, expect, it } from 'vitest';
import { answerWith, serveAsk } from './serve-ask.ts';
import type { ServedAsk } from './serve-ask.ts';

const AT_MS = Date.parse('2026-11-20T10:00:00Z');
const SUMS: readonly TallySum[] = [
  { what: 'type', name: 'visit', events: 60, lastHour: 600, lastAtMs: AT_MS },
  { what: 'type', name: 'sale', events: 540, lastHour: 5_400, lastAtMs: AT_MS },
  { what: 'copies', name: '', events: 7, lastHour: 70, lastAtMs: AT_MS },
  // 1.1^24 = 9.85 and 1.1^48 = 97.0: classes whose middles are 9.39 ms and 92.5 ms.
  { what: 'lag', name: '24', events: 570, lastHour: 570, lastAtMs: AT_MS },
  { what: 'lag', name: '48', events: 30, lastHour: 30, lastAtMs: AT_MS },
];

let served: ServedAsk | null = null;
afterEach(async () => served?.close());

async function ask(path: string, sums: readonly TallySum[] = SUMS) {
  const asked: { tenant: string; minutes: number }[] = [];
  const tallies = {
    sums: async (tenant: string, { sinceMs, nowMs }: { sinceMs: number; nowMs: number }) => {
      asked.push({ tenant, minutes: Math.ceil((nowMs - sinceMs) / 60_000) });
      return sums;
    },
    rejectedSince: async () => 3,
    lags: async () => [],
  };
  served = await serveAsk(async () => ({ ok: true, answer: answerWith([]), mayAgeMs: 0 }), { tallies });
  const response = await served.call(path);
  return { status: response.status, asked, body: (await response.json()) as Readonly<Record<string, unknown>> };
}

describe('GET /v1/events/stats', () => {
  it('tells types, the busiest first, copies, rejected records and percentiles of the lag', async () => {
    const { status, body } = await ask('/v1/events/stats?minutes=10');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      types: [
        { event_type: 'sale', total: 540, last_hour: 5_400, last_at: '2026-11-20T10:00:00.000Z' },
        { event_type: 'visit', total: 60, last_hour: 600 },
      ],
      ...{ rejected: 3, duplicates: 7, minutes: 10, lag_ms: { p50: 9.4, p95: 9.4, p99: 92.5 } },
    });
    // Of 600 events in nine whole minutes and the one that goes on.
    const perSecond = body['events_per_second'] as number;
    expect(perSecond).toBeGreaterThanOrEqual(600 / 600);
    expect(perSecond).toBeLessThanOrEqual(Math.ceil((100 * 600) / 540) / 100);
  });

  it('asks for whole minutes of the caller’s tenant', async () => {
    const [one] = (await ask('/v1/events/stats?minutes=1440')).asked;
    expect(one?.tenant).toBe('acme');
    expect([1_439, 1_440]).toContain(one?.minutes);
  });

  it('has no percentile where nothing came', async () => {
    expect((await ask('/v1/events/stats', [])).body).toMatchObject({ types: [], lag_ms: { p50: null, p95: null, p99: null }, minutes: 60 });
  });

  it.each(['0', '1441', 'x', '1.5'])('refuses minutes=%s', async (minutes) => {
    expect(await ask(`/v1/events/stats?minutes=${minutes}`)).toMatchObject({ status: 422, asked: [] });
  });
});
