import type { LogClient, RecordSlab, TopicDescription, TopicSpec } from './port.ts';

export interface MemoryBrokerOptions {
  /** Append time of records, epoch ms. */
  readonly now: () => number;
}

/** Returns a reason to refuse, or undefined to go on; called before each append. */
export type AppendFault = (topic: string, partition: number) => AppendRefusal | undefined;

/** How an append fails: `kept` says whether the records are in the log all the same (outcome unknown only). */
export interface AppendRefusal {
  readonly outcome: 'not_sent' | 'unknown';
  readonly kept?: boolean;
}

/** The log of one test: topics in memory, shared by all clients made from it. */
export interface MemoryBroker {
  /** A client with a producer, readers, members and an admin of its own. */
  createClient(clientId: string): LogClient;
  /** Every append asks this first; undefined ends it. */
  failAppends(fault: AppendFault | undefined): void;
  /** Stops deliveries to readers until the returned function is called. */
  holdDeliveries(): () => void;
  /** Drops the records from `endOffset` on (a power loss: the log is shorter than was acknowledged). */
  cutLog(topic: string, partition: number, endOffset: number): void;
  /** Drops the records before `startOffset` (retention). */
  trimLog(topic: string, partition: number, startOffset: number): void;
  deleteTopic(topic: string): void;
  createTopic(spec: TopicSpec): void;
  describeTopic(topic: string): TopicDescription | null;
  /** All records of a partition, for assertions. */
  read(topic: string, partition: number): RecordSlab;
  /** Ends a member as a crash does: the others take over, its own callbacks are not called. */
  killMember(clientId: string, groupId: string): void;
}

export function createMemoryBroker(_options: MemoryBrokerOptions): MemoryBroker {
  throw new Error('not built yet');
}
