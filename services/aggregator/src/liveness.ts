import type { EventCursor, OwnedPartition } from './owned-partition.ts';

const LOOP_STILL_MS = 60_000;
const OFFSETS_STILL_MS = 120_000;

/**
 * Whether a restart could help: the loop has not turned for 60 s, or there is lag, fetches and transactions work, and yet no
 * offset has moved for 120 s. A server that is down is no reason: a restart would not bring it back.
 */
export interface Liveness {
  turned(): void;
  moved(): void;
  fetched(isFine: boolean): void;
  committed(isFine: boolean): void;
  isLive(): boolean;
}

export function createLiveness(deps: { readonly monotonicMs: () => number; readonly owned: () => readonly OwnedPartition[] }): Liveness {
  let turnedMs = deps.monotonicMs();
  let movedMs = turnedMs;
  let isFetchFine = true;
  let isCommitFine = true;
  const hasLag = (): boolean =>
    deps.owned().some((owned) => owned.state === 'running' && (isBehind(owned.live) || isBehind(owned.backfill)));
  return {
    turned: () => void (turnedMs = deps.monotonicMs()),
    moved: () => void (movedMs = deps.monotonicMs()),
    fetched: (isFine) => void (isFetchFine = isFine),
    committed: (isFine) => void (isCommitFine = isFine),
    isLive() {
      const nowMs = deps.monotonicMs();
      if (!hasLag()) movedMs = nowMs;
      if (nowMs - turnedMs > LOOP_STILL_MS) return false;
      return !(isFetchFine && isCommitFine && nowMs - movedMs > OFFSETS_STILL_MS);
    },
  };
}

function isBehind({ endOffset, committed }: EventCursor): boolean {
  return endOffset > committed;
}
