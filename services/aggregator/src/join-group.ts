import type { GroupMember } from '@tidegate/kafka';
import type { AggregatorParts } from './aggregator-parts.ts';
import type { Ownership } from './ownership.ts';

/** What the group gives is taken over; what it takes back is committed first. */
export async function joinGroup({ deps, admin, growth }: AggregatorParts, ownership: Ownership): Promise<GroupMember> {
  growth.joined((await admin.describeTopic(deps.topics.events))?.partitions ?? 0);
  return deps.client.joinGroup({
    groupId: deps.groupId,
    topic: deps.topics.events,
    sessionTimeoutMs: deps.sessionTimeoutMs,
    onAssigned: (partitions) => {
      deps.log.info('partitions_assigned', { detail: { partitions: partitions.join(', ') } });
      ownership.assign(partitions);
    },
    onRevoked: async (partitions) => {
      await ownership.revoke(partitions);
      deps.log.info('partitions_let_go', { detail: { partitions: partitions.join(', ') } });
    },
    onError: (error) => deps.log.warn('group_failed', { error }),
  });
}
