/** A member as the group's leader sees it. */
export interface MemberClaim {
  readonly memberId: string;
  /** Partitions that the member holds and has not yet let go. */
  readonly owned: readonly number[];
}

/**
 * Who shall read what, in one round of a cooperative rebalance: counts differ by at most one, members keep what they have as
 * far as that allows, and a partition that is to move is given to nobody until its holder has let it go. The holder learns
 * from this round that it is to let go, finishes its work, joins again, and the next round gives the partition away.
 */
export function assignPartitions(members: readonly MemberClaim[], partitionCount: number): Map<string, number[]> {
  const holders = holdersOf(members, partitionCount);
  const target = balance(members, holders);
  const round = new Map<string, number[]>();
  for (const [memberId, partitions] of target) {
    round.set(
      memberId,
      partitions.filter((partition) => (holders[partition] ?? memberId) === memberId).sort((a, b) => a - b),
    );
  }
  return round;
}

/** Holder per partition. Two that claim the same (one of them was away and does not know) cancel each other's claim out. */
function holdersOf(members: readonly MemberClaim[], partitionCount: number): (string | undefined)[] {
  const holders = Array.from<string | undefined>({ length: partitionCount });
  const disputed = new Set<number>();
  for (const { memberId, owned } of members) {
    for (const partition of owned) {
      if (partition < 0 || partition >= partitionCount) continue;
      if (holders[partition] !== undefined) disputed.add(partition);
      holders[partition] = memberId;
    }
  }
  for (const partition of disputed) holders[partition] = undefined;
  return holders;
}

function balance(members: readonly MemberClaim[], holders: readonly (string | undefined)[]): Map<string, number[]> {
  const kept = new Map<string, number[]>(members.map(({ memberId }) => [memberId, []]));
  const free: number[] = [];
  holders.forEach((memberId, partition) => {
    (memberId === undefined ? free : (kept.get(memberId) ?? free)).push(partition);
  });
  // Those that hold most get the larger shares, so that as few partitions as possible move.
  const ranked = [...kept].sort(([a, ofA], [b, ofB]) => ofB.length - ofA.length || (a < b ? -1 : 1));
  const least = Math.floor(holders.length / ranked.length);
  const larger = holders.length % ranked.length;
  ranked.forEach(([, partitions], rank) => {
    free.push(...partitions.splice(least + (rank < larger ? 1 : 0)));
  });
  free.sort((a, b) => a - b);
  ranked.forEach(([, partitions], rank) => {
    const share = least + (rank < larger ? 1 : 0);
    partitions.push(...free.splice(0, share - partitions.length));
  });
  return new Map(ranked);
}
