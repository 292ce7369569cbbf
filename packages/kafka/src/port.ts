/**
 * The narrow port behind which every Kafka client stands: append bytes to a partition, hand fetched bytes to a
 * callback, group membership, administration. Nothing here creates an object per record on the way through.
 */

/** A run of consecutive records of one partition, as slices of one buffer. Valid until the callback's promise settles. */
export interface RecordSlab {
  readonly topic: string;
  readonly partition: number;
  readonly count: number;
  /** Holds keys, values and headers of all records. */
  readonly bytes: Uint8Array;
  /** Per record; compaction and transactions may leave gaps between offsets. */
  readonly offsets: Float64Array;
  /** Append time (LogAppendTime) in epoch milliseconds, per record. */
  readonly timestampsMs: Float64Array;
  /** Byte ranges in `bytes`; a start of -1 means null. */
  readonly keyStart: Int32Array;
  readonly keyEnd: Int32Array;
  readonly valueStart: Int32Array;
  readonly valueEnd: Int32Array;
  /** Range of the encoded header list (varint count, then key and value of each), see `readHeaders`. */
  readonly headersStart: Int32Array;
  readonly headersEnd: Int32Array;
  /** The offset after the last record that the broker had at the time of the fetch (high watermark). */
  readonly endOffset: number;
  /** The offset to fetch next after this slab (greater than the last offset even where batches end in gaps). */
  readonly nextOffset: number;
}

export interface RecordHeader {
  readonly name: string;
  readonly value: Uint8Array | null;
}

export interface AppendReceipt {
  /** Offset of the first record of the batch; record i has baseOffset + i. */
  readonly baseOffset: number;
  /** The broker's append time in epoch ms, or null where the topic keeps the producer's time. */
  readonly appendTimeMs: number | null;
}

/** Who appends: the broker recognises a repeated batch by these three numbers. */
export interface ProducerStamp {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  /** Base timestamp, epoch ms; of no effect where the topic keeps the append time. */
  readonly timestampMs: number;
}

/** Records on their way into one partition, encoded as they come (see `createRecordBatch`). */
export interface RecordBatch {
  readonly count: number;
  readonly sizeBytes: number;
  /** The whole batch as it goes over the wire, header and checksum included. A view: valid until the next call. */
  seal(stamp: ProducerStamp): Uint8Array;
  /** `headers` is an encoded header list (`encodeHeaders`). Copies all three. Returns the record's index in the batch. */
  add(key: Uint8Array | null, value: Uint8Array | null, headers: Uint8Array): number;
}

export interface LogProducer {
  /**
   * Appends the batch with acks=all through an idempotent producer. Resolves when all in-sync replicas have it.
   * Rejects with a `KafkaFailure`: `outcome: 'not_sent'` (certainly not in the log) or `'unknown'`.
   * Batches of one partition are appended in the order of the calls. The batch must not be changed afterwards.
   */
  append(topic: string, partition: number, batch: RecordBatch): Promise<AppendReceipt>;
  close(): Promise<void>;
}

/**
 * Called for each slab, one at a time per partition; the next one of that partition comes after the promise settles. A
 * rejection is reported and the same records are delivered again a little later: a reader never loses its place.
 */
export type SlabHandler = (slab: RecordSlab) => void | Promise<void>;

export interface LogReader {
  /** Starts (or moves) reading of a partition at `offset`. */
  assign(topic: string, partition: number, offset: number): void;
  unassign(topic: string, partition: number): void;
  /** Stops fetching, waits for handlers that run, releases connections. */
  close(): Promise<void>;
}

export interface LogReaderOptions {
  readonly onSlab: SlabHandler;
  /**
   * A partition whose offset the broker does not have: `requested` is below `startOffset` (records are gone) or above
   * `endOffset` (the log is shorter than believed), or whose topic was deleted and made anew while it was being read (then
   * `requested` may lie between the two). The partition stays unassigned until assigned anew.
   */
  readonly onOutOfRange: (at: { topic: string; partition: number; requested: number; startOffset: number; endOffset: number }) => void;
  /** Any error that is being retried; for logs and metrics. Reading goes on by itself, after a broker restart too. */
  readonly onError?: (error: Error) => void;
  /** Longest wait of the broker for new records; default 50 ms. */
  readonly maxWaitMs?: number;
  readonly minBytes?: number;
  /**
   * Least time between two fetches of a broker; default 0. After a quiet moment records come at once; under load they come
   * in larger slabs, at most so much later. Costs fall with the number of fetches: client and broker pay for each about what
   * fifty records cost. A hint: kafkajs and the in-memory log fetch at their own pace.
   */
  readonly paceMs?: number;
  /** Most bytes of one partition in one fetch; default 1 MiB. */
  readonly maxPartitionBytes?: number;
}

export interface GroupMember {
  /** Lets its partitions go through `onRevoked`, then leaves the group (the others take over at once). */
  close(): Promise<void>;
  /** Written for lag tools only; positions come from Postgres. */
  commitOffsets(topic: string, offsets: ReadonlyMap<number, number>): Promise<void>;
  /** The group shares the topic's partitions out anew: those that the topic has got since are given too. A hint, soon followed. */
  rejoin(): void;
}

export interface GroupOptions {
  readonly groupId: string;
  readonly topic: string;
  readonly sessionTimeoutMs: number;
  /** Partitions that are now this member's (only the added ones). */
  readonly onAssigned: (partitions: readonly number[]) => void | Promise<void>;
  /** Partitions that are no longer this member's; resolves before the group goes on where the protocol lets it wait. */
  readonly onRevoked: (partitions: readonly number[]) => void | Promise<void>;
  readonly onError?: (error: Error) => void;
}

export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly configs: Readonly<Record<string, string>>;
}

export interface TopicDescription {
  readonly name: string;
  readonly topicId: string;
  readonly partitions: number;
  readonly replicationFactor: number;
}

export interface LogAdmin {
  clusterId(): Promise<string>;
  /** Creates what is missing; leaves what exists. */
  ensureTopics(specs: readonly TopicSpec[]): Promise<void>;
  describeTopic(name: string): Promise<TopicDescription | null>;
  /** First offset and offset after the last one, per partition. */
  offsets(topic: string, partitions: readonly number[]): Promise<ReadonlyMap<number, { start: number; end: number }>>;
  /**
   * Gives an existing topic more partitions; nothing where it has as many or more. `isTrial`: the brokers say whether they would, and
   * change nothing. One call at a time.
   */
  addPartitions(topic: string, count: number, how?: { readonly isTrial: boolean }): Promise<void>;
  deleteTopics(names: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** One client library, or the in-memory twin; all pass `packages/kafka/test/log.contract.ts`. */
export interface LogClient {
  readonly name: 'platformatic' | 'kafkajs' | 'memory';
  createProducer(): Promise<LogProducer>;
  createReader(options: LogReaderOptions): LogReader;
  joinGroup(options: GroupOptions): Promise<GroupMember>;
  createAdmin(): LogAdmin;
  close(): Promise<void>;
}
