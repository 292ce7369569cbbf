import { Partitioners } from 'kafkajs';
import type { Kafka, Producer, RecordMetadata } from 'kafkajs';
import { delay, toError } from '../delay.ts';
import { KafkaFailure } from '../failure.ts';
import type { AppendReceipt, LogProducer, RecordBatch } from '../port.ts';
import { toMessages } from './messages.ts';

export interface KafkajsProducerOptions {
  readonly kafka: Kafka;
  readonly now: () => number;
  readonly deliveryTimeoutMs: number;
}

/** Answers after which the broker has certainly kept nothing of the batch. */
const REFUSALS = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_TOPIC_EXCEPTION',
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'POLICY_VIOLATION',
  'INVALID_RECORD',
]);

export function createProducer(options: KafkajsProducerOptions): LogProducer {
  return new QueueingProducer(options);
}

/** One send at a time per partition, so that batches stay in order whatever the library retries. */
class QueueingProducer implements LogProducer {
  readonly #options: KafkajsProducerOptions;
  readonly #tails = new Map<string, Promise<unknown>>();
  readonly #leaving = new Set<Promise<void>>();
  #connection: Promise<Producer> | null = null;
  #isClosed = false;

  constructor(options: KafkajsProducerOptions) {
    this.#options = options;
  }

  append(topic: string, partition: number, batch: RecordBatch): Promise<AppendReceipt> {
    if (this.#isClosed) return Promise.reject(new KafkaFailure('not_sent', 'the producer is closed'));
    const key = `${topic}/${partition}`;
    const deadlineMs = this.#options.now() + this.#options.deliveryTimeoutMs;
    const send = (): Promise<AppendReceipt> => this.#send(topic, partition, { batch, deadlineMs });
    const receipt = (this.#tails.get(key) ?? Promise.resolve()).then(send, send);
    this.#tails.set(
      key,
      receipt.catch(() => undefined),
    );
    return receipt;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#tails.values());
    const connection = this.#connection;
    if (connection) await (await connection).disconnect();
    await Promise.all(this.#leaving);
  }

  async #send(topic: string, partition: number, { batch, deadlineMs }: { batch: RecordBatch; deadlineMs: number }): Promise<AppendReceipt> {
    const place = `append to ${topic}/${partition} failed`;
    const connected = await before(deadlineMs - this.#options.now(), this.#connect());
    if (!connected.isDone) throw new KafkaFailure('not_sent', `${place}: no connection in time`);
    const producer = connected.value;
    const messages = toMessages(batch, partition, this.#options.now());
    const sending = producer.send({ topic, acks: -1, messages });
    try {
      const sent = await before(deadlineMs - this.#options.now(), sending);
      if (sent.isDone) return toReceipt(sent.value, partition);
    } catch (cause) {
      const isRefused = cause instanceof Error && 'type' in cause && REFUSALS.has(String(cause.type));
      if (!isRefused) this.#abandon(producer, sending);
      throw new KafkaFailure(isRefused ? 'not_sent' : 'unknown', `${place}: ${toError(cause).message}`, { cause });
    }
    this.#abandon(producer, sending);
    throw new KafkaFailure('unknown', `${place}: its time was up`);
  }

  #connect(): Promise<Producer> {
    this.#connection ??= this.#open();
    return this.#connection;
  }

  async #open(): Promise<Producer> {
    const producer = this.#options.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
    });
    try {
      await producer.connect();
      return producer;
    } catch (cause) {
      this.#connection = null;
      throw new KafkaFailure('not_sent', toError(cause).message, { cause });
    }
  }

  /** After an unknown outcome the sequence is unknown too: the next append goes through a producer with an id of its own. */
  #abandon(producer: Producer, sending: Promise<unknown>): void {
    this.#connection = null;
    // Disconnected before its last send has ended, the library would connect again for it.
    const left: Promise<void> = sending
      .then(() => producer.disconnect())
      .catch(() => producer.disconnect())
      .catch(() => undefined)
      .finally(() => {
        this.#leaving.delete(left);
      });
    this.#leaving.add(left);
  }
}

type InTime<T> = { readonly isDone: true; readonly value: T } | { readonly isDone: false };

/** The result of `work` if it comes within the time. What comes later is let go. */
async function before<T>(withinMs: number, work: Promise<T>): Promise<InTime<T>> {
  const stop = new AbortController();
  const done = work.then((value): InTime<T> => ({ isDone: true, value }));
  done.catch(() => undefined);
  try {
    return await Promise.race([done, delay(Math.max(0, withinMs), stop.signal).then((): InTime<T> => ({ isDone: false }))]);
  } finally {
    stop.abort();
  }
}

function toReceipt(sent: readonly RecordMetadata[], partition: number): AppendReceipt {
  const found = sent.find((metadata) => metadata.partition === partition);
  if (found?.baseOffset === undefined) throw new Error('the broker gave no offset');
  const appendTimeMs = Number(found.logAppendTime ?? -1);
  return { baseOffset: Number(found.baseOffset), appendTimeMs: appendTimeMs < 0 ? null : appendTimeMs };
}
