import { hashParts } from '@tidegate/core';
import type { EventAsk, EventStore } from '@tidegate/postgres';
import { afterEach, describe, expect, it } from 'vitest';
import { answerWith, serveAsk } from './serve-ask.ts';
import type { ServedAsk, ServedStores } from './serve-ask.ts';

const AT_MS = Date.parse('2026-11-20T10:00:00Z');
const FOUND = { partition: 3, logOffset: 42, receivedAtMs: AT_MS };
const SPAN = { lane: 'live', partition: 3, logGeneration: 1, firstOffset: 40, lastOffset: 45 } as const;

let served: ServedAsk | null = null;
afterEach(async () => served?.close());

/** Asks for the event `e 1` of a store that knows what is given. */
async function ask(path: string, stores: ServedStores, caller: Parameters<ServedAsk['call']>[1] = {}) {
  served = await serveAsk(async () => ({ ok: true, answer: answerWith([]), mayAgeMs: 0 }), stores);
  const response = await served.call(path, { scopes: ['events:read'], ...caller });
  return { status: response.status, body: (await response.json()) as Readonly<Record<string, unknown>> };
}

function storeWith(counted: readonly (typeof FOUND)[], rejected: Awaited<ReturnType<EventStore['findRejected']>> = null) {
  const asked: EventAsk[] = [];
  const hashes: Uint8Array[] = [];
  const events: EventStore = {
    async findCounted(of) {
      asked.push(of);
      return counted;
    },
    async findRejected(_tenant, hash) {
      hashes.push(hash);
      return rejected;
    },
  };
  return { events, asked, hashes };
}

describe('GET /v1/events/{id}', () => {
  it('tells where a counted event lies, and how many of its id there are', async () => {
    const { events, asked } = storeWith([FOUND, { ...FOUND, logOffset: 50 }]);
    const { status, body } = await ask('/v1/events/e%201?source=shop&subject=jane', { events });
    expect(status).toBe(200);
    expect(body).toMatchObject({ state: 'counted', copies: 2, partition: 3, offset: 42, received_at: '2026-11-20T10:00:00.000Z' });
    expect(asked).toMatchObject([{ tenant: 'acme', eventId: 'e 1', source: 'shop', subject: 'acme/jane', spans: [] }]);
  });

  it('tells why one was rejected, by the hash that ingest has written', async () => {
    const { events, hashes } = storeWith([], { ...FOUND, code: 'field_missing' });
    const { body } = await ask('/v1/events/e%201', { events });
    expect(body).toMatchObject({ state: 'rejected', copies: 0, reason: 'field_missing', partition: 3 });
    expect(hashes).toEqual([hashParts(new Uint8Array(16).fill(8), ['acme', 'e 1'])]);
  });

  it('is pending only by a receipt that is not counted, and looks where the receipt says', async () => {
    const { events, asked } = storeWith([]);
    const receiptsOf = (isCounted: boolean) => ({
      stateOf: async () => ({ isCounted, pendingEvents: isCounted ? 0 : 1, isLogChanged: false, covered: [SPAN] }),
    });
    expect((await ask('/v1/events/e1?receipt=tgr1.x', { events, receipts: receiptsOf(false) })).body).toMatchObject({ state: 'pending' });
    await served?.close();
    expect((await ask('/v1/events/e1?receipt=tgr1.x', { events, receipts: receiptsOf(true) })).body).toMatchObject({ state: 'unknown' });
    expect(asked.map(({ spans }) => spans)).toEqual([[SPAN], [SPAN]]);
    await served?.close();
    expect((await ask('/v1/events/e1', { events })).body).toEqual({
      ...{ state: 'unknown', copies: 0, received_at: null, partition: null, offset: null, complete_through: null },
    });
  });

  const OWN = { rows: { metrics: null, where: {}, subject: 'jane' } };

  it('shows who may see one person that person’s events alone, and nothing of rejected rows, which name nobody', async () => {
    const { events, asked, hashes } = storeWith([]);
    await ask('/v1/events/e1', { events }, OWN);
    expect(asked).toMatchObject([{ subject: 'acme/jane' }]);
    await served?.close();
    expect((await ask('/v1/events/e1?subject=joe', { events }, OWN)).body).toMatchObject({ state: 'unknown' });
    expect([asked.length, hashes.length]).toEqual([1, 0]);
  });

  it('shows nothing to who may see some metrics or values alone', async () => {
    const { events, asked } = storeWith([FOUND]);
    const rows = { metrics: ['wiki.edits'], where: {}, subject: null };
    expect((await ask('/v1/events/e1', { events }, { rows })).body).toMatchObject({ state: 'unknown' });
    expect(asked).toEqual([]);
  });

  it('takes no receipt of another tenant', async () => {
    const { events } = storeWith([]);
    const { status, body } = await ask('/v1/events/e1?receipt=tgr1.x', { events, receipts: { open: () => null } });
    expect([status, body['code']]).toEqual([422, 'request_invalid']);
  });
});
