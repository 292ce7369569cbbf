/** Receipts: opened here, compared with what is materialised and with what Postgres has committed. */
import type { Receipt } from '@tidegate/core';
import { decodeReceipt } from '@tidegate/core';
import type { ReadStore } from '@tidegate/postgres';
import type { CellStore } from '@tidegate/redis';
import type { Sealer } from '@tidegate/runtime';
import type { HeldProgress } from './read.ts';

const PREFIX = 'tgr1.';

export interface ReceiptState {
  readonly isCounted: boolean;
  /** An upper bound: events of the request in partitions that have not passed its last offset. */
  readonly pendingEvents: number;
}

/** Where the events of a receipt were found counted; null: nowhere in time. */
export type CountedIn = 'chunks' | 'postgres' | null;

export interface ReceiptsDeps {
  readonly store: CellStore;
  readonly primary: ReadStore;
  readonly sealer: Sealer;
  readonly cacheBudgetMs: number;
  readonly monotonicMs: () => number;
  /** Rejects when the client goes away. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface Receipts {
  /** Null where it is no receipt of this installation, or one of another tenant. */
  open(text: string, tenant: string): Receipt | null;
  /** Waits until the events are counted, at most `waitMs`. */
  waitFor(
    receipt: Receipt,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<{ readonly countedIn: CountedIn; readonly held: readonly HeldProgress[] }>;
}

/** Postgres is asked at the first look, then less often than Redis: it is asked for others' sake too. */
const POLL_MS = 10;
const POSTGRES_EVERY = 10;

export function createReceipts(deps: ReceiptsDeps): Receipts {
  return {
    open(text, tenant) {
      if (!text.startsWith(PREFIX)) return null;
      const plain = deps.sealer.open(new Uint8Array(Buffer.from(text.slice(PREFIX.length), 'base64url')));
      const receipt = plain === null ? null : decodeReceipt(plain);
      return receipt?.tenant === tenant ? receipt : null;
    },
    async waitFor(receipt, waitMs, signal) {
      const untilMs = deps.monotonicMs() + waitMs;
      for (let look = 0; ; look += 1) {
        const materialised = await readMaterialised(deps.store);
        if (materialised !== null && stateOf(receipt, materialised).isCounted) return { countedIn: 'chunks', held: materialised };
        const isLast = deps.monotonicMs() + POLL_MS > untilMs;
        if (isLast || look % POSTGRES_EVERY === 0) {
          const committed = await deps.primary.readProgress();
          // Committed and not materialised yet: Redis gets a moment to follow, for its answer costs less.
          if (stateOf(receipt, committed).isCounted && (isLast || look > 0)) return { countedIn: 'postgres', held: committed };
          if (isLast) return { countedIn: null, held: committed };
        }
        await deps.pause(POLL_MS, signal);
      }
    },
  };
}

async function readMaterialised(store: CellStore): Promise<readonly HeldProgress[] | null> {
  try {
    const progress = await store.readProgress();
    return progress === null ? null : [...progress.partitions.values()];
  } catch {
    return null;
  }
}

/** A partition that was read again from another log holds what the receipt speaks of, or has it in its gap record. */
export function stateOf(receipt: Receipt, held: readonly HeldProgress[]): ReceiptState {
  const byPartition = new Map(held.map((one) => [one.partition, one]));
  const pending = receipt.entries.filter(({ lane, partition, lastOffset }) => {
    const at = lane === 'live' ? byPartition.get(partition) : undefined;
    return at === undefined || !(at.logGeneration > receipt.logGeneration || at.nextOffset > lastOffset);
  });
  const pendingEvents = pending.reduce((sum, { count }) => sum + count, 0);
  return { isCounted: pending.length === 0, pendingEvents };
}
