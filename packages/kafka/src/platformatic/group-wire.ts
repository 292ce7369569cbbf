import {
  ProtocolError,
  findCoordinatorV4,
  findErrorBy,
  heartbeatV4,
  joinGroupV7,
  leaveGroupV4,
  offsetCommitV8,
  syncGroupV5,
} from '@platformatic/kafka';
import type { Connection, ConnectionPool } from '@platformatic/kafka';
import { assignPartitions } from '../assignment.ts';
import type { GroupOptions } from '../port.ts';
import type { Cluster } from './cluster.ts';
import { GROUP_PROTOCOL, decodeAssignment, decodeOwned, encodeAssignment, encodeSubscription } from './group-protocol.ts';

const PROTOCOL_TYPE = 'consumer';
const KEY_IS_GROUP = 0;

/** This process in the eyes of the group's coordinator. */
export interface Membership {
  readonly memberId: string;
  readonly generationId: number;
}

export interface JoinAs {
  /** Empty for a member that has no id yet. */
  readonly memberId: string;
  readonly owned: readonly number[];
  readonly onMember: (memberId: string) => void;
}

type Joined = Awaited<ReturnType<typeof joinGroupV7.api.async>>;

/** The group's requests, each sent once; the session decides what an error means. */
export class GroupWire {
  readonly #cluster: Cluster;
  readonly #pool: ConnectionPool;
  readonly #options: GroupOptions;
  readonly #rebalanceTimeoutMs: number;
  #coordinator: { host: string; port: number } | null = null;

  constructor(cluster: Cluster, options: GroupOptions) {
    this.#cluster = cluster;
    this.#options = options;
    this.#rebalanceTimeoutMs = Math.max(30_000, options.sessionTimeoutMs);
    // A join is answered when all members have joined, so it may take that long.
    this.#pool = cluster.openPool({ requestTimeout: this.#rebalanceTimeoutMs + 10_000 });
  }

  forgetCoordinator(): void {
    this.#coordinator = null;
  }

  /**
   * Joins, distributes the partitions if this member is to lead, and returns what it is given. `onMember` is told the member's id
   * as soon as the coordinator knows it: whoever forgets it leaves a member behind that all others wait for, until its session ends.
   */
  async join({ memberId, owned, onMember }: JoinAs): Promise<Membership & { assigned: number[] }> {
    const joined = await this.#joinGroup({ memberId, owned, onMember });
    const assignments = joined.leader === joined.memberId ? await this.#distribute(joined) : [];
    const { groupId, topic } = this.#options;
    const synced = await syncGroupV5.api.async(
      await this.#connection(),
      groupId,
      joined.generationId,
      joined.memberId,
      null,
      PROTOCOL_TYPE,
      GROUP_PROTOCOL,
      assignments,
    );
    const assigned = decodeAssignment(synced.assignment, topic);
    return { memberId: joined.memberId, generationId: joined.generationId, assigned };
  }

  async beat({ memberId, generationId }: Membership): Promise<void> {
    await heartbeatV4.api.async(await this.#connection(), this.#options.groupId, generationId, memberId, null);
  }

  /** On a connection of its own: the broker takes nothing from one on which a join waits for the other members. */
  async leave(memberId: string): Promise<void> {
    const pool = this.#cluster.openPool();
    try {
      this.#coordinator ??= await this.#findCoordinator();
      const connection = await pool.get(this.#coordinator);
      await leaveGroupV4.api.async(connection, this.#options.groupId, [{ memberId, groupInstanceId: null }]);
    } finally {
      await this.#cluster.closePool(pool);
    }
  }

  async commit({ memberId, generationId }: Membership, topic: string, offsets: ReadonlyMap<number, number>): Promise<void> {
    const partitions = [...offsets].map(([partitionIndex, offset]) => ({
      partitionIndex,
      committedOffset: BigInt(offset),
      committedLeaderEpoch: -1,
      committedMetadata: null,
    }));
    await offsetCommitV8.api.async(await this.#connection(), this.#options.groupId, generationId, memberId, null, [
      { name: topic, partitions },
    ]);
  }

  close(): Promise<void> {
    return this.#cluster.closePool(this.#pool);
  }

  async #joinGroup({ memberId, owned, onMember }: JoinAs): Promise<Joined> {
    const { groupId, topic, sessionTimeoutMs } = this.#options;
    const connection = await this.#connection();
    const protocols = [{ name: GROUP_PROTOCOL, metadata: encodeSubscription({ topic, owned }) }];
    const join = (id: string): Promise<Joined> =>
      joinGroupV7.api.async(connection, groupId, sessionTimeoutMs, this.#rebalanceTimeoutMs, id, null, PROTOCOL_TYPE, protocols);
    try {
      return await join(memberId);
    } catch (cause) {
      // A first join is answered with the id to join under.
      const required = protocolErrorOf(cause, 'MEMBER_ID_REQUIRED');
      const givenId: unknown = required?.['memberId'];
      if (typeof givenId !== 'string') throw cause;
      onMember(givenId);
      return await join(givenId);
    }
  }

  async #distribute(joined: Joined): Promise<{ memberId: string; assignment: Buffer }[]> {
    const { topic } = this.#options;
    const { partitions } = await this.#cluster.describe(topic);
    const members = joined.members.map(({ memberId, metadata }) => ({ memberId, owned: metadata ? decodeOwned(metadata, topic) : [] }));
    return [...assignPartitions(members, partitions)].map(([memberId, given]) => ({
      memberId,
      assignment: encodeAssignment(topic, given),
    }));
  }

  async #connection(): Promise<Connection> {
    this.#coordinator ??= await this.#findCoordinator();
    return this.#pool.get(this.#coordinator);
  }

  async #findCoordinator(): Promise<{ host: string; port: number }> {
    const connection = await this.#cluster.anyConnection();
    const answer = await findCoordinatorV4.api.async(connection, KEY_IS_GROUP, [this.#options.groupId]);
    const coordinator = answer.coordinators[0];
    if (!coordinator) throw new Error(`no broker says that it coordinates group ${this.#options.groupId}`);
    return { host: coordinator.host, port: coordinator.port };
  }
}

/** The protocol error with that name somewhere in what a request was rejected with. */
export function protocolErrorOf(cause: unknown, apiId: string): ProtocolError | null {
  if (!(cause instanceof Error)) return null;
  const found = findErrorBy<ProtocolError>(cause, 'apiId', apiId);
  return found instanceof ProtocolError ? found : null;
}
