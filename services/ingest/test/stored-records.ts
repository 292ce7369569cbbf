import { readHeaders } from '@tidegate/kafka';
import type { MemoryBroker } from '@tidegate/kafka/memory';
import type { StoredRecord } from './ingest-fixture.ts';
import { idsOf, topics } from './ingest-fixture.ts';

/** Everything that a topic holds, by partition and offset. */
export function storedRecords(broker: MemoryBroker, topic: string): StoredRecord[] {
  return Array.from({ length: broker.describeTopic(topic)?.partitions ?? 0 }, (_, partition) => {
    const slab = broker.read(topic, partition);
    return Array.from({ length: slab.count }, (_unused, i): StoredRecord => ({
      partition,
      offset: slab.offsets[i] ?? -1,
      key: slab.bytes.slice(slab.keyStart[i], slab.keyEnd[i]),
      value: slab.bytes.slice(slab.valueStart[i], slab.valueEnd[i]),
      headers: new Map(
        readHeaders(slab.bytes, slab.headersStart[i] ?? 0, slab.headersEnd[i] ?? 0).map(({ name, value }) => [
          name,
          (value ?? new Uint8Array(0)).slice(),
        ]),
      ),
    }));
  }).flat();
}

/** The first record of a topic, with its bytes as buffers; a topic without records is a failure. */
export function firstRecord(
  broker: MemoryBroker,
  topic: string,
): { key: Buffer; value: Buffer; partition: number; names: string[]; header(name: string): Buffer } {
  const [record] = storedRecords(broker, topic);
  if (record === undefined) throw new Error(`${topic} holds no record`);
  return {
    key: Buffer.from(record.key),
    value: Buffer.from(record.value),
    partition: record.partition,
    names: [...record.headers.keys()],
    header: (name) => Buffer.from(record.headers.get(name) ?? []),
  };
}

/** Ids of the events in events.v1, sorted. */
export function storedIds(broker: MemoryBroker): string[] {
  return idsOf(storedRecords(broker, topics.events)).toSorted();
}

/** Why each record of rejected.v1 was refused. */
export function rejectedCodes(broker: MemoryBroker): string[] {
  return storedRecords(broker, topics.rejected).map(({ headers }) => Buffer.from(headers.get('code') ?? []).toString());
}
