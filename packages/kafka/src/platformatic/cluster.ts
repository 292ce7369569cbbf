import { Base, ConnectionPool } from '@platformatic/kafka';
import type { BaseOptions, Broker, ClusterMetadata, Connection, ConnectionOptions } from '@platformatic/kafka';
import type { LogClientOptions } from '../client-options.ts';

export interface Leader {
  readonly nodeId: number;
  readonly topicId: string;
}

interface KnownTopic {
  readonly topicId: string;
  /** By partition; undefined while a leader is being elected. */
  readonly leaders: readonly (Leader | undefined)[];
  readonly replicationFactor: number;
}

/** A pause between two questions for the same topic's metadata, so that many partitions in trouble ask once. */
const REFRESH_PAUSE_MS = 50;

/** Who leads which partition, and connections to them. Asks the library, which speaks the protocol; retrying is the caller's. */
export class Cluster {
  readonly #base: Base;
  readonly #clientId: string;
  readonly #connectionOptions: ConnectionOptions;
  readonly #pools = new Set<ConnectionPool>();
  readonly #refreshes = new Map<string, Promise<void>>();
  #known: ClusterMetadata | undefined;
  readonly #topics = new Map<string, KnownTopic>();

  constructor(options: LogClientOptions) {
    this.#clientId = options.clientId;
    this.#connectionOptions = connectionOptions(options);
    this.#base = new Base(baseOptions(options));
  }

  /** Connections of their own for one purpose: a long poll or a group's join would hold up what shares its connection. */
  openPool(options: ConnectionOptions = {}): ConnectionPool {
    const pool = new ConnectionPool(this.#clientId, { ...this.#connectionOptions, ...options });
    this.#pools.add(pool);
    return pool;
  }

  async closePool(pool: ConnectionPool): Promise<void> {
    this.#pools.delete(pool);
    await pool.close();
  }

  /** Undefined while unknown: then `refresh` the topic. */
  leaderOf(topic: string, partition: number): Leader | undefined {
    return this.#topics.get(topic)?.leaders[partition];
  }

  /** All partitions of the topic have a leader, as far as is known. */
  isLed(topic: string): boolean {
    return this.#topics.get(topic)?.leaders.every((leader) => leader !== undefined) ?? false;
  }

  broker(nodeId: number): Broker {
    const broker = this.#known?.brokers.get(nodeId);
    if (!broker) throw new Error(`broker ${nodeId} is not in the cluster's metadata`);
    return broker;
  }

  /** A connection for short questions to one broker. */
  connection(nodeId: number): Promise<Connection> {
    return this.#base.connections.get(this.broker(nodeId));
  }

  /** A connection to any broker, for requests that all of them answer. */
  async anyConnection(): Promise<Connection> {
    if (!this.#known) await this.#ask([]);
    return this.#base.connections.getFirstAvailable([...(this.#known?.brokers.values() ?? [])]);
  }

  async clusterId(): Promise<string> {
    return (await this.#ask([])).id;
  }

  /** Number of partitions, asked anew: what `refresh` shares may be older than the growth that is asked about. Rejects for a topic that does not exist. */
  async describe(topic: string): Promise<{ topicId: string; partitions: number; replicationFactor: number }> {
    await this.#refresh(topic);
    const found = this.#topics.get(topic);
    if (!found) throw new Error(`topic ${topic} is not in the cluster's metadata`);
    return { topicId: found.topicId, partitions: found.leaders.length, replicationFactor: found.replicationFactor };
  }

  /** Asks for the topic's leaders; calls at the same time, and a moment after it, share one question. */
  refresh(topic: string): Promise<void> {
    const running = this.#refreshes.get(topic);
    if (running) return running;
    const refresh = this.#refresh(topic).finally(() => {
      setTimeout(() => this.#refreshes.delete(topic), REFRESH_PAUSE_MS).unref();
    });
    this.#refreshes.set(topic, refresh);
    return refresh;
  }

  async close(): Promise<void> {
    const pools = [...this.#pools];
    this.#pools.clear();
    await Promise.all([...pools.map((pool) => pool.close()), this.#base.close()]);
  }

  async #refresh(topic: string): Promise<void> {
    const metadata = await this.#ask([topic]);
    const found = metadata.topics.get(topic);
    if (!found) return;
    const leaders = found.partitions.map(({ leader }) => (leader < 0 ? undefined : { nodeId: leader, topicId: found.id }));
    this.#topics.set(topic, { topicId: found.id, leaders, replicationFactor: found.partitions[0]?.replicas.length ?? 0 });
  }

  async #ask(topics: string[]): Promise<ClusterMetadata> {
    this.#known = await this.#base.metadata({ topics, forceUpdate: true });
    return this.#known;
  }
}

/** Settings for the library's own clients: it retries nothing, since here every caller has its own rule for that. */
export function baseOptions(options: LogClientOptions): BaseOptions {
  return {
    clientId: options.clientId,
    bootstrapBrokers: [...options.brokers],
    retries: 0,
    autocreateTopics: false,
    ...connectionOptions(options),
  };
}

function connectionOptions({ sasl, ssl }: LogClientOptions): ConnectionOptions {
  return {
    connectTimeout: 5_000,
    requestTimeout: 15_000,
    ...(sasl ? { sasl: { ...sasl } } : {}),
    ...(ssl ? { tls: { ...ssl }, tlsServerName: true } : {}),
  };
}
