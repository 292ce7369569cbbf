import { IDENTITY_BYTES } from '@tidegate/core';
import type { DataStore } from '@tidegate/postgres';
import { identityPosition, readEventHeaders } from './event-headers.ts';
import { VERDICT } from './fold.ts';
import type { Slice } from './fold.ts';
import type { OwnedPartition } from './owned-partition.ts';

export interface DedupeDeps {
  readonly findIdentities: DataStore['findIdentities'];
  readonly onLookup: (asked: number, found: number) => void;
}

export type Deduped =
  /** Verdicts are set; `to` may be smaller than asked when a record of an unknown kind follows. */
  { readonly kind: 'judged'; readonly slice: Slice; readonly unknown: string | null } | { readonly kind: 'overtaken' };

/** Tells first copies from later ones, in log order. Reads Postgres only where a closed generation may hold an identity. */
export function createDedupe(deps: DedupeDeps) {
  const identityAt = new Int32Array(65_536);

  /** Returns how many records of the slice may be taken, and why not more. */
  function offerAll(owned: OwnedPartition, slice: Slice): { to: number; asks: number; unknown: string | null } {
    const { slab, from, to, verdicts } = slice;
    let asks = 0;
    const isGrown = owned.grown !== null;
    for (let i = from; i < to; i += 1) {
      if (isGrown && verdicts[i - from] === VERDICT.foreign) continue;
      const at = identityPosition(slab, i);
      const headers = at >= 0 ? null : readEventHeaders(slab, i);
      if (headers?.kind === 'unknown') return { to: i, asks, unknown: headers.what };
      identityAt[i - from] = headers === null ? at : headers.kind === 'event' ? headers.identityAt : -1;
      verdicts[i - from] = offer(owned, slice, i);
      if (verdicts[i - from] === VERDICT.ask) asks += 1;
    }
    return { to, asks, unknown: null };
  }

  function offer(owned: OwnedPartition, { slab, cursor, from }: Slice, index: number): number {
    const at = identityAt[index - from] ?? -1;
    if (cursor.refused.size > 0 && cursor.refused.has(slab.offsets[index] ?? -1)) return VERDICT.refused;
    return at < 0 ? VERDICT.unreadable : VERDICT[owned.window.offer(slab.bytes, at)];
  }

  async function settle(owned: OwnedPartition, slice: Slice): Promise<boolean> {
    const { epoch } = owned;
    const places = identityAt.slice(0, slice.to - slice.from);
    for (const question of owned.window.takeQuestions()) {
      const found = await deps.findIdentities(owned.partition, question.generation, question.identities);
      if (owned.epoch !== epoch || owned.state !== 'running') return false;
      deps.onLookup(question.identities.length / IDENTITY_BYTES, found.length / IDENTITY_BYTES);
      owned.window.answer(found);
    }
    for (let i = slice.from; i < slice.to; i += 1) {
      if (slice.verdicts[i - slice.from] !== VERDICT.ask) continue;
      slice.verdicts[i - slice.from] = VERDICT[owned.window.settle(slice.slab.bytes, places[i - slice.from] ?? 0)];
    }
    return true;
  }

  return async function dedupe(owned: OwnedPartition, slice: Slice): Promise<Deduped> {
    const { to, asks, unknown } = offerAll(owned, slice);
    const taken = { ...slice, to };
    if (asks > 0 && !(await settle(owned, taken))) return { kind: 'overtaken' };
    return { kind: 'judged', slice: taken, unknown };
  };
}
