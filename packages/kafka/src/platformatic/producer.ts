import { initProducerIdV4 } from '@platformatic/kafka';
import type { ConnectionPool } from '@platformatic/kafka';
import { createInFlight, enterUntilSettled } from '@tidegate/runtime';
import { backoffMs, delay, toError } from '../delay.ts';
import { KafkaFailure } from '../failure.ts';
import type { AppendReceipt, LogProducer, RecordBatch } from '../port.ts';
import type { Cluster } from './cluster.ts';
import { produce } from './produce-api.ts';
import type { ProduceEntry, ProduceResult } from './produce-api.ts';
import { ProduceLane } from './produce-lane.ts';
import type { ProducerIdentity } from './produce-lane.ts';

export interface ProducerOptions {
  readonly cluster: Cluster;
  readonly now: () => number;
  readonly deliveryTimeoutMs: number;
}

/** How long a broker may wait for its replicas before it answers `uncertain`. */
const ACKNOWLEDGE_MS = 10_000;
/** Requests under way on one connection; each lane is in one of them at most. */
const REQUESTS_IN_FLIGHT = 16;

export function createProducer(options: ProducerOptions): LogProducer {
  return new LaneProducer(options);
}

/** Sends the heads of all lanes that can go, one request per leader; lanes keep the order and the outcome of each batch. */
class LaneProducer implements LogProducer {
  readonly #options: ProducerOptions;
  readonly #pool: ConnectionPool;
  readonly #lanes = new Map<string, ProduceLane>();
  readonly #clock: NodeJS.Timeout;
  #identity: Promise<ProducerIdentity> | null = null;
  #latest: ProducerIdentity | null = null;
  #isScheduled = false;
  #isClosing = false;
  readonly #pending = createInFlight<Promise<unknown>>();

  constructor(options: ProducerOptions) {
    this.#options = options;
    this.#pool = options.cluster.openPool({ maxInflights: REQUESTS_IN_FLIGHT });
    // Wakes lanes whose back-off is over and rejects what has waited too long.
    this.#clock = setInterval(() => this.#tick(), Math.max(10, Math.min(50, options.deliveryTimeoutMs / 20)));
    this.#clock.unref();
  }

  append(topic: string, partition: number, batch: RecordBatch): Promise<AppendReceipt> {
    if (this.#isClosing) return Promise.reject(new KafkaFailure('not_sent', 'the producer is closed'));
    if (batch.count === 0) return Promise.reject(new KafkaFailure('not_sent', 'the batch has no records'));
    const receipt = this.#lane(topic, partition).push(batch, this.#options.now() + this.#options.deliveryTimeoutMs);
    enterUntilSettled<unknown>(
      this.#pending,
      receipt.catch(() => undefined),
    );
    this.#schedule();
    return receipt;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.all(this.#pending);
    clearInterval(this.#clock);
    await this.#options.cluster.closePool(this.#pool);
  }

  #lane(topic: string, partition: number): ProduceLane {
    const key = `${topic}/${partition}`;
    let lane = this.#lanes.get(key);
    if (!lane) {
      lane = new ProduceLane(topic, partition);
      this.#lanes.set(key, lane);
    }
    return lane;
  }

  #tick(): void {
    if (this.#pending.size === 0) return;
    const nowMs = this.#options.now();
    for (const lane of this.#lanes.values()) lane.expire(nowMs);
    this.#schedule();
  }

  /** Appends made in the same turn travel together. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#dispatch();
    });
  }

  #dispatch(): void {
    const nowMs = this.#options.now();
    const byNode = new Map<number, ProduceLane[]>();
    for (const lane of this.#lanes.values()) {
      if (!lane.isReady(nowMs)) continue;
      lane.prepare();
      const leader = this.#options.cluster.leaderOf(lane.topic, lane.partition);
      if (!leader) {
        void this.#findLeader(lane);
        continue;
      }
      const lanes = byNode.get(leader.nodeId);
      if (lanes) lanes.push(lane);
      else byNode.set(leader.nodeId, [lane]);
    }
    for (const [nodeId, lanes] of byNode) void this.#send(nodeId, lanes);
  }

  async #findLeader(lane: ProduceLane): Promise<void> {
    try {
      await this.#options.cluster.refresh(lane.topic);
      const isKnown = this.#options.cluster.leaderOf(lane.topic, lane.partition) !== undefined;
      if (isKnown) lane.yield();
      else this.#fail([lane], new Error(`${lane.topic}/${lane.partition} has no leader`));
    } catch (cause) {
      this.#fail([lane], toError(cause));
    }
    this.#schedule();
  }

  async #send(nodeId: number, lanes: readonly ProduceLane[]): Promise<void> {
    const { cluster, now } = this.#options;
    try {
      await this.#identify(lanes);
      const connection = await this.#pool.get(cluster.broker(nodeId));
      const topics = toTopics(lanes, now());
      if (topics.size > 0) this.#settle(lanes, await produce.async(connection, { timeoutMs: ACKNOWLEDGE_MS, topics }));
    } catch (cause) {
      this.#fail(lanes, toError(cause));
    }
    this.#schedule();
  }

  #settle(lanes: readonly ProduceLane[], results: readonly ProduceResult[]): void {
    const nowMs = this.#options.now();
    const byLane = new Map(results.map((result) => [`${result.topic}/${result.partition}`, result]));
    for (const lane of lanes) {
      const result = byLane.get(`${lane.topic}/${lane.partition}`);
      if (result) lane.returned(result, nowMs);
      else if (lane.isUnderWay) lane.failed(new Error('the answer leaves the partition out'), nowMs);
      if (result && result.errorCode !== 0) this.#refresh(lane.topic);
    }
  }

  #fail(lanes: readonly ProduceLane[], cause: Error): void {
    const nowMs = this.#options.now();
    for (const lane of lanes) {
      lane.failed(cause, nowMs);
      this.#refresh(lane.topic);
    }
  }

  #refresh(topic: string): void {
    // A failure here shows in the next attempt.
    this.#options.cluster.refresh(topic).catch(() => undefined);
  }

  /** Lanes share an identity until one of them has to leave it behind. */
  async #identify(lanes: readonly ProduceLane[]): Promise<void> {
    for (const lane of lanes) {
      if (lane.identity) continue;
      if (lane.abandoned !== null && lane.abandoned === this.#latest) this.#identity = null;
      this.#identity ??= this.#askIdentity();
      lane.adopt(await this.#identity);
    }
  }

  async #askIdentity(): Promise<ProducerIdentity> {
    const deadlineMs = this.#options.now() + this.#options.deliveryTimeoutMs;
    for (let attempt = 0; ; attempt++) {
      try {
        const connection = await this.#options.cluster.anyConnection();
        const { producerId, producerEpoch } = await initProducerIdV4.api.async(connection, null, 60_000);
        this.#latest = { producerId, producerEpoch };
        return this.#latest;
      } catch (cause) {
        if (this.#options.now() >= deadlineMs) {
          this.#identity = null;
          throw cause;
        }
        await delay(backoffMs(attempt));
      }
    }
  }
}

function toTopics(lanes: readonly ProduceLane[], timestampMs: number): Map<string, ProduceEntry[]> {
  const topics = new Map<string, ProduceEntry[]>();
  for (const lane of lanes) {
    const batch = lane.seal(timestampMs);
    if (!batch) {
      lane.yield();
      continue;
    }
    const entry = { partition: lane.partition, batch };
    const entries = topics.get(lane.topic);
    if (entries) entries.push(entry);
    else topics.set(lane.topic, [entry]);
  }
  return topics;
}
