import { createHash } from 'node:crypto';
import { createLogClient, createRecordBatch, encodeHeaders, topicNames } from '@tidegate/kafka';
import type { Tidegate } from '@tidegate/native';
import type { History } from './history.ts';

/** A record of the log that is no event: a producer gone wrong, a disk that rotted. */
export interface Garbage {
  readonly name: string;
  /** `topic/partition/offset`. */
  readonly place: string;
}

interface GarbageOptions {
  readonly tidegate: Tidegate;
  readonly history: History;
  /** Tells this drill's garbage from an earlier one's, of which it would be a copy. */
  readonly prefix: string;
}

const encoder = new TextEncoder();
const VALUES = ['', 'not json', '{"specversion":"1.0","id":7', '\u0000\u0000\u0000', '[]', '{"specversion":"1.0"}'];

/** Appends records that no reader can make an event of; each has to become one row put aside, and its partition to move on. */
export async function appendGarbage({ tidegate, history, prefix }: GarbageOptions): Promise<readonly Garbage[]> {
  const { events } = topicNames(tidegate.topicPrefix);
  const client = await createLogClient({
    kind: 'platformatic',
    brokers: tidegate.addresses.kafkaBrokers.split(','),
    clientId: 'drill-garbage',
  });
  const producer = await client.createProducer();
  const appended: Garbage[] = [];
  try {
    for (const [index, value] of VALUES.entries()) {
      const name = `${prefix}-garbage-${index}`;
      const batch = createRecordBatch();
      batch.add(encoder.encode('k'), encoder.encode(value), headersOf(name));
      const { baseOffset } = await producer.append(events, index, batch);
      appended.push({ name, place: `${events}/${index}/${baseOffset}` });
      history.write({ kind: 'sent', at_ms: history.nowMs(), client: -1, request: index, events: [name] });
      history.write({ kind: 'outcome', at_ms: history.nowMs(), client: -1, request: index, event: name, outcome: 'ok', code: null });
    }
    return appended;
  } finally {
    await producer.close();
    await client.close();
  }
}

/** Those of an event, so that the value is looked at. */
function headersOf(name: string): Uint8Array {
  return encodeHeaders([
    { name: 'kind', value: encoder.encode('event') },
    { name: 'v', value: encoder.encode('1') },
    { name: 'identity', value: createHash('sha256').update(name).digest().subarray(0, 12) },
  ]);
}
