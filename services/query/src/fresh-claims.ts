/** What every answer says of now: how far what it holds is counted, and how late that is. */
import { freshnessOf, toIsoUtc } from '@tidegate/core';
import type { Freshness } from './freshness.ts';
import type { HeldProgress } from './read.ts';
import type { ReceiptState } from './receipts.ts';

export interface FreshClaims {
  readonly complete_through: string | null;
  readonly lag_ms: number;
  readonly status: string;
  readonly generated_at: string;
  readonly backfill_pending: number;
  readonly after?: { readonly counted: boolean; readonly pending_events: number; readonly log_changed?: true };
}

export interface ClaimingDeps {
  readonly freshness: Freshness;
  readonly nowMs: () => number;
}

/** `after`: of the receipt that was waited for. */
export function freshClaims(deps: ClaimingDeps, held: readonly HeldProgress[], after: ReceiptState | null): FreshClaims {
  const nowMs = deps.nowMs();
  const { completeThroughMs, lagMs, status } = freshnessOf(deps.freshness.of(held), nowMs);
  return {
    complete_through: completeThroughMs === null ? null : toIsoUtc(completeThroughMs),
    lag_ms: Math.round(lagMs),
    status,
    generated_at: toIsoUtc(nowMs),
    backfill_pending: deps.freshness.backfillPending(held),
    ...(after === null ? {} : { after: toAfter(after) }),
  };
}

function toAfter({ isCounted, pendingEvents, isLogChanged }: ReceiptState): NonNullable<FreshClaims['after']> {
  return { counted: isCounted, pending_events: pendingEvents, ...(isLogChanged ? { log_changed: true as const } : {}) };
}
