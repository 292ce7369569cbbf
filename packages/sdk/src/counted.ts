import type { ReceiptState } from './wire.ts';

const RECEIPT_WAIT_MS = 10_000;
/** An import has thousands of them, and each is a round trip. */
const RECEIPTS_AT_ONCE = 8;

type AskReceipt = (receipt: string, waitMs: number) => Promise<Pick<ReceiptState, 'counted' | 'log_changed'>>;

/** Waits until all events of the receipts are counted; false when `withinMs` is over first, or waiting does not help. */
export function createCounted(ask: AskReceipt, nowMs: () => number) {
  async function isCounted(receipt: string, deadlineMs: number): Promise<boolean> {
    for (;;) {
      const leftMs = Math.floor(deadlineMs - nowMs());
      const state = await ask(receipt, Math.max(0, Math.min(leftMs, RECEIPT_WAIT_MS)));
      if (state.counted) return true;
      if (leftMs <= 0 || state.log_changed === true) return false;
    }
  }

  return async function counted(receipts: readonly string[], withinMs: number): Promise<boolean> {
    const deadlineMs = nowMs() + withinMs;
    // All take from it; it is empty once one of them knows the answer, or could not ask.
    const left = [...receipts].toReversed();
    const askInTurn = async (): Promise<boolean> => {
      for (let next = left.pop(); next !== undefined; next = left.pop()) {
        const is = await isCounted(next, deadlineMs).catch((error: unknown) => {
          left.length = 0;
          throw error;
        });
        if (is) continue;
        left.length = 0;
        return false;
      }
      return true;
    };
    const each = await Promise.all(Array.from({ length: RECEIPTS_AT_ONCE }, askInTurn));
    return each.every((is) => is);
  };
}
