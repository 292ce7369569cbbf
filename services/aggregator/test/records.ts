import { createHash } from 'node:crypto';
import { parsePack } from '@tidegate/core';
import { encodeHeaders } from '@tidegate/kafka';

const encoder = new TextEncoder();

export interface TestEvent {
  readonly id: string;
  readonly region: string | null;
  /** In cents; the event carries it as a decimal. */
  readonly cents: number;
  readonly timeMs: number;
}

/** Each `priceFrom` is another definition of the metric; none is above a price, so all of them count the same. */
const packOf = (eventType: string, priceFrom: number) => ({
  pack: 'shop',
  title: 'A shop',
  events: {
    [eventType]: {
      title: 'A sale',
      subject: 'none',
      fields: { region: { type: 'string', dimension: true, optional: true }, price: { type: 'decimal' } },
    },
  },
  metrics: {
    'shop.sales': {
      events: [eventType],
      dimensions: ['region'],
      ...(priceFrom === 0 ? {} : { where: { price: { gte: priceFrom } } }),
      measures: { n: { measure: 'count' }, revenue: { measure: 'sum', field: 'price' } },
    },
  },
});

export interface PackChange {
  readonly metricVersion?: number;
  readonly eventType?: string;
  /** 0 or less. */
  readonly priceFrom?: number;
  /** The metric's version is being made. */
  readonly isMaking?: boolean;
  /** Definitions before it that are folded still. */
  readonly earlier?: readonly PackChange[];
}

/** The control record of the pack, as the gateway's publisher writes it. */
export function controlRecord(version: number, change: PackChange = {}): string {
  const making = change.isMaking === true ? ['shop.sales'] : [];
  const earlier = (change.earlier ?? []).map((one) => definitionsOf(version, one));
  return JSON.stringify({ version, value: { pack: 'shop', ...definitionsOf(version, change), making, earlier } });
}

function definitionsOf(version: number, { metricVersion = 1, eventType = 'shop.sale', priceFrom = 0 }: PackChange) {
  const source = packOf(eventType, priceFrom);
  const parsed = parsePack(source);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
  return { version, source, metrics: { 'shop.sales': metricVersion } };
}

export const JSON_HEADERS = encodeHeaders([text('v', '1')]);

function text(name: string, value: string): { name: string; value: Uint8Array } {
  return { name, value: encoder.encode(value) };
}

export function identityOf(id: string): Uint8Array {
  return createHash('sha256').update(id).digest().subarray(0, 12);
}

export function partitionOf(id: string, partitions: number): number {
  return createHash('sha256').update(id).digest().readUInt32LE(0) % partitions;
}

export function eventHeaders(
  id: string,
  { kind = 'event', version = '1', traceparent }: { kind?: string; version?: string; traceparent?: string } = {},
): Uint8Array {
  const traced = traceparent === undefined ? [] : [text('traceparent', traceparent)];
  return encodeHeaders([text('kind', kind), text('v', version), { name: 'identity', value: identityOf(id) }, ...traced]);
}

export function rejectedHeaders(lane: 'ingest' | 'events'): Uint8Array {
  const sha256 = { name: 'sha256', value: new Uint8Array(32).fill(9) };
  return encodeHeaders([
    text('kind', 'rejected'),
    text('v', '1'),
    text('code', 'bad_json'),
    text('path', ''),
    text('length', '7'),
    sha256,
    text('lane', lane),
    text('index', '0'),
    text('format', 'segment/track'),
    { name: 'event-id-hash', value: Uint8Array.of(1, 2, 3) },
  ]);
}

export function canonical(event: TestEvent, packVersion: number): string {
  const head = { specversion: '1.0', id: event.id, source: 'urn:till', type: 'shop.sale', time: new Date(event.timeMs).toISOString() };
  const data = `{${event.region === null ? '' : `"region":${JSON.stringify(event.region)},`}"price":${(event.cents / 100).toFixed(2)}}`;
  const tail = { datacontenttype: 'application/json', tenant: 'acme', packversion: packVersion };
  return `${JSON.stringify(head).slice(0, -1)},${JSON.stringify(tail).slice(1, -1)},"data":${data}}`;
}
