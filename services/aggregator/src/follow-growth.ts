import type { GroupMember, LogAdmin } from '@tidegate/kafka';

export interface FollowGrowthDeps {
  readonly admin: Pick<LogAdmin, 'describeTopic'>;
  readonly topic: string;
  /** Null: it has not joined yet. */
  readonly member: () => GroupMember | null;
  readonly pause: (ms: number) => Promise<void>;
  readonly isStopping: () => boolean;
  readonly onError: (error: unknown) => void;
}

export interface FollowGrowth {
  /** So many partitions the topic had when the group was joined: those are shared out. */
  joined(partitions: number): void;
  /** A claim told how many there are. */
  learned(count: number): void;
}

const LOOK_EVERY_MS = 500;

/** Has the group share out new partitions as soon as the topic has them, which is behind the switch of a growth. */
export function createFollowGrowth(deps: FollowGrowthDeps): FollowGrowth {
  let known = 0;

  async function follow(count: number): Promise<void> {
    while (!deps.isStopping() && known === count) {
      try {
        const description = await deps.admin.describeTopic(deps.topic);
        const member = deps.member();
        if (member !== null && (description?.partitions ?? 0) >= count) {
          member.rejoin();
          return;
        }
      } catch (error) {
        deps.onError(error);
      }
      await deps.pause(LOOK_EVERY_MS);
    }
  }

  return {
    joined: (partitions) => void (known = Math.max(known, partitions)),
    learned(count) {
      if (count <= known) return;
      known = count;
      void follow(count);
    },
  };
}
