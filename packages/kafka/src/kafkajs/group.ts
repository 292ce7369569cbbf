import type { Consumer, Kafka } from 'kafkajs';
import { PartitionAssigners } from 'kafkajs';
import { toError } from '../delay.ts';
import type { GroupMember, GroupOptions } from '../port.ts';
import { ENDLESS } from './connection.ts';

/** New partitions are found so late at most. */
const METADATA_AGE_MS = 10_000;

/** Resolves when the member has its first assignment. The library's consumer joins and beats; it is kept from fetching. */
export async function joinGroup(kafka: Kafka, options: GroupOptions): Promise<GroupMember> {
  const member = new Member(kafka, options);
  await member.joined;
  return member;
}

/**
 * The library's protocol is eager: it does not wait for `onRevoked`, and the next owner may begin before that resolves.
 * Who writes for a partition is fenced elsewhere, so this costs work done twice, never a wrong figure.
 */
class Member implements GroupMember {
  readonly joined: Promise<void>;
  readonly #options: GroupOptions;
  readonly #consumer: Consumer;
  #owned: readonly number[] = [];
  #changes: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(kafka: Kafka, options: GroupOptions) {
    this.#options = options;
    this.#consumer = kafka.consumer({
      groupId: options.groupId,
      sessionTimeout: options.sessionTimeoutMs,
      heartbeatInterval: Math.min(1_000, options.sessionTimeoutMs / 5),
      rebalanceTimeout: Math.max(30_000, options.sessionTimeoutMs),
      // With everything paused a fetch is a sleep of this length, after which the library sends its heartbeat.
      maxWaitTimeInMs: 200,
      allowAutoTopicCreation: false,
      metadataMaxAge: METADATA_AGE_MS,
      partitionAssigners: [PartitionAssigners.roundRobin],
      retry: { ...ENDLESS, restartOnFailure: () => Promise.resolve(!this.#isClosed) },
    });
    const first = Promise.withResolvers<void>();
    this.joined = first.promise;
    this.#consumer.on(this.#consumer.events.GROUP_JOIN, ({ payload }) => {
      const assigned = payload.memberAssignment[options.topic] ?? [];
      this.#consumer.pause([{ topic: options.topic, partitions: assigned }]);
      this.#changes = this.#changes.then(() => this.#hold(assigned)).then(first.resolve);
    });
    this.#consumer.on(this.#consumer.events.CRASH, ({ payload }) => options.onError?.(payload.error));
    this.#start().catch((cause: unknown) => first.reject(cause));
  }

  async commitOffsets(topic: string, offsets: ReadonlyMap<number, number>): Promise<void> {
    await this.#consumer.commitOffsets([...offsets].map(([partition, offset]) => ({ topic, partition, offset: String(offset) })));
  }

  /** The library looks for new partitions by itself, each time that it asks for metadata. */
  rejoin(): void {}

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#changes;
    await this.#hold([]);
    await this.#consumer.disconnect();
  }

  async #start(): Promise<void> {
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topic: this.#options.topic, fromBeginning: true });
    await this.#consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: () => Promise.resolve() });
  }

  async #hold(assigned: readonly number[]): Promise<void> {
    const lost = this.#owned.filter((partition) => !assigned.includes(partition));
    const added = assigned.filter((partition) => !this.#owned.includes(partition));
    this.#owned = assigned;
    try {
      if (lost.length > 0) await this.#options.onRevoked(lost);
      if (added.length > 0) await this.#options.onAssigned(added);
    } catch (cause) {
      this.#options.onError?.(toError(cause));
    }
  }
}
