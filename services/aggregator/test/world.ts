import { createCanonicalReader } from '@tidegate/core';
import { createRecordBatch, ensureTidegateTopics, topicNames } from '@tidegate/kafka';
import type { LogClient, LogProducer } from '@tidegate/kafka';
import { createMemoryBroker } from '@tidegate/kafka/memory';
import type { MemoryBroker } from '@tidegate/kafka/memory';
import type { DataStore, EventLane, RawRow } from '@tidegate/postgres';
import { createMemoryDatabase, createMemoryStore, growMemory } from '@tidegate/postgres/memory';
import type { MemoryDatabase, MemoryStoreOptions } from '@tidegate/postgres/memory';
import { createMetrics, createTracing, silentLogger } from '@tidegate/telemetry';
import type { Logger, Tracing } from '@tidegate/telemetry';
import type { Aggregator, AggregatorDeps } from '../src/aggregator.ts';
import { startAggregator } from '../src/aggregator.ts';
import type { FaultPoint } from '../src/fault-points.ts';
import { canonical, controlRecord, eventHeaders, JSON_HEADERS, partitionOf } from './records.ts';
import type { PackChange, TestEvent } from './records.ts';

export const TOPICS = topicNames('test.');
export const PARTITIONS = 3;
export const START_MS = Date.UTC(2026, 2, 1, 12);
const encoder = new TextEncoder();

/** One process that may die: from then on nothing it does reaches the servers. */
export interface TestProcess {
  readonly name: string;
  readonly aggregator: Aggregator;
  isDead: boolean;
  /** Was held at a point of its commit: put out of the group, and not told. */
  wasHeld: boolean;
}

interface Life {
  isDead: boolean;
  wasHeld: boolean;
  /** Held at a point of its commit, and no member of the group any more; resolved when it may go on. */
  held: PromiseWithResolvers<void> | null;
}

export interface FaultPlan {
  /**
   * Asked at each point; `die` ends the process there, `fail` makes the step fail, `pause` (within a commit) holds it there
   * while the group gives its partitions to others, as a stopped process or a long collection does.
   */
  (point: FaultPoint): 'go on' | 'fail' | 'die' | 'pause';
}

/** Kafka and Postgres in memory with the shipped topics, and processes that share them. */
interface SendOptions {
  readonly packVersion?: number;
  readonly value?: string;
  readonly partition?: number;
  /** Default: one that tells no partition. */
  readonly key?: Uint8Array;
  readonly traceparent?: string;
  /** Default: live. */
  readonly lane?: EventLane;
}

export class World {
  readonly broker: MemoryBroker;
  readonly database: MemoryDatabase = createMemoryDatabase();
  readonly processes: TestProcess[] = [];
  private readonly lives: Life[] = [];
  nowMs = START_MS;
  /** Rows that the database refuses. */
  refuses: (row: RawRow) => boolean = () => false;
  /** What processes store in; another one than that in memory leaves `database` empty. */
  openStore: (options: MemoryStoreOptions) => DataStore = createMemoryStore;
  /** Appends of ingest are never made to fail: what it sends is what counts. */
  isIngesting = false;
  tracing: Tracing = createTracing({ service: 'aggregator' });
  log: Logger = silentLogger;
  private producer: LogProducer | null = null;
  private isClosing = false;

  constructor() {
    this.broker = createMemoryBroker({ now: () => this.nowMs });
  }

  static async create(): Promise<World> {
    const world = new World();
    await ensureTidegateTopics(world.broker.createClient('setup').createAdmin(), {
      prefix: 'test.',
      partitions: PARTITIONS,
      replicationFactor: 1,
    });
    world.producer = await world.broker.createClient('ingest').createProducer();
    return world;
  }

  /** The switch of a growth; topics follow by `growTopics`. */
  grow(from: number, to: number): void {
    growMemory(this.database, { from, to });
  }

  async growTopics(to: number): Promise<void> {
    const admin = this.broker.createClient('grower').createAdmin();
    for (const topic of [TOPICS.rejected, TOPICS.rollups, TOPICS.backfill, TOPICS.events]) await admin.addPartitions(topic, to);
  }

  /** Deletes a topic and makes it anew: an empty log of another id. */
  renewTopic(name: string): void {
    this.broker.deleteTopic(name);
    this.broker.createTopic({ name, partitions: PARTITIONS, replicationFactor: 1, configs: { 'message.timestamp.type': 'LogAppendTime' } });
  }

  async append(
    topic: string,
    partition: number,
    record: { key?: string | Uint8Array; value: string | Uint8Array; headers: Uint8Array },
  ): Promise<void> {
    const batch = createRecordBatch();
    const value = typeof record.value === 'string' ? encoder.encode(record.value) : record.value;
    const { key = 'k' } = record;
    batch.add(typeof key === 'string' ? encoder.encode(key) : key, value, record.headers);
    this.isIngesting = true;
    const appended = this.producer?.append(topic, partition, batch);
    this.isIngesting = false;
    await appended;
  }

  async tellPack(version = 1, change: PackChange = {}): Promise<void> {
    await this.append(TOPICS.control, 0, { key: 'pack/acme/shop', value: controlRecord(version, change), headers: JSON_HEADERS });
  }

  /** What the publisher says each second: nothing that was recorded before now is yet to be told. */
  async beat(): Promise<void> {
    const value = JSON.stringify({ version: this.nowMs, value: {} });
    await this.append(TOPICS.control, 0, { key: 'beat/-/publisher', value, headers: JSON_HEADERS });
  }

  async send(event: TestEvent, options: SendOptions = {}): Promise<void> {
    const partition = options.partition ?? partitionOf(event.id, PARTITIONS);
    await this.append(options.lane === 'backfill' ? TOPICS.backfill : TOPICS.events, partition, {
      ...(options.key === undefined ? {} : { key: options.key }),
      value: options.value ?? canonical(event, options.packVersion ?? 1),
      headers: eventHeaders(event.id, options.traceparent === undefined ? {} : { traceparent: options.traceparent }),
    });
  }

  async start(name: string, plan: FaultPlan = () => 'go on', overrides: Partial<AggregatorDeps['limits']> = {}): Promise<TestProcess> {
    const state: Life = { isDead: false, wasHeld: false, held: null };
    this.lives.push(state);
    const client = this.mortalClient(name, state);
    const die = (): void => {
      state.isDead = true;
      queueMicrotask(() => void this.broker.killMember(name, 'aggregator'));
    };
    const fault = async (point: FaultPoint): Promise<void> => {
      let verdict = state.isDead ? 'die' : plan(point);
      if (verdict === 'pause') verdict = await this.hold(name, state);
      if (verdict === 'die') die();
      if (verdict !== 'go on') throw new Error(`${verdict} at ${point}`);
    };
    const store = this.openStore({ database: this.database, fault, refuses: (row) => this.refuses(row) });
    const aggregator = await startAggregator({
      client,
      store: mortalStore(store, state),
      topics: TOPICS,
      groupId: 'aggregator',
      sessionTimeoutMs: 6_000,
      limits: {
        ...{ dedupWindowMs: 8 * 86_400_000, dedupCloseAt: 40, dedupFilterBytesMax: 150, cachedCellsMax: 16 },
        ...{ knownSeriesMax: 4, writtenSeriesMax: 4 },
        ...{
          batchRecordsMax: 64,
          rejectedBytesMax: 1_000_000_000,
          dimensionValuesMax: 10_000,
          flushPauseMinMs: 1,
          flushPauseMaxMs: 2,
          idleMs: 10,
          sealDelayMs: 0,
          closedAfterS: 86_400,
          recountShare: 0,
          recountEveryMs: 0,
          recountLookMs: 5,
          rowRetentionLookMs: 5,
          ...overrides,
        },
      },
      reader: createCanonicalReader(),
      seal: (_tenant, original) => Uint8Array.from(original),
      newToken: () => crypto.getRandomValues(new Uint8Array(16)),
      fault: (point) => {
        // Outside a commit a failing step is a dead process: announcements and take-overs have no half way.
        if (!state.isDead && plan(point) === 'die') die();
        if (state.isDead) throw new Error(`dead at ${point}`);
      },
      clock: { nowMs: () => this.nowMs, monotonicMs: () => performance.now() },
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 2))),
      random: () => 0.5,
      log: this.log,
      metrics: createMetrics('aggregator'),
      tracing: this.tracing,
      onFatal: () => undefined,
    });
    const process: TestProcess = Object.assign(state, { name, aggregator });
    this.processes.push(process);
    // Dead before it was in the group.
    if (state.isDead) await this.kill(process);
    return process;
  }

  /** Ends a process without a word; the group notices. */
  async kill(process: TestProcess): Promise<void> {
    process.isDead = true;
    await this.broker.killMember(process.name, 'aggregator');
  }

  private async hold(name: string, state: Life): Promise<'go on' | 'die'> {
    if (this.isClosing) return 'go on';
    state.wasHeld = true;
    state.held = Promise.withResolvers();
    await this.broker.killMember(name, 'aggregator');
    await state.held?.promise;
    return state.isDead ? 'die' : 'go on';
  }

  /** Held processes go on with what they had in hand. */
  resume(): void {
    for (const state of this.lives) {
      state.held?.resolve();
      state.held = null;
    }
  }

  async close(): Promise<void> {
    this.isClosing = true;
    this.resume();
    await Promise.all(this.processes.map((process) => process.aggregator.stop().catch(() => undefined)));
  }

  /** Everything in the topics of all lanes is counted. */
  isCounted(): boolean {
    const partitions = this.broker.describeTopic(TOPICS.events)?.partitions ?? 0;
    for (let partition = 0; partition < partitions; partition += 1) {
      for (const [lane, topic] of [
        ['live', TOPICS.events],
        ['backfill', TOPICS.backfill],
        ['rejected', TOPICS.rejected],
      ] as const) {
        const slab = this.broker.read(topic, partition);
        if ((this.database.lanes.get(`${lane}/${partition}`)?.nextOffset ?? -1) < slab.endOffset) return false;
      }
    }
    return true;
  }

  private mortalClient(name: string, state: { isDead: boolean }): LogClient {
    const client = this.broker.createClient(name);
    return {
      ...client,
      createProducer: async () => {
        const producer = await client.createProducer();
        return {
          close: () => producer.close(),
          append: (...sent) => (state.isDead ? Promise.reject(new Error('dead')) : producer.append(...sent)),
        };
      },
    };
  }
}

/** A store that a dead process cannot reach any more. */
function mortalStore(store: DataStore, state: { isDead: boolean }): DataStore {
  return new Proxy(store, {
    get(target, name, receiver) {
      const member: unknown = Reflect.get(target, name, receiver);
      if (typeof member !== 'function') return member;
      return (...given: unknown[]) => {
        if (state.isDead && name !== 'close')
          return name === 'readJournal' || name === 'readIdentities' ? dead() : Promise.reject(new Error('dead'));
        return Reflect.apply(member, target, given);
      };
    },
  });
}

function dead(): AsyncIterable<never> {
  return { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('dead')) }) };
}

/** Polls for a fact. */
export async function until(what: string, holds: () => boolean, timeoutMs = 10_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
