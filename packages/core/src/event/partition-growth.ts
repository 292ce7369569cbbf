/** Which partitions belong together once an installation has grown (docs/design/partition-growth.md). */

/** The partition count as it is, and as it was at first. */
export interface PartitionCount {
  /** With which the installation began. */
  readonly first: number;
  /** A multiple of it. */
  readonly count: number;
}

/** The partition that held the keys of `partition` while there were `count`. */
export function ancestorOf(partition: number, count: number): number {
  return partition % count;
}

/** All partitions in which what has a key of `partition` may lie, in their order: those that are the same modulo the first count ever. */
export function classOf(partition: number, { first, count }: PartitionCount): readonly number[] {
  const least = ancestorOf(partition, first);
  return Array.from({ length: count / first }, (_, at) => least + at * first);
}

/** Where a growth cannot go; null: it can. */
export function growthFault(from: number, to: number): string | null {
  if (!Number.isInteger(to) || to <= from) return `${to} is not above the ${from} partitions that there are`;
  if (to % from !== 0) return `${to} is no multiple of the ${from} partitions that there are`;
  return to > PARTITIONS_MAX ? `${to} is more than ${PARTITIONS_MAX}` : null;
}

/** What the cells' column of partitions holds. */
const PARTITIONS_MAX = 32_767;
