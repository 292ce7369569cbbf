import { findErrorBy, listOffsetsV7 } from '@platformatic/kafka';
import { pause, retry } from '@tidegate/runtime';
import type { Cluster } from './cluster.ts';

export interface OffsetRange {
  readonly start: number;
  readonly end: number;
}

const EARLIEST = -2n;
const LATEST = -1n;

/** First offset and offset after the last one of each partition, asked of their leaders; waits out an election of a few seconds. */
export function listOffsets(cluster: Cluster, topic: string, partitions: readonly number[]): Promise<Map<number, OffsetRange>> {
  return untilLeaderAnswers(async () => {
    await cluster.refresh(topic);
    return askLeaders(cluster, topic, partitions);
  });
}

/** A partition that has no leader in the cluster's metadata. */
export class NoLeader extends Error {
  constructor(topic: string, partition: number) {
    super(`${topic}/${partition} has no leader`);
    this.name = 'NoLeader';
  }
}

/** Answers of a broker that is not, or not yet, the leader that the metadata says it is (https://kafka.apache.org/protocol#protocol_error_codes). */
const BETWEEN_LEADERS = ['LEADER_NOT_AVAILABLE', 'NOT_LEADER_OR_FOLLOWER', 'OFFSET_NOT_AVAILABLE'];
/** At least 3.7 s in all, at most twice that. */
const ELECTION = { firstMs: 50, capMs: 1_000, attempts: 12 };

/** Asks again while the leader is not the one that was asked; any other failure is the caller's at once. */
export function untilLeaderAnswers<T>(ask: () => Promise<T>, wait = pause): Promise<T> {
  return retry(ask, { ...ELECTION, wait, isRetryable: isBetweenLeaders });
}

function isBetweenLeaders(cause: unknown): boolean {
  if (cause instanceof NoLeader) return true;
  return cause instanceof Error && BETWEEN_LEADERS.some((apiId) => findErrorBy(cause, 'apiId', apiId));
}

async function askLeaders(cluster: Cluster, topic: string, partitions: readonly number[]): Promise<Map<number, OffsetRange>> {
  const byNode = new Map<number, number[]>();
  for (const partition of partitions) {
    const leader = cluster.leaderOf(topic, partition);
    if (!leader) throw new NoLeader(topic, partition);
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
