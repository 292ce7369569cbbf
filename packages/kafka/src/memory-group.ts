import { assignPartitions } from './assignment.ts';
import type { GroupOptions } from './port.ts';

interface Member {
  readonly memberId: string;
  readonly options: GroupOptions;
  owned: number[];
  isAlive: boolean;
}

/** Membership in memory: rebalances run one after another, and what moves is let go before it is given. */
export class MemoryGroup {
  readonly #partitions: (topic: string) => number;
  readonly #members = new Map<string, Member>();
  #rebalances: Promise<void> = Promise.resolve();

  constructor(partitions: (topic: string) => number) {
    this.#partitions = partitions;
  }

  async join(memberId: string, options: GroupOptions): Promise<void> {
    this.#members.set(memberId, { memberId, options, owned: [], isAlive: true });
    await this.#rebalance();
  }

  async rejoin(): Promise<void> {
    await this.#rebalance();
  }

  async leave(memberId: string): Promise<void> {
    const member = this.#members.get(memberId);
    if (!member) return;
    this.#members.delete(memberId);
    const owned = member.owned;
    member.owned = [];
    if (owned.length > 0) await notify(member, 'onRevoked', owned);
    member.isAlive = false;
    await this.#rebalance();
  }

  /** The member is gone without a word: nothing of it is called any more. */
  async kill(memberId: string): Promise<void> {
    const member = this.#members.get(memberId);
    if (!member) return;
    member.isAlive = false;
    this.#members.delete(memberId);
    await this.#rebalance();
  }

  #rebalance(): Promise<void> {
    this.#rebalances = this.#rebalances
      .then(() => this.#round())
      .then((moved) => (moved ? this.#round() : undefined))
      .then(() => undefined);
    return this.#rebalances;
  }

  async #round(): Promise<boolean> {
    const members = [...this.#members.values()];
    const first = members[0];
    if (!first) return false;
    const target = assignPartitions(members, this.#partitions(first.options.topic));
    let hasRevoked = false;
    for (const member of members) {
      const wanted = target.get(member.memberId) ?? [];
      const lost = member.owned.filter((partition) => !wanted.includes(partition));
      const added = wanted.filter((partition) => !member.owned.includes(partition));
      member.owned = wanted;
      hasRevoked ||= lost.length > 0;
      if (lost.length > 0) await notify(member, 'onRevoked', lost);
      if (added.length > 0) await notify(member, 'onAssigned', added);
    }
    return hasRevoked;
  }
}

async function notify(member: Member, callback: 'onAssigned' | 'onRevoked', partitions: readonly number[]): Promise<void> {
  if (member.isAlive) await member.options[callback](partitions);
}
