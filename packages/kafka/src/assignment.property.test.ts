import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignPartitions } from './assignment.ts';
import type { MemberClaim } from './assignment.ts';

/** Members that hold disjoint partitions, as in a group that is at rest, and some partitions that nobody holds. */
const group = fc
  .record({
    partitions: fc.integer({ min: 1, max: 30 }),
    members: fc.integer({ min: 1, max: 8 }),
    seed: fc.array(fc.nat(), { minLength: 30, maxLength: 30 }),
  })
  .map(({ partitions, members, seed }) => ({
    partitions,
    claims: Array.from({ length: members }, (_, m): MemberClaim => ({
      memberId: `m${m}`,
      owned: Array.from({ length: partitions }, (_one, p) => p).filter((p) => (seed[p] ?? 0) % (members + 1) === m),
    })),
  }));

describe('a round of a rebalance', () => {
  it('never gives a partition to two, nor to one while another still holds it', () => {
    fc.assert(
      fc.property(group, ({ partitions, claims }) => {
        const round = assignPartitions(claims, partitions);
        const given = [...round.values()].flat();
        expect(new Set(given).size).toBe(given.length);
        for (const [memberId, own] of round) {
          for (const { memberId: other, owned } of claims) {
            if (other !== memberId) expect(own.filter((partition) => owned.includes(partition))).toEqual([]);
          }
        }
      }),
    );
  });

  it('ends after the second with every partition given and counts that differ by at most one', () => {
    fc.assert(
      fc.property(group, ({ partitions, claims }) => {
        const first = assignPartitions(claims, partitions);
        // Whoever lost something lets go of it and joins again with what is left.
        const second = assignPartitions(
          claims.map(({ memberId }) => ({ memberId, owned: first.get(memberId) ?? [] })),
          partitions,
        );
        const counts = [...second.values()].map((own) => own.length);
        expect([...second.values()].flat().sort((a, b) => a - b)).toEqual(Array.from({ length: partitions }, (_, p) => p));
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('moves no more than must move', () => {
    fc.assert(
      fc.property(group, ({ partitions, claims }) => {
        const round = assignPartitions(claims, partitions);
        const most = Math.ceil(partitions / claims.length);
        const least = Math.floor(partitions / claims.length);
        for (const { memberId, owned } of claims) {
          const kept = (round.get(memberId) ?? []).filter((partition) => owned.includes(partition)).length;
          expect(kept).toBeGreaterThanOrEqual(Math.min(owned.length, least));
          expect(kept).toBeLessThanOrEqual(most);
        }
      }),
    );
  });

  it('gives a partition that two claim to one of them only', () => {
    const round = assignPartitions(
      [
        { memberId: 'a', owned: [0, 1] },
        { memberId: 'b', owned: [1] },
      ],
      2,
    );
    expect(round).toEqual(
      new Map([
        ['a', [0]],
        ['b', [1]],
      ]),
    );
  });
});
