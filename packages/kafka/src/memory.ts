import { KafkaFailure } from './failure.ts';
import type { AppendOutcome } from './failure.ts';
import { MemoryGroup } from './memory-group.ts';
import { MemoryLog } from './memory-log.ts';
import { createMemoryReader } from './memory-reader.ts';
import type { MemorySource } from './memory-reader.ts';
import type { GroupMember, GroupOptions, LogAdmin, LogClient, LogProducer, RecordSlab, TopicDescription, TopicSpec } from './port.ts';

export interface MemoryBrokerOptions {
  /** Append time of records, epoch ms. */
  readonly now: () => number;
}

/** How an append fails; `kept`: the records are in the log all the same (for outcome `unknown`). */
export interface AppendRefusal {
  readonly outcome: AppendOutcome;
  readonly kept?: boolean;
}

/** Asked before each append; undefined lets it through. */
export type AppendFault = (topic: string, partition: number) => AppendRefusal | undefined;

/** The brokers of one test: topics in memory, shared by all clients made from it. */
export interface MemoryBroker {
  createClient(clientId: string): LogClient;
  /** Every append asks this first; undefined ends it. */
  failAppends(fault: AppendFault | undefined): void;
  /** Stops deliveries to readers until the returned function is called. */
  holdDeliveries(): () => void;
  /** Drops the records from `endOffset` on: what a power loss does to records that were acknowledged. */
  cutLog(topic: string, partition: number, endOffset: number): void;
  /** Drops the records before `startOffset`: what retention does. */
  trimLog(topic: string, partition: number, startOffset: number): void;
  createTopic(spec: TopicSpec): void;
  deleteTopic(topic: string): void;
  describeTopic(topic: string): TopicDescription | null;
  /** All records of a partition. */
  read(topic: string, partition: number): RecordSlab;
  /** Ends a client's membership as a crash does: its callbacks are not called, the others take over. */
  killMember(clientId: string, groupId: string): Promise<void>;
}

export function createMemoryBroker({ now }: MemoryBrokerOptions): MemoryBroker {
  return new Broker(now);
}

class Broker implements MemoryBroker, MemorySource {
  readonly log: MemoryLog;
  readonly #groups = new Map<string, MemoryGroup>();
  #fault: AppendFault | undefined;
  #holds = 0;
  #change = Promise.withResolvers<void>();

  constructor(now: () => number) {
    this.log = new MemoryLog(now);
  }

  changed(): Promise<void> {
    return this.#change.promise;
  }

  isHeld(): boolean {
    return this.#holds > 0;
  }

  createClient(clientId: string): LogClient {
    return {
      name: 'memory',
      createProducer: () => Promise.resolve(this.#createProducer()),
      createReader: (options) => createMemoryReader(this, options),
      joinGroup: (options) => this.#joinGroup(clientId, options),
      createAdmin: () => this.#createAdmin(),
      close: () => Promise.resolve(),
    };
  }

  failAppends(fault: AppendFault | undefined): void {
    this.#fault = fault;
  }

  holdDeliveries(): () => void {
    this.#holds++;
    let isHolding = true;
    return () => {
      if (isHolding) this.#holds--;
      isHolding = false;
      this.#wake();
    };
  }

  cutLog(topic: string, partition: number, endOffset: number): void {
    this.log.cut(topic, partition, endOffset);
    this.#wake();
  }

  trimLog(topic: string, partition: number, startOffset: number): void {
    this.log.trim(topic, partition, startOffset);
    this.#wake();
  }

  createTopic(spec: TopicSpec): void {
    this.log.create(spec);
    this.#wake();
  }

  deleteTopic(topic: string): void {
    this.log.delete(topic);
    this.#wake();
  }

  describeTopic(topic: string): TopicDescription | null {
    return this.log.describe(topic);
  }

  read(topic: string, partition: number): RecordSlab {
    const range = this.log.range(topic, partition);
    const slab = this.log.read(topic, partition, { fromOffset: range?.start ?? 0, maxBytes: Number.MAX_SAFE_INTEGER });
    if (!slab) throw new Error(`there is no partition ${partition} of a topic ${topic}`);
    return slab;
  }

  async killMember(clientId: string, groupId: string): Promise<void> {
    await this.#groups.get(groupId)?.kill(clientId);
  }

  #wake(): void {
    const change = this.#change;
    this.#change = Promise.withResolvers();
    change.resolve();
  }

  #createProducer(): LogProducer {
    let isClosed = false;
    return {
      append: async (topic, partition, batch) => {
        if (isClosed) throw new KafkaFailure('not_sent', 'the producer is closed');
        const refusal = this.#fault?.(topic, partition);
        const receipt = refusal && !refusal.kept ? null : this.log.append(topic, partition, batch);
        if (receipt) this.#wake();
        if (refusal) throw new KafkaFailure(refusal.outcome, 'the append was made to fail');
        if (!receipt) throw new KafkaFailure('not_sent', `there is no partition ${partition} of a topic ${topic}`);
        // An acknowledgement never comes in the same turn as the call.
        await Promise.resolve();
        return receipt;
      },
      close: () => {
        isClosed = true;
        return Promise.resolve();
      },
    };
  }

  async #joinGroup(clientId: string, options: GroupOptions): Promise<GroupMember> {
    let group = this.#groups.get(options.groupId);
    if (!group) {
      group = new MemoryGroup((topic) => this.log.describe(topic)?.partitions ?? 0);
      this.#groups.set(options.groupId, group);
    }
    const joined = group;
    await joined.join(clientId, options);
    return { close: () => joined.leave(clientId), commitOffsets: () => Promise.resolve(), rejoin: () => void joined.rejoin() };
  }

  #createAdmin(): LogAdmin {
    return {
      clusterId: () => Promise.resolve('memory'),
      ensureTopics: (specs) => {
        for (const spec of specs) this.createTopic(spec);
        return Promise.resolve();
      },
      describeTopic: (name) => Promise.resolve(this.log.describe(name)),
      offsets: (topic, partitions) => {
        const ranges = new Map<number, { start: number; end: number }>();
        for (const partition of partitions) {
          const range = this.log.range(topic, partition);
          if (!range) return Promise.reject(new Error(`there is no partition ${partition} of a topic ${topic}`));
          ranges.set(partition, range);
        }
        return Promise.resolve(ranges);
      },
      addPartitions: (topic, count, { isTrial } = { isTrial: false }) => {
        if (!isTrial) this.log.grow(topic, count);
        this.#wake();
        return Promise.resolve();
      },
      deleteTopics: (names) => {
        for (const name of names) this.deleteTopic(name);
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    };
  }
}
