/** What an owner does beside the flushes for as long as it runs: each walk looks for work, and has its slices committed between flushes. */
import type { AggregatorParts } from './aggregator-parts.ts';
import { startErasures } from './erasure/erase.ts';
import type { Erasures } from './erasure/erase.ts';
import type { OwnedPartition } from './owned-partition.ts';
import { rewind } from './owned-partition.ts';
import type { Ownership } from './ownership.ts';
import { startRecount } from './recount/recount.ts';
import type { Recount } from './recount/recount.ts';
import { startRowRetention } from './row-retention.ts';
import type { RowRetention } from './row-retention.ts';
import { budgetedOf } from './take-over.ts';
import type { TaskKind } from './task-kind.ts';

export interface Walk {
  readonly kind: TaskKind;
  stop(): Promise<void>;
}

export function startWalks(parts: AggregatorParts, ownership: Ownership, onReady: () => void): readonly Walk[] {
  return [startRecounts(parts, ownership, onReady), startErasing(parts, ownership, onReady), startAging(parts, ownership, onReady)];
}

/** Drops what is folded and not committed, and reads again from the committed offsets. */
export function refoldBy(ownership: Ownership): (owned: OwnedPartition) => void {
  return (owned) => {
    rewind(owned, owned.layer);
    ownership.restart(owned);
  };
}

function startRecounts({ deps, registry }: AggregatorParts, ownership: Ownership, onReady: () => void): Recount {
  const { store, limits, clock, sleep, metrics, log } = deps;
  return startRecount({
    ...{ store, registry, onReady, clock, sleep, metrics, log },
    ...{ share: limits.recountShare, everyMs: limits.recountEveryMs, lookEveryMs: limits.recountLookMs },
    closedAfterS: limits.closedAfterS,
    owned: () => ownership.all(),
    budgetedOf: (series) => budgetedOf({ registry, limits }, series),
  });
}

function startErasing({ deps, registry }: AggregatorParts, ownership: Ownership, onReady: () => void): Erasures {
  const { store, limits, clock, sleep, metrics, log } = deps;
  return startErasures({
    ...{ store, registry, onReady, clock, sleep, metrics, log, refold: refoldBy(ownership) },
    ...{ lookEveryMs: limits.recountLookMs, closedAfterS: limits.closedAfterS },
    owned: () => ownership.all(),
    budgetedOf: (series) => budgetedOf({ registry, limits }, series),
  });
}

function startAging({ deps, registry }: AggregatorParts, ownership: Ownership, onReady: () => void): RowRetention {
  const { store, limits, clock, sleep, metrics, log } = deps;
  return startRowRetention({
    ...{ store, registry, onReady, clock, sleep, metrics, log },
    ...{ lookEveryMs: limits.rowRetentionLookMs, closedAfterS: limits.closedAfterS },
    owned: () => ownership.all(),
  });
}
