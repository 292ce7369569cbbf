import type { StoredEvent } from '@tidegate/postgres';
import { afterEach, describe, expect, it } from 'vitest';
import type { RecentAsk } from '../src/recent/recent-events.ts';
import { watchedEvents } from '../src/live/watched-events.ts';
import { createFreshness } from '../src/freshness.ts';
import { createRegistry } from '../src/registry.ts';
import { NAMES } from './fixtures.ts';
import { answerWith, serveAsk } from './serve-ask.ts';
import type { ServedAsk } from './serve-ask.ts';

const SOURCE = {
  pack: 'shop',
  title: 'Shop',
  events: {
    'shop.sale': { subject: 'optional', fields: { cents: { type: 'integer' } } },
    'shop.visit': { subject: 'optional', fields: { page: { type: 'string' } } },
  },
  metrics: { sales: { events: ['shop.sale'], measures: { n: { measure: 'count' } } } },
  entities: { visitor: { id: 'subject', events: ['shop.visit'], fields: ['page'] } },
};

function shop() {
  const registry = createRegistry(() => undefined);
  const value = { pack: 'shop', version: 1, source: SOURCE, metrics: { sales: 1 } };
  registry.take({ key: Buffer.from('pack/acme/shop'), value: Buffer.from(JSON.stringify({ version: 1, value })) });
  return registry;
}

function sale(n: number): StoredEvent {
  return {
    ...{ tenant: 'acme', eventId: `e${n}`, source: 'till', type: 'shop.sale', subject: 'pseudonym' },
    ...{ occurredAtMs: Date.UTC(2026, 10, 20, 12, n), receivedAtMs: Date.UTC(2026, 10, 20, 12, n, 1), logOffset: n, packVersion: 1 },
    data: `{"cents":${n}00.50}`,
  };
}

const ALL = { scopes: ['live:read', 'events:read'] };
const OWN = { scopes: ['live:read'], subject: 'jane' };

describe('GET /v1/live?events=…', () => {
  let served: ServedAsk | null = null;
  afterEach(async () => served?.close());

  /** A shop whose newest events are these. */
  async function serve(newest: () => readonly StoredEvent[], asked: RecentAsk[] = []): Promise<ServedAsk> {
    const readRecent = async (of: RecentAsk) => {
      asked.push(of);
      return { events: newest().slice(0, of.rowsMax), held: [], floorMs: null, cache: 'hit' as const };
    };
    served = await serveAsk(async () => ({ ok: true, answer: answerWith([]), mayAgeMs: 0 }), { registry: shop(), readRecent });
    return served;
  }

  /** Its events, one by one. */
  async function* told({ body }: Response): AsyncGenerator<{ readonly name: string; readonly text: string }> {
    if (body === null) return;
    let rest = '';
    for await (const text of body.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + text).split('\n\n');
      rest = parts.pop() ?? '';
      for (const [, name = '', data = ''] of parts.flatMap((part) => [...part.matchAll(/^event: (.*)$[^]*^data: (.*)$/gm)]))
        yield { name, text: data };
    }
  }

  it('begins with the newest, with their digits, and tells each event once it is counted, and which are no longer among the newest', async () => {
    let newest = [sale(2), sale(1)];
    const { call } = await serve(() => newest);
    const stream = told(await call('/v1/live?events=*&limit=2', ALL));
    const first = await stream.next();
    expect(first.value).toMatchObject({ name: 'snapshot' });
    expect(first.value?.text).toContain('"data":{"cents":200.50}');
    expect(JSON.parse(first.value?.text ?? '')).toMatchObject({
      columns: [{ name: 'id' }, { name: 'source' }, { name: 'event', type: 'object' }],
      rows: [
        ['e2', 'till', { id: 'e2', event_type: 'shop.sale', subject: 'pseudonym', occurred_at: '2026-11-20T12:02:00.000Z' }],
        ['e1', 'till', {}],
      ],
      meta: { source: 'raw' },
    });
    newest = [sale(3), sale(2), sale(1)];
    const second = await stream.next();
    expect(second.value).toMatchObject({ name: 'update' });
    expect(JSON.parse(second.value?.text ?? '')).toMatchObject({ rows: [['e3', 'till', {}]], removed: [['e1', 'till']] });
    await stream.return(undefined);
  });

  it('says to the audit that everybody may be shown, or the person who asks', async () => {
    const asked: RecentAsk[] = [];
    const { call } = await serve(() => [], asked);
    const all = await call('/v1/live?events=shop.visit', ALL);
    expect([all.status, all.headers.get('x-tidegate-subject')]).toEqual([200, '*']);
    expect(asked.at(-1)).toMatchObject({ types: ['shop.visit'], subject: null, rowsMax: 100 });
    await all.body?.cancel();
    const own = await call('/v1/live?events=*', OWN);
    expect([own.status, own.headers.get('x-tidegate-subject')]).toEqual([200, 'acme/jane']);
    expect(asked.some(({ subject }) => subject === 'acme/jane')).toBe(true);
    await own.body?.cancel();
  });

  it.each([
    ['whom others’ events are not for', 'events=*', { scopes: ['live:read'] }, 403, 'scope_missing'],
    ['a token of some metrics', 'events=*', { ...ALL, rows: { metrics: ['sales'], where: {}, subject: null } }, 403, 'row_refused'],
    ['an event type that there is not', 'events=shop.gift', ALL, 422, 'request_invalid'],
    ['a question beside it', 'events=*&metric=sales', ALL, 422, 'request_invalid'],
    ['more than a thousand', 'events=*&limit=1001', ALL, 422, 'request_invalid'],
    ['a limit of something else', 'metric=sales&kind=table&last=1h&limit=5', ALL, 422, 'request_invalid'],
  ])('refuses %s', async (_, query, caller, status, code) => {
    const { call } = await serve(() => []);
    const response = await call(`/v1/live?${query}`, caller);
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, code]);
  });
});

describe('events that are watched', () => {
  const of = (type: string | null) => {
    const ask = { tenant: 'acme', types: [], allTypes: [], fromMs: 0, toMs: 1, subject: null, rowsMax: 100 };
    const nowMs = (): number => 0;
    return watchedEvents({
      ...{ type, first: { own: null, ask }, read: () => ({ ok: true as const, value: { own: null, ask } }), names: NAMES },
      ...{ registry: shop(), pseudonymOf: () => '', nowMs, freshness: createFreshness(nowMs) },
      readRecent: async () => ({ events: [], held: [], floorMs: null, cache: 'hit' as const }),
    });
  };

  it('are asked for again once something that is made of them has changed, of the tenant', () => {
    const sales = new Set([`acme ${NAMES.ofMetric('sales', null)}`]);
    const visitors = new Set([`acme ${NAMES.ofEntity({ pack: 'shop', entity: 'visitor' }, { person: null, id: null })}`]);
    const others = new Set([`other ${NAMES.ofMetric('sales', null)}`]);
    const touched = (type: string | null) => [sales, visitors, others].map((changed) => of(type).isTouchedBy(changed));
    expect(touched(null)).toEqual([true, true, false]);
    expect(touched('shop.sale')).toEqual([true, false, false]);
    expect(touched('shop.visit')).toEqual([false, true, false]);
  });

  it('are the same for all who may be told the same', () => {
    expect([of(null).id === of(null).id, of(null).id === of('shop.sale').id]).toEqual([true, false]);
  });
});
