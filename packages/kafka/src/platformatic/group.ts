import { backoffMs, delay, toError } from '../delay.ts';
import type { GroupMember, GroupOptions } from '../port.ts';
import type { Cluster } from './cluster.ts';
import { GroupWire, protocolErrorOf } from './group-wire.ts';
import type { Membership } from './group-wire.ts';

/** Resolves when the member has its first assignment (which may be empty). */
export async function joinGroup(cluster: Cluster, options: GroupOptions): Promise<GroupMember> {
  const session = new GroupSession(new GroupWire(cluster, options), options);
  await session.joined;
  return session;
}

/** A member hears of a rebalance by its next heartbeat, and a partition moves in two of them: it stands still for that long. */
const HEARTBEAT_MS_MAX = 300;

/**
 * Membership, kept for ever. Partitions move in two rounds (see `assignPartitions`): a member that loses some lets its
 * owner finish with them while it goes on sending heartbeats, then joins again, and only then are they given away.
 *
 * | state | event | then |
 * |---|---|---|
 * | joining | assigned less than held | let go (callback awaited), joining |
 * | joining | assigned | take (callback awaited), beating |
 * | beating | rebalance, or `rejoin` | joining, keeps what it holds |
 * | any | no longer a member | let go of everything, joining as a new member |
 * | any | broker away | back-off, find the coordinator, joining, keeps what it holds |
 *
 * Keeping while the broker is away is safe because whoever writes is fenced elsewhere; it saves a take-over per restart.
 */
class GroupSession implements GroupMember {
  readonly joined: Promise<void>;
  readonly #wire: GroupWire;
  readonly #options: GroupOptions;
  readonly #stop = new AbortController();
  readonly #stopped: Promise<never>;
  readonly #run: Promise<void>;
  #membership: Membership = { memberId: '', generationId: -1 };
  #owned: number[] = [];
  /** Resolved when this member wants the group to share out anew. */
  #wish = Promise.withResolvers<void>();

  constructor(wire: GroupWire, options: GroupOptions) {
    this.#wire = wire;
    this.#options = options;
    const first = Promise.withResolvers<void>();
    this.joined = first.promise;
    this.#stopped = new Promise((_, reject) => {
      this.#stop.signal.addEventListener('abort', () => reject(new Error('the member is closed')));
    });
    this.#stopped.catch(() => undefined);
    this.#run = this.#live(first.resolve);
  }

  async commitOffsets(topic: string, offsets: ReadonlyMap<number, number>): Promise<void> {
    await this.#wire.commit(this.#membership, topic, offsets);
  }

  rejoin(): void {
    this.#wish.resolve();
  }

  async close(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    await this.#run;
    await this.#letGo(this.#owned);
    try {
      if (this.#membership.memberId !== '') await this.#wire.leave(this.#membership.memberId);
    } catch (cause) {
      // The broker finds out by itself when the session times out.
      this.#options.onError?.(toError(cause));
    }
    await this.#wire.close();
  }

  async #live(onJoined: () => void): Promise<void> {
    let attempt = 0;
    while (!this.#stop.signal.aborted) {
      try {
        const { assigned, ...membership } = await this.#interruptible(this.#join());
        this.#membership = membership;
        attempt = 0;
        await this.#hold(assigned, onJoined);
      } catch (cause) {
        if (this.#stop.signal.aborted) return;
        await this.#recover(toError(cause), attempt++);
      }
    }
  }

  #join(): ReturnType<GroupWire['join']> {
    // This join grants what was wished for so far.
    this.#wish = Promise.withResolvers();
    return this.#wire.join({
      memberId: this.#membership.memberId,
      owned: this.#owned,
      onMember: (memberId) => {
        this.#membership = { ...this.#membership, memberId };
      },
    });
  }

  #interruptible<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#stopped]);
  }

  /** From one assignment until the next join. */
  async #hold(assigned: readonly number[], onJoined: () => void): Promise<void> {
    const heart = this.#startHeart();
    const wish = this.#wish.promise;
    try {
      const lost = this.#owned.filter((partition) => !assigned.includes(partition));
      const added = assigned.filter((partition) => !this.#owned.includes(partition));
      await this.#letGo(lost);
      this.#owned.push(...added);
      if (added.length > 0) await this.#options.onAssigned(added);
      onJoined();
      // Having let go, join again: that is how the others learn that the partitions are free.
      if (lost.length === 0) await this.#interruptible(Promise.race([heart.rebalance, wish]));
    } finally {
      heart.stop();
    }
  }

  async #letGo(partitions: readonly number[]): Promise<void> {
    if (partitions.length === 0) return;
    const lost = [...partitions];
    this.#owned = this.#owned.filter((partition) => !lost.includes(partition));
    await this.#options.onRevoked(lost);
  }

  /** Beats until stopped; `rebalance` resolves when the group wants everyone to join, rejects when membership is lost. */
  #startHeart(): { rebalance: Promise<void>; stop: () => void } {
    const membership = this.#membership;
    const intervalMs = Math.min(HEARTBEAT_MS_MAX, Math.max(100, this.#options.sessionTimeoutMs / 5));
    const stop = new AbortController();
    const rebalance = Promise.withResolvers<void>();
    // Heard only while nothing else is awaited, so it may reject unheard; the next request fails in the same way then.
    rebalance.promise.catch(() => undefined);
    const beat = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        await delay(intervalMs, stop.signal);
        if (stop.signal.aborted) return;
        try {
          await this.#wire.beat(membership);
        } catch (cause) {
          if (protocolErrorOf(cause, 'REBALANCE_IN_PROGRESS')) rebalance.resolve();
          else rebalance.reject(cause);
        }
      }
    };
    void beat();
    return { rebalance: rebalance.promise, stop: () => stop.abort() };
  }

  async #recover(error: Error, attempt: number): Promise<void> {
    if (protocolErrorOf(error, 'REBALANCE_IN_PROGRESS')) return;
    this.#options.onError?.(error);
    const isUnknown = protocolErrorOf(error, 'UNKNOWN_MEMBER_ID') !== null || protocolErrorOf(error, 'FENCED_INSTANCE_ID') !== null;
    if (isUnknown || protocolErrorOf(error, 'ILLEGAL_GENERATION')) {
      if (isUnknown) this.#membership = { memberId: '', generationId: -1 };
      await this.#letGo(this.#owned);
      if (attempt === 0) return;
    }
    this.#wire.forgetCoordinator();
    await delay(backoffMs(attempt), this.#stop.signal);
  }
}
