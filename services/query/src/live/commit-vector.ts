/** How far a reader's rows reach at least: of each partition the commit that was materialised before they were asked for. */
import type { Advance } from '@tidegate/redis';
import type { Sealer } from '@tidegate/runtime';
import { z } from 'zod';
import { openText, sealText } from '../sealed-text.ts';

export type CommitVector = ReadonlyMap<number, { readonly term: number; readonly commitNo: number }>;

/** The vector with what is materialised now. */
export function advanced(vector: CommitVector, advances: readonly Advance[]): CommitVector {
  const next = new Map(vector);
  for (const { progress } of advances) {
    const { partition, term, commitNo } = progress;
    const known = next.get(partition);
    if (known === undefined || term > known.term || (term === known.term && commitNo > known.commitNo))
      next.set(partition, { term, commitNo });
  }
  return next;
}

/** Whether commits of one can be compared with those of the other: a new term may have lost some of the one before. */
export function isSameHistory(a: CommitVector, b: CommitVector): boolean {
  return [...a].every(([partition, { term }]) => b.get(partition)?.term === term);
}

/** Whether everything that `a` reaches, `b` reaches too. */
export function isWithin(a: CommitVector, b: CommitVector): boolean {
  for (const [partition, { term, commitNo }] of a) {
    const other = b.get(partition);
    if (other?.term !== term || other.commitNo < commitNo) return false;
  }
  return true;
}

const VECTOR_SCHEMA = z.array(z.tuple([z.int(), z.int(), z.int()])).max(10_000);

/** Sealed: how many commits there are is nobody's business. */
export function sealVector(sealer: Sealer, vector: CommitVector): string {
  const triples = [...vector].map(([partition, { term, commitNo }]) => [partition, term, commitNo]);
  return sealText(sealer, triples);
}

/** Null where it is no id of this installation. */
export function openVector(sealer: Sealer, id: string): CommitVector | null {
  const parsed = VECTOR_SCHEMA.safeParse(openText(sealer, id));
  return parsed.success ? new Map(parsed.data.map(([partition, term, commitNo]) => [partition, { term, commitNo }])) : null;
}
