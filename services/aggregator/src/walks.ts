/** What an owner does beside the flushes for as long as it runs: each walk looks for work, and has its slices committed between flushes. */
import type { SeriesEntry } from '@tidegate/core';
import type { AggregatorParts } from './aggregator-parts.ts';
import { startErasures } from './erasure/erase.ts';
import type { OwnedPartition } from './owned-partition.ts';
import { rewind } from './owned-partition.ts';
import type { Ownership } from './ownership.ts';
import { startRecount } from './recount/recount.ts';
import { startRowRetention } from './row-retention.ts';
import { budgetedOf } from './take-over.ts';
import type { TaskKind } from './task-kind.ts';

export interface Walk {
  readonly kind: TaskKind;
  stop(): Promise<void>;
}

export function startWalks({ deps, registry }: AggregatorParts, ownership: Ownership, onReady: () => void): readonly Walk[] {
  const { store, limits, clock, sleep, metrics, log } = deps;
  const shared = { ...{ store, registry, onReady, clock, sleep, metrics, log }, owned: () => ownership.all() };
  const { closedAfterS, recountLookMs: lookEveryMs } = limits;
  const counted = { closedAfterS, lookEveryMs, budgetedOf: (series: SeriesEntry) => budgetedOf({ registry, limits }, series) };
  return [
    startRecount({ ...shared, ...counted, share: limits.recountShare, everyMs: limits.recountEveryMs }),
    startErasures({ ...shared, ...counted, refold: refoldBy(ownership) }),
    startRowRetention({ ...shared, closedAfterS, lookEveryMs: limits.rowRetentionLookMs }),
  ];
}

/** Drops what is folded and not committed, and reads again from the committed offsets. */
export function refoldBy(ownership: Ownership): (owned: OwnedPartition) => void {
  return (owned) => {
    rewind(owned, owned.layer);
    ownership.restart(owned);
  };
}
