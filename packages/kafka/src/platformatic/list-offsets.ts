import { listOffsetsV7 } from '@platformatic/kafka';
import type { Cluster } from './cluster.ts';

export interface OffsetRange {
  readonly start: number;
  readonly end: number;
}

const EARLIEST = -2n;
const LATEST = -1n;

/** First offset and offset after the last one of each partition, asked of their leaders. */
export async function listOffsets(cluster: Cluster, topic: string, partitions: readonly number[]): Promise<Map<number, OffsetRange>> {
  await cluster.refresh(topic);
  const byNode = new Map<number, number[]>();
  for (const partition of partitions) {
    const leader = cluster.leaderOf(topic, partition);
    if (!leader) throw new Error(`${topic}/${partition} has no leader`);
    byNode.set(leader.nodeId, [...(byNode.get(leader.nodeId) ?? []), partition]);
  }
  const ranges = new Map<number, OffsetRange>();
  for (const [nodeId, wanted] of byNode) {
    const [starts, ends] = await Promise.all([
      ask(cluster, nodeId, { topic, partitions: wanted, timestamp: EARLIEST }),
      ask(cluster, nodeId, { topic, partitions: wanted, timestamp: LATEST }),
    ]);
    for (const partition of wanted) ranges.set(partition, { start: starts.get(partition) ?? 0, end: ends.get(partition) ?? 0 });
  }
  return ranges;
}

interface OffsetQuestion {
  readonly topic: string;
  readonly partitions: readonly number[];
  readonly timestamp: bigint;
}

async function ask(cluster: Cluster, nodeId: number, { topic, partitions, timestamp }: OffsetQuestion): Promise<Map<number, number>> {
  const connection = await cluster.connection(nodeId);
  const question = partitions.map((partitionIndex) => ({ partitionIndex, currentLeaderEpoch: -1, timestamp }));
  const answer = await listOffsetsV7.api.async(connection, -1, 0, [{ name: topic, partitions: question }]);
  const found = answer.topics.flatMap((answered) => answered.partitions);
  return new Map(found.map(({ partitionIndex, offset }) => [partitionIndex, Number(offset)]));
}
