import { randomUUID } from 'node:crypto';
import { AssignerProtocol } from 'kafkajs';
import type { Consumer, EachBatchPayload, Kafka, PartitionAssigner } from 'kafkajs';
import { createInFlight, enterUntilSettled } from '@tidegate/runtime';
import { backoffMs, delay, toError } from '../delay.ts';
import type { LogAdmin, LogReader, LogReaderOptions } from '../port.ts';
import { createAdmin } from './admin.ts';
import { ENDLESS } from './connection.ts';
import { toSlab } from './messages.ts';

interface Position {
  readonly topic: string;
  readonly partition: number;
  offset: number;
  /** Its offset was found to be in the log; before that nothing is fetched. */
  isChecked: boolean;
  isHandling: boolean;
}

export function createReader(kafka: Kafka, options: LogReaderOptions): LogReader {
  return new GroupOfOneReader(kafka, options);
}

/**
 * The library reads as a member of a group only, and has no way to be given partitions. So each topic is read by a group of
 * one, with a name of its own, that assigns everything to itself; what is not wanted stays paused, and reading begins by
 * seeking. Nothing is ever committed.
 */
class GroupOfOneReader implements LogReader {
  readonly #kafka: Kafka;
  readonly #options: LogReaderOptions;
  readonly #admin: LogAdmin;
  readonly #consumers = new Map<string, TopicConsumer>();
  readonly #positions = new Map<string, Position>();
  readonly #running = createInFlight<Promise<void>>();
  /** Each is among the running ones too. Null where none runs: keys stay, because a map whose keys come and go keeps what they held (see `createInFlight`). */
  readonly #handlers = new Map<string, Promise<void> | null>();
  readonly #stop = new AbortController();

  constructor(kafka: Kafka, options: LogReaderOptions) {
    this.#kafka = kafka;
    this.#options = options;
    this.#admin = createAdmin(kafka);
  }

  assign(topic: string, partition: number, offset: number): void {
    if (this.#stop.signal.aborted) return;
    const position: Position = { topic, partition, offset, isChecked: false, isHandling: false };
    this.#positions.set(keyOf(topic, partition), position);
    this.#consumers.get(topic)?.pause(partition);
    this.#track(this.#begin(position));
  }

  unassign(topic: string, partition: number): void {
    this.#positions.delete(keyOf(topic, partition));
    this.#consumers.get(topic)?.pause(partition);
  }

  async close(): Promise<void> {
    this.#positions.clear();
    this.#stop.abort();
    await Promise.all([...this.#consumers.values()].map((consumer) => consumer.close()));
    while (this.#running.size > 0) await Promise.all(this.#running);
    await this.#admin.close();
  }

  #isCurrent(position: Position): boolean {
    return this.#positions.get(keyOf(position.topic, position.partition)) === position;
  }

  #track(work: Promise<void>): void {
    enterUntilSettled(this.#running, work);
  }

  async #begin(position: Position): Promise<void> {
    await this.#handlers.get(keyOf(position.topic, position.partition));
    for (let attempt = 0; this.#isCurrent(position); attempt++) {
      try {
        if (!(await this.#isInLog(position))) return;
        position.isChecked = true;
        this.#consumer(position.topic).resume(position.partition, position.offset);
        return;
      } catch (cause) {
        this.#options.onError?.(toError(cause));
        await delay(backoffMs(attempt), this.#stop.signal);
      }
    }
  }

  /** The library moves on by itself from an offset that is not there, so it is asked for beforehand. */
  async #isInLog(position: Position): Promise<boolean> {
    const { topic, partition, offset } = position;
    const range = (await this.#admin.offsets(topic, [partition])).get(partition);
    if (!range) throw new Error(`${topic}/${partition} does not exist`);
    if (!this.#isCurrent(position)) return false;
    if (offset >= range.start && offset <= range.end) return true;
    this.#positions.delete(keyOf(topic, partition));
    this.#options.onOutOfRange({ topic, partition, requested: offset, startOffset: range.start, endOffset: range.end });
    return false;
  }

  #consumer(topic: string): TopicConsumer {
    let consumer = this.#consumers.get(topic);
    if (!consumer) {
      consumer = new TopicConsumer(this.#kafka, topic, {
        reader: this.#options,
        onBatch: (payload) => this.#receive(payload),
        offsetOf: (partition) => {
          const position = this.#positions.get(keyOf(topic, partition));
          return position?.isChecked && !position.isHandling ? position.offset : null;
        },
      });
      this.#consumers.set(topic, consumer);
    }
    return consumer;
  }

  /** Never waits for the handler: the library would not fetch anything else of that broker in the meantime. */
  async #receive({ batch, resolveOffset, isStale }: EachBatchPayload): Promise<void> {
    const { topic, partition } = batch;
    const position = this.#positions.get(keyOf(topic, partition));
    if (!position || isStale() || !(await this.#isWanted(position, Number(batch.firstOffset() ?? -1)))) return;
    const last = batch.lastOffset();
    const nextOffset = Number(last) + 1;
    const slab = toSlab({ topic, partition, messages: batch.messages, endOffset: Number(batch.highWatermark), nextOffset });
    position.isHandling = true;
    const handled = this.#handle(position, nextOffset, () => this.#options.onSlab(slab));
    if (position.isHandling) this.#consumers.get(topic)?.pause(partition);
    else resolveOffset(last);
    this.#track(handled);
  }

  async #isWanted(position: Position, firstOffset: number): Promise<boolean> {
    if (!position.isChecked || position.isHandling || firstOffset < 0) return false;
    if (firstOffset === position.offset) return true;
    // Either compaction left a gap, or the library began elsewhere because the offset was not there any more.
    return (await this.#isInLog(position)) && this.#isCurrent(position) && firstOffset > position.offset;
  }

  #handle(position: Position, nextOffset: number, deliver: () => void | Promise<void>): Promise<void> {
    const finish = (): void => {
      position.isHandling = false;
      if (this.#isCurrent(position)) this.#consumers.get(position.topic)?.resume(position.partition, position.offset);
    };
    const retry = async (cause: unknown): Promise<void> => {
      this.#options.onError?.(toError(cause));
      await delay(backoffMs(0), this.#stop.signal);
      finish();
    };
    let pending: void | Promise<void>;
    try {
      pending = deliver();
    } catch (cause) {
      return retry(cause);
    }
    if (pending === undefined) {
      position.offset = nextOffset;
      position.isHandling = false;
      return Promise.resolve();
    }
    const key = keyOf(position.topic, position.partition);
    const done = pending
      .then(() => {
        position.offset = nextOffset;
        finish();
      }, retry)
      .finally(() => this.#handlers.set(key, null));
    this.#handlers.set(key, done);
    return done;
  }
}

interface TopicConsumerOptions {
  readonly reader: LogReaderOptions;
  readonly onBatch: (payload: EachBatchPayload) => Promise<void>;
  /** Where to read on, or null where nothing is to be fetched now. */
  readonly offsetOf: (partition: number) => number | null;
}

/** The library's consumer of one topic, started again for as long as the reader lives. */
class TopicConsumer {
  readonly #kafka: Kafka;
  readonly #topic: string;
  readonly #options: TopicConsumerOptions;
  readonly #groupId = `tidegate-reader-${randomUUID()}`;
  #consumer: Consumer;
  #isJoined = false;
  #isClosed = false;
  #started: Promise<void>;

  constructor(kafka: Kafka, topic: string, options: TopicConsumerOptions) {
    this.#kafka = kafka;
    this.#topic = topic;
    this.#options = options;
    this.#consumer = this.#create();
    this.#started = this.#start();
  }

  pause(partition: number): void {
    if (this.#isJoined) this.#consumer.pause([{ topic: this.#topic, partitions: [partition] }]);
  }

  resume(partition: number, offset: number): void {
    // Before the join nothing is assigned; the join takes up every position there is.
    if (!this.#isJoined) return;
    this.#consumer.seek({ topic: this.#topic, partition, offset: String(offset) });
    this.#consumer.resume([{ topic: this.#topic, partitions: [partition] }]);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#started;
    await this.#consumer.disconnect();
  }

  #create(): Consumer {
    const { maxWaitMs = 50, minBytes = 1, maxPartitionBytes = 1024 * 1024 } = this.#options.reader;
    const consumer = this.#kafka.consumer({
      groupId: this.#groupId,
      partitionAssigners: [everythingToSelf],
      maxWaitTimeInMs: maxWaitMs,
      minBytes,
      maxBytesPerPartition: maxPartitionBytes,
      allowAutoTopicCreation: false,
      retry: { ...ENDLESS, restartOnFailure: () => Promise.resolve(!this.#isClosed) },
    });
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      this.#isJoined = true;
      for (const partition of payload.memberAssignment[this.#topic] ?? []) {
        const offset = this.#options.offsetOf(partition);
        if (offset === null) this.pause(partition);
        else this.resume(partition, offset);
      }
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      this.#options.reader.onError?.(payload.error);
      if (payload.restart || this.#isClosed) return;
      this.#isJoined = false;
      this.#consumer = this.#create();
      this.#started = this.#start();
    });
    return consumer;
  }

  async #start(): Promise<void> {
    try {
      await this.#consumer.connect();
      await this.#consumer.subscribe({ topic: this.#topic, fromBeginning: true });
      await this.#consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: this.#options.onBatch });
    } catch (cause) {
      this.#options.reader.onError?.(toError(cause));
    }
  }
}

/** The only member gets every partition of its topics. */
const everythingToSelf: PartitionAssigner = ({ cluster }) => ({
  name: 'tidegate-all',
  version: 0,
  assign: ({ members, topics }) => {
    const assignment = Object.fromEntries(
      topics.map((topic) => [topic, cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId)]),
    );
    const memberAssignment = AssignerProtocol.MemberAssignment.encode({ version: 0, assignment, userData: Buffer.alloc(0) });
    return Promise.resolve(members.map(({ memberId }) => ({ memberId, memberAssignment })));
  },
  protocol: ({ topics }) => ({
    name: 'tidegate-all',
    metadata: AssignerProtocol.MemberMetadata.encode({ version: 0, topics, userData: Buffer.alloc(0) }),
  }),
});

function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
