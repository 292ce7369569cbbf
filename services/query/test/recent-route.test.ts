import type { StoredEvent } from '@tidegate/postgres';
import { afterEach, describe, expect, it } from 'vitest';
import type { RecentAsk, RecentEvents } from '../src/recent/recent-events.ts';
import { createRegistry } from '../src/registry.ts';
import { answerWith, serveAsk } from './serve-ask.ts';
import type { ServedAsk } from './serve-ask.ts';

const WEEK_MS = 7 * 86_400_000;
const EVENT: StoredEvent = {
  ...{ tenant: 'acme', eventId: 'e1', source: 'till', type: 'shop.sale', subject: 'pseudonym' },
  ...{ occurredAtMs: Date.UTC(2026, 10, 20, 12), receivedAtMs: Date.UTC(2026, 10, 20, 12, 0, 1), logOffset: 7, packVersion: 1 },
  data: '{"cents": 12345678901234567.50, "card": "tgs1.AAAA", "note": "tgs is a word"}',
};

let served: ServedAsk | null = null;
afterEach(async () => served?.close());

async function ask(
  path: string,
  caller: Parameters<ServedAsk['call']>[1],
  events: readonly StoredEvent[] = [EVENT],
  more: Partial<RecentEvents> = {},
) {
  const registry = createRegistry(() => undefined);
  const source = { pack: 'shop', title: 'Shop', events: { 'shop.sale': { fields: {} }, 'shop.visit': { fields: {} } }, metrics: {} };
  const value = { pack: 'shop', version: 1, source, metrics: {} };
  registry.take({ key: Buffer.from('pack/acme/shop'), value: Buffer.from(JSON.stringify({ version: 1, value })) });
  const asked: RecentAsk[] = [];
  const readRecent = async (of: RecentAsk): Promise<RecentEvents> => {
    asked.push(of);
    return { events, held: [], floorMs: null, cache: 'hit', ...more };
  };
  served = await serveAsk(async () => ({ ok: true, answer: answerWith([]), mayAgeMs: 0 }), { registry, readRecent });
  const response = await served.call(path, caller);
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, asked, body: JSON.parse(text) as Readonly<Record<string, unknown>> };
}

const ALL = { scopes: ['query:read', 'events:read'] };
const OWN = { scopes: ['query:read'], subject: 'jane' };

describe('GET /v1/events/recent', () => {
  it('shows events as they are stored, with their digits, without what is sealed, and tells the audit that persons are in them', async () => {
    const { status, body, text, headers } = await ask('/v1/events/recent', ALL, [EVENT], { floorMs: Date.UTC(2026, 10, 20) });
    expect(status).toBe(200);
    expect(body['events']).toMatchObject([
      {
        id: 'e1',
        event_type: 'shop.sale',
        source: 'till',
        subject: 'pseudonym',
        occurred_at: '2026-11-20T12:00:00.000Z',
        sealed: ['card'],
      },
    ]);
    expect(text).toContain('"data":{"cents":12345678901234567.50,"note":"tgs is a word"}');
    expect(text).not.toContain('tgs1.');
    expect(body['meta']).toMatchObject({ source: 'raw', cache: { state: 'hit' }, complete_from: '2026-11-20T00:00:00.000Z' });
    expect([headers.get('x-cache'), headers.get('cache-control'), headers.get('x-tidegate-subject')]).toEqual(['HIT', 'no-store', '*']);
  });

  it('asks for all types of the tenant, or one, within seven days', async () => {
    const [one] = (await ask('/v1/events/recent?limit=5', ALL)).asked;
    expect(one).toMatchObject({ tenant: 'acme', types: ['shop.sale', 'shop.visit'], subject: null, rowsMax: 5 });
    await served?.close();
    const of = 'type=shop.visit&from=2020-01-01T00:00:00Z&to=2026-01-02T00:00:00%2B02:00';
    const [old] = (await ask(`/v1/events/recent?${of}`, ALL)).asked;
    expect(old?.types).toEqual(['shop.visit']);
    // Nothing is older than a week: a range that ends before it is empty.
    expect((old?.toMs ?? 0) - (old?.fromMs ?? 0)).toBe(0);
    expect(Math.abs(Date.now() - WEEK_MS - (old?.fromMs ?? 0))).toBeLessThan(3_600_000);
  });

  it('shows a person the person’s own, by the id that the person has', async () => {
    const { asked, body, headers } = await ask('/v1/events/recent', OWN);
    expect(asked).toMatchObject([{ subject: 'acme/jane' }]);
    expect(body['events']).toMatchObject([{ subject: 'jane' }]);
    expect(headers.get('x-tidegate-subject')).toBe('acme/jane');
  });

  it.each([
    ['a program without events:read', { scopes: ['query:read'] }, 403, 'scope_missing'],
    ['who sees some metrics alone', { ...ALL, rows: { metrics: ['shop.sales'], where: {}, subject: 'jane' } }, 403, 'row_refused'],
    ['who sees some values alone', { ...ALL, rows: { metrics: null, where: { shop: ['a'] }, subject: 'jane' } }, 403, 'row_refused'],
  ])('shows nothing to %s', async (_who, caller, status, code) => {
    expect(await ask('/v1/events/recent', caller)).toMatchObject({ status, body: { code }, asked: [] });
  });

  it.each(['type=unknown', 'limit=0', 'limit=1001', 'from=yesterday', 'from=2026-11-20T00:00:00Z&to=2026-11-20T00:00:00Z'])(
    'refuses %s',
    async (query) => {
      expect(await ask(`/v1/events/recent?${query}`, ALL)).toMatchObject({ status: 422, body: { code: 'request_invalid' }, asked: [] });
    },
  );
});
