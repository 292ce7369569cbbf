import type { EventLane } from '@tidegate/core';
import type { LogProducer, RecordBatch } from '@tidegate/kafka';
import { createRecordBatch, KafkaFailure } from '@tidegate/kafka';
import type { Clock } from '@tidegate/runtime';
import type { Metrics } from '@tidegate/telemetry';
import type { BrokerHealth } from './broker-health.ts';

/** Of the buffer, what each lane may fill: where it is nearly full, live events alone are taken. */
const SHARE_OF_BUFFER: Readonly<Record<EventLane, number>> = { live: 1, backfill: 0.75 };

/** How a batch ended. A failed one may still be in the log (`unknown`); its events are to be sent again either way. */
export type BatchOutcome = { readonly isAppended: true; readonly baseOffset: number } | { readonly isAppended: false };

/** Hears once of each batch that holds a record of his. */
export interface BatchWaiter {
  settled(batch: PendingBatch, outcome: BatchOutcome): void;
}

/** Records of many requests on their way into one partition. */
export interface PendingBatch {
  readonly records: RecordBatch;
  readonly waiters: BatchWaiter[];
}

/** One partition of one topic. */
export interface AppendLane {
  /** Puts the record into the open batch, whose last record it then is. Copies all three. */
  add(key: Uint8Array, value: Uint8Array, headers: Uint8Array): PendingBatch;
}

export interface Appender {
  lane(topic: string, partition: number): AppendLane;
  /** Whether as many bytes wait for the log as may; live events are taken longer than others. */
  isFull(lane: EventLane): boolean;
  /** Null while the brokers take what is sent. */
  trouble(): { readonly retryAfterS: number } | null;
  /** Resolves when nothing is on its way any more. */
  drained(): Promise<void>;
}

export interface AppenderOptions {
  readonly producer: LogProducer;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** How long the first record of a wave waits for others. */
  readonly lingerMs: number;
  /** A batch is closed before it grows beyond this; below the broker's `message.max.bytes`. */
  readonly batchBytesMax: number;
  readonly bufferBytesMax: number;
  readonly health: BrokerHealth;
}

/**
 * Group commit. Records of all requests gather in one batch per partition; a batch leaves when the linger is over and no
 * earlier one of its partition is in flight, so under load batches grow by themselves and at rest the wait is the linger.
 * One timer serves all partitions: their batches leave together and share the broker's requests.
 */
export function createAppender(options: AppenderOptions): Appender {
  const wave = new Wave(options);
  const lanes = new Map<string, PartitionLane>();
  return {
    lane(topic, partition) {
      const name = `${topic}/${String(partition)}`;
      const known = lanes.get(name) ?? new PartitionLane({ topic, partition }, options, wave);
      lanes.set(name, known);
      return known;
    },
    isFull: (lane) => wave.bytes >= options.bufferBytesMax * SHARE_OF_BUFFER[lane],
    trouble: options.health.trouble,
    drained: () => wave.drained(),
  };
}

/** What the lanes share: the timer, the bytes on their way, and who waits for them to be gone. */
class Wave {
  bytes = 0;
  private readonly lingerMs: number;
  private readonly waiting = new Set<PartitionLane>();
  private batches = 0;
  private timer: NodeJS.Timeout | null = null;
  private idle = Promise.withResolvers<void>();

  constructor({ lingerMs }: AppenderOptions) {
    this.lingerMs = lingerMs;
    this.idle.resolve();
  }

  opened(): void {
    if (this.batches === 0) this.idle = Promise.withResolvers<void>();
    this.batches += 1;
  }

  settled(bytes: number): void {
    this.bytes -= bytes;
    this.batches -= 1;
    if (this.batches === 0) this.idle.resolve();
  }

  /** Has the lane sent with the next wave. */
  join(lane: PartitionLane): void {
    this.waiting.add(lane);
    this.timer ??= setTimeout(() => this.leave(), this.lingerMs);
  }

  drained(): Promise<void> {
    return this.idle.promise;
  }

  private leave(): void {
    this.timer = null;
    const lanes = [...this.waiting];
    this.waiting.clear();
    for (const lane of lanes) lane.send();
  }
}

interface QueuedBatch extends PendingBatch {
  bytes: number;
}

class PartitionLane implements AppendLane {
  private readonly queue: QueuedBatch[] = [];
  private isInFlight = false;
  /** Length of the batch that was sent last. */
  private sentBytes = 0;
  private readonly at: { readonly topic: string; readonly partition: number };
  private readonly options: AppenderOptions;
  private readonly wave: Wave;

  constructor(at: { readonly topic: string; readonly partition: number }, options: AppenderOptions, wave: Wave) {
    this.at = at;
    this.options = options;
    this.wave = wave;
  }

  add(key: Uint8Array, value: Uint8Array, headers: Uint8Array): PendingBatch {
    const batch = this.openBatch(key.length + value.length + headers.length);
    const before = batch.records.sizeBytes;
    batch.records.add(key, value, headers);
    batch.bytes += batch.records.sizeBytes - before;
    this.wave.bytes += batch.records.sizeBytes - before;
    return batch;
  }

  /** Sends the oldest batch unless one is in flight: two at once could not be told apart when the first one fails. */
  send(): void {
    const batch = this.queue[0];
    if (batch === undefined || this.isInFlight) return;
    this.queue.shift();
    this.isInFlight = true;
    this.sentBytes = batch.records.sizeBytes;
    void this.append(batch).then((outcome) => {
      this.isInFlight = false;
      this.wave.settled(batch.bytes);
      if (this.queue.length > 1) this.send();
      else if (this.queue.length === 1) this.wave.join(this);
      for (const waiter of batch.waiters) waiter.settled(batch, outcome);
    });
  }

  private openBatch(recordBytes: number): QueuedBatch {
    const last = this.queue.at(-1);
    const isRoomy = last !== undefined && last.records.sizeBytes + recordBytes + RECORD_OVERHEAD_BYTES <= this.options.batchBytesMax;
    if (isRoomy) return last;
    // A batch is about as long as the one before: growing it there by doubling would copy each record about once.
    const initialBytes = Math.max(INITIAL_BYTES_MIN, last?.records.sizeBytes ?? this.sentBytes);
    const fresh: QueuedBatch = { records: createRecordBatch({ initialBytes }), waiters: [], bytes: 0 };
    this.queue.push(fresh);
    this.wave.opened();
    if (!this.isInFlight) this.wave.join(this);
    return fresh;
  }

  private async append(batch: QueuedBatch): Promise<BatchOutcome> {
    const { producer, clock, metrics, health } = this.options;
    const startMs = clock.monotonicMs();
    health.sent();
    try {
      const { baseOffset } = await producer.append(this.at.topic, this.at.partition, batch.records);
      health.settled(true);
      metrics.histogram('append_duration_seconds').observe((clock.monotonicMs() - startMs) / 1_000);
      return { isAppended: true, baseOffset };
    } catch (error) {
      health.settled(false);
      metrics.counter('append_failures_total', { outcome: error instanceof KafkaFailure ? error.outcome : 'unknown' }).inc();
      return { isAppended: false };
    }
  }
}

const INITIAL_BYTES_MIN = 4_096;
/** Lengths and attributes of a record in a batch take at most this. */
const RECORD_OVERHEAD_BYTES = 64;
