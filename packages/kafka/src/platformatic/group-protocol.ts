/**
 * Kafka's formats for what members tell each other through the broker (ConsumerProtocolSubscription and
 * ConsumerProtocolAssignment, version 1), so that lag tools can read them: topic names and partition numbers.
 */
export const GROUP_PROTOCOL = 'tidegate-cooperative';
const VERSION = 1;

export interface Subscription {
  readonly topic: string;
  readonly owned: readonly number[];
}

export function encodeSubscription({ topic, owned }: Subscription): Buffer {
  const noUserData = int32(-1);
  return Buffer.concat([int16(VERSION), int32(1), string(topic), noUserData, topicPartitions(topic, owned)]);
}

/** Partitions of `topic` that the member holds. */
export function decodeOwned(metadata: Buffer, topic: string): number[] {
  const cursor = new ProtocolCursor(metadata);
  const version = cursor.int16();
  for (let topics = cursor.int32(); topics > 0; topics--) cursor.string();
  cursor.skip(Math.max(0, cursor.int32()));
  return version < 1 ? [] : cursor.partitionsOf(topic);
}

export function encodeAssignment(topic: string, partitions: readonly number[]): Buffer {
  return Buffer.concat([int16(VERSION), topicPartitions(topic, partitions), int32(-1)]);
}

export function decodeAssignment(assignment: Buffer, topic: string): number[] {
  if (assignment.length === 0) return [];
  const cursor = new ProtocolCursor(assignment);
  cursor.int16();
  return cursor.partitionsOf(topic);
}

function topicPartitions(topic: string, partitions: readonly number[]): Buffer {
  if (partitions.length === 0) return int32(0);
  return Buffer.concat([int32(1), string(topic), int32(partitions.length), ...partitions.map(int32)]);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function string(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8');
  return Buffer.concat([int16(bytes.length), bytes]);
}

class ProtocolCursor {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  skip(bytes: number): void {
    this.#at += bytes;
  }

  int16(): number {
    this.#at += 2;
    return this.#bytes.readInt16BE(this.#at - 2);
  }

  int32(): number {
    this.#at += 4;
    return this.#bytes.readInt32BE(this.#at - 4);
  }

  string(): string {
    const length = this.int16();
    this.#at += length;
    return this.#bytes.toString('utf8', this.#at - length, this.#at);
  }

  partitionsOf(topic: string): number[] {
    const found: number[] = [];
    for (let topics = this.int32(); topics > 0; topics--) {
      const name = this.string();
      for (let partitions = this.int32(); partitions > 0; partitions--) {
        const partition = this.int32();
        if (name === topic) found.push(partition);
      }
    }
    return found;
  }
}
