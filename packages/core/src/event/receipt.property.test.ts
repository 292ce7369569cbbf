import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Receipt } from './receipt.ts';
import { countOf, decodeReceipt, encodeReceipt, lastOffsetOf, RECEIPT_RUNS_MAX } from './receipt.ts';

/** The model: who of several requests owns each offset of a partition, one letter each, from a first offset on. */
const partition = fc.record({
  first: fc.nat(2 ** 40),
  owners: fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 60 }),
});

/** The receipt of request `a`, every event a run of its own and in no order, as its batches may have ended. */
function receiptOf(
  partitions: readonly { readonly first: number; readonly owners: readonly string[] }[],
  order: (n: number) => number,
): Receipt {
  const entries = partitions.flatMap(({ first, owners }, at) => {
    const own = owners.flatMap((owner, i) => (owner === 'a' ? [{ first: first + i, count: 1 }] : []));
    const runs = own.toSorted((x, y) => order(x.first) - order(y.first));
    return own.length === 0 ? [] : [{ lane: 'live' as const, partition: at, runs }];
  });
  return { tenant: 'acme', logGeneration: 1, entries };
}

function offsetsOf(receipt: Receipt | null): string[] {
  return (receipt?.entries ?? []).flatMap((entry) =>
    entry.runs.flatMap(({ first, count }) => Array.from({ length: count }, (_, i) => `${entry.partition}/${first + i}`)),
  );
}

describe('a receipt', () => {
  test('holds exactly the offsets of its request, however requests lie between each other', () => {
    fc.assert(
      fc.property(fc.array(partition, { maxLength: 5 }), fc.integer({ min: 1, max: 97 }), (partitions, salt) => {
        const receipt = receiptOf(partitions, (n) => (n * salt) % 101);
        const read = decodeReceipt(encodeReceipt(receipt));
        const owned = partitions.flatMap(({ first, owners }, at) =>
          owners.flatMap((owner, i) => (owner === 'a' ? [`${at}/${first + i}`] : [])),
        );
        expect(offsetsOf(read)).toEqual(owned);
        for (const entry of read?.entries ?? []) {
          const { first = 0, owners = [] } = partitions[entry.partition] ?? {};
          expect(countOf(entry)).toBe(owners.filter((owner) => owner === 'a').length);
          expect(lastOffsetOf(entry)).toBe(first + owners.lastIndexOf('a'));
        }
      }),
    );
  });

  test('of events that all came one by one among others still fits into a header, and claims no offset less than it has', () => {
    // Partition 0 has gaps of 1, partition 1 of 9: the narrow ones are closed first, the wide ones stay.
    const runsOf = (events: number, step: number) => Array.from({ length: events }, (_, i) => ({ first: i * step, count: 1 }));
    const entries = [
      { lane: 'live' as const, partition: 0, runs: runsOf(4_000, 2) },
      { lane: 'live' as const, partition: 1, runs: runsOf(500, 10) },
    ];
    const bytes = encodeReceipt({ tenant: 'acme', logGeneration: 1, entries });
    const read = decodeReceipt(bytes);
    expect(read?.entries.flatMap(({ runs }) => runs)).toHaveLength(RECEIPT_RUNS_MAX);
    expect(bytes.length).toBeLessThan(3 * RECEIPT_RUNS_MAX);
    const held = new Set(offsetsOf(read));
    expect(offsetsOf({ tenant: 'acme', logGeneration: 1, entries }).filter((offset) => !held.has(offset))).toEqual([]);
    expect(read?.entries[1]?.runs).toEqual(entries[1]?.runs);
  });
});
