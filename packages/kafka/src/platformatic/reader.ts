import type { ConnectionPool } from '@platformatic/kafka';
import { createInFlight, enterUntilSettled } from '@tidegate/runtime';
import { backoffMs, delay, toError } from '../delay.ts';
import type { LogReader, LogReaderOptions } from '../port.ts';
import { readSlab } from '../slab.ts';
import type { Cluster } from './cluster.ts';
import { fetchRecords } from './fetch-api.ts';
import type { FetchEntry, FetchResult } from './fetch-api.ts';
import { listOffsets } from './list-offsets.ts';

/** Where reading of one partition stands. A new assignment makes a new position, so late answers for an old one are dropped. */
interface Position {
  readonly topic: string;
  readonly partition: number;
  offset: number;
  /** The topic that records came from; null until the first answer. */
  topicId: string | null;
  /** Idle ones go into the next fetch; all others are somewhere else and come back. */
  isIdle: boolean;
  attempt: number;
}

/**
 * Fetches in flight per broker, on connections of their own. A partition whose handler ends while one long poll is
 * waiting for the others joins the second one at once.
 */
const FETCHES_PER_BROKER = 2;
const MAX_FETCH_BYTES = 16 * 1024 * 1024;
const OFFSET_OUT_OF_RANGE = 1;

export function createReader(cluster: Cluster, options: LogReaderOptions): LogReader {
  return new PollingReader(cluster, options);
}

/** One long poll covers all partitions of a broker that nothing is being done with; each goes back into the pool by itself. */
class PollingReader implements LogReader {
  readonly #cluster: Cluster;
  readonly #options: LogReaderOptions;
  readonly #slots: readonly { readonly pool: ConnectionPool; readonly busyNodes: Set<number> }[];
  readonly #positions = new Map<string, Position>();
  readonly #running = createInFlight<Promise<void>>();
  /** Each is among the running ones too. Null where none runs: keys stay, because a map whose keys come and go keeps what they held (see `createInFlight`). */
  readonly #handlers = new Map<string, Promise<void> | null>();
  readonly #stop = new AbortController();
  #isScheduled = false;
  #lastFetchMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(cluster: Cluster, options: LogReaderOptions) {
    this.#cluster = cluster;
    this.#options = options;
    this.#slots = Array.from({ length: FETCHES_PER_BROKER }, () => ({ pool: cluster.openPool(), busyNodes: new Set<number>() }));
  }

  assign(topic: string, partition: number, offset: number): void {
    if (this.#stop.signal.aborted) return;
    const key = keyOf(topic, partition);
    const position: Position = { topic, partition, offset, topicId: null, isIdle: true, attempt: 0 };
    this.#positions.delete(key);
    this.#positions.set(key, position);
    // One handler at a time per partition, also when it is moved while one runs.
    const running = this.#handlers.get(key);
    if (running) this.#park(position, running);
    else this.#schedule();
  }

  unassign(topic: string, partition: number): void {
    this.#positions.delete(keyOf(topic, partition));
  }

  async close(): Promise<void> {
    this.#positions.clear();
    this.#stop.abort();
    clearTimeout(this.#timer);
    await Promise.all(this.#slots.map(({ pool }) => this.#cluster.closePool(pool)));
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #isCurrent(position: Position): boolean {
    return this.#positions.get(keyOf(position.topic, position.partition)) === position;
  }

  #track(work: Promise<void>): void {
    enterUntilSettled(this.#running, work);
  }

  /** Takes the position out of fetching until `until` settles. */
  #park(position: Position, until: Promise<unknown>): void {
    position.isIdle = false;
    const resume = (): void => {
      position.isIdle = true;
      this.#schedule();
    };
    this.#track(until.then(resume, resume));
  }

  #schedule(): void {
    if (this.#isScheduled || this.#stop.signal.aborted) return;
    this.#isScheduled = true;
    const dispatch = (): void => {
      this.#isScheduled = false;
      this.#dispatch();
    };
    const waitMs = this.#lastFetchMs + (this.#options.paceMs ?? 0) - performance.now();
    if (waitMs > 0) this.#timer = setTimeout(dispatch, waitMs);
    else queueMicrotask(dispatch);
  }

  #dispatch(): void {
    const byNode = new Map<number, Position[]>();
    for (const position of this.#positions.values()) {
      if (!position.isIdle) continue;
      const leader = this.#cluster.leaderOf(position.topic, position.partition);
      if (!leader) this.#findLeader(position);
      else if (position.topicId !== null && position.topicId !== leader.topicId) this.#track(this.#reportRange(position));
      else byNode.set(leader.nodeId, [...(byNode.get(leader.nodeId) ?? []), position]);
    }
    for (const [nodeId, positions] of byNode) {
      const slot = this.#slots.find(({ busyNodes }) => !busyNodes.has(nodeId));
      if (slot) this.#track(this.#fetch(nodeId, slot, positions));
    }
  }

  #findLeader(position: Position): void {
    const search = this.#cluster.refresh(position.topic).then(() => {
      if (!this.#cluster.leaderOf(position.topic, position.partition)) {
        throw new Error(`${position.topic}/${position.partition} has no leader`);
      }
    });
    this.#park(
      position,
      search.catch((cause: unknown) => this.#pause([position], toError(cause))),
    );
  }

  /** Reports the error and waits; longer each time. */
  async #pause(positions: readonly Position[], error: Error): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#options.onError?.(error);
    const attempt = Math.max(0, ...positions.map((position) => position.attempt));
    for (const position of positions) position.attempt = attempt + 1;
    await delay(backoffMs(attempt), this.#stop.signal);
  }

  async #fetch(nodeId: number, slot: { pool: ConnectionPool; busyNodes: Set<number> }, positions: readonly Position[]): Promise<void> {
    slot.busyNodes.add(nodeId);
    this.#lastFetchMs = performance.now();
    for (const position of positions) position.isIdle = false;
    try {
      const connection = await slot.pool.get(this.#cluster.broker(nodeId));
      const results = await fetchRecords.async(connection, this.#request(positions));
      slot.busyNodes.delete(nodeId);
      this.#receive(positions, results);
    } catch (cause) {
      slot.busyNodes.delete(nodeId);
      await this.#pause(positions, toError(cause));
      await this.#refresh(positions);
      for (const position of positions) position.isIdle = true;
    }
    this.#schedule();
  }

  async #refresh(positions: readonly Position[]): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const topics = new Set(positions.map((position) => position.topic));
    // A failure here shows in the next attempt.
    await Promise.allSettled([...topics].map((topic) => this.#cluster.refresh(topic)));
  }

  #request(positions: readonly Position[]): Parameters<typeof fetchRecords.async>[1] {
    const topics = new Map<string, FetchEntry[]>();
    for (const { topic, partition, offset } of positions) {
      const topicId = this.#cluster.leaderOf(topic, partition)?.topicId;
      if (topicId === undefined) continue;
      const entries = topics.get(topicId);
      if (entries) entries.push({ partition, offset });
      else topics.set(topicId, [{ partition, offset }]);
    }
    return {
      topics,
      maxWaitMs: this.#options.maxWaitMs ?? 50,
      minBytes: this.#options.minBytes ?? 1,
      maxBytes: MAX_FETCH_BYTES,
      maxPartitionBytes: this.#options.maxPartitionBytes ?? 1024 * 1024,
    };
  }

  #receive(positions: readonly Position[], results: readonly FetchResult[]): void {
    const byKey = new Map(results.map((result) => [keyOf(result.topicId, result.partition), result]));
    for (const position of positions) {
      position.isIdle = true;
      if (!this.#isCurrent(position)) continue;
      const topicId = this.#cluster.leaderOf(position.topic, position.partition)?.topicId ?? '';
      const result = byKey.get(keyOf(topicId, position.partition));
      if (result) this.#accept(position, result);
    }
  }

  #accept(position: Position, result: FetchResult): void {
    if (result.errorCode === OFFSET_OUT_OF_RANGE) {
      this.#track(this.#reportRange(position));
      return;
    }
    if (result.errorCode !== 0) {
      const error = new Error(`fetching ${position.topic}/${position.partition} failed: the broker answered ${result.errorCode}`);
      const pause = this.#pause([position], error).then(() => this.#refresh([position]));
      this.#park(position, pause);
      return;
    }
    position.topicId = result.topicId;
    position.attempt = 0;
    if (result.bytes.length === 0) return;
    this.#rotate(position);
    this.#deliver(position, result);
  }

  /** What was served goes to the end: a broker fills its answer in the order of the request, up to a size. */
  #rotate(position: Position): void {
    const key = keyOf(position.topic, position.partition);
    this.#positions.delete(key);
    this.#positions.set(key, position);
  }

  #deliver(position: Position, { bytes, endOffset }: FetchResult): void {
    const { topic, partition, offset } = position;
    try {
      const slab = readSlab({ topic, partition, bytes, fromOffset: offset, endOffset });
      const handled = slab.count === 0 ? undefined : this.#options.onSlab(slab);
      if (handled === undefined) position.offset = slab.nextOffset;
      else this.#awaitHandler(position, handled, slab.nextOffset);
    } catch (cause) {
      this.#park(position, this.#pause([position], toError(cause)));
    }
  }

  #awaitHandler(position: Position, handled: Promise<void>, nextOffset: number): void {
    const key = keyOf(position.topic, position.partition);
    const done = handled
      .then(
        () => {
          position.offset = nextOffset;
        },
        (cause: unknown) => this.#pause([position], toError(cause)),
      )
      .finally(() => this.#handlers.set(key, null));
    this.#handlers.set(key, done);
    this.#park(position, done);
  }

  /** Tells the owner, unless the offset turns out to be there (a leader that was behind for a moment). */
  async #reportRange(position: Position): Promise<void> {
    position.isIdle = false;
    const { topic, partition, offset } = position;
    try {
      const range = (await listOffsets(this.#cluster, topic, [partition])).get(partition);
      if (!range) throw new Error(`${topic}/${partition} has no offsets`);
      const topicId = this.#cluster.leaderOf(topic, partition)?.topicId;
      const isSameTopic = position.topicId === null || position.topicId === topicId;
      if (!this.#isCurrent(position)) return;
      if (!isSameTopic || offset < range.start || offset > range.end) {
        this.#positions.delete(keyOf(topic, partition));
        this.#options.onOutOfRange({ topic, partition, requested: offset, startOffset: range.start, endOffset: range.end });
        return;
      }
    } catch (cause) {
      await this.#pause([position], toError(cause));
      await this.#refresh([position]);
    }
    position.isIdle = true;
    this.#schedule();
  }
}

function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
