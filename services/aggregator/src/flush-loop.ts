import type { Clock } from '@tidegate/runtime';
import type { createFlush } from './flush.ts';
import { freeze } from './frozen-batch.ts';
import type { FrozenBatch } from './frozen-batch.ts';
import { hasWork } from './owned-partition.ts';
import type { OwnedPartition } from './owned-partition.ts';

/** Pauses between flushes are this many times as long as the last flush: flushing takes about a third of the time. */
const PAUSE_PER_FLUSH = 2;

export interface FlushLoopDeps {
  readonly owned: () => Iterable<OwnedPartition>;
  readonly flush: ReturnType<typeof createFlush>;
  /** Told of each flush that committed; the next flush is not announced before this one resolves. */
  readonly afterCommit: (committed: readonly FrozenBatch[], durationMs: number) => Promise<void>;
  readonly pauseMinMs: number;
  readonly pauseMaxMs: number;
  readonly clock: Clock;
  readonly onTurn: () => void;
  readonly onFault: (error: unknown) => void;
}

export interface FlushLoop {
  /** There may be something to flush. */
  wake(): void;
  /** Flushes what is folded now, whatever the pace, and waits until it is announced. */
  drain(): Promise<void>;
  /** Flushes what is there, then ends. */
  stop(): Promise<void>;
}

/**
 * Flushes all partitions that hold something, one flush at a time, while the next batches are folded. At low rates a flush
 * begins at once; under load batches grow by themselves, because the pause grows with the duration of the flush.
 */
export function startFlushLoop(deps: FlushLoopDeps): FlushLoop {
  let waiting = Promise.withResolvers<void>();
  let isStopping = false;
  let isUrgent = 0;
  let notBeforeMs = 0;
  let announced: Promise<void> = Promise.resolve();
  let round: PromiseWithResolvers<void> = Promise.withResolvers();

  function wake(): void {
    waiting.resolve();
  }

  async function waitForWork(): Promise<void> {
    while (!isStopping && ![...deps.owned()].some(hasWork) && isUrgent === 0) {
      await sleep(1_000, waiting.promise);
      waiting = Promise.withResolvers();
      deps.onTurn();
    }
    for (;;) {
      const left = notBeforeMs - deps.clock.monotonicMs();
      if (left <= 0 || isStopping || isUrgent > 0) return;
      await sleep(left, waiting.promise);
      waiting = Promise.withResolvers();
      // Woken early by more work: only urgency shortens the pause.
    }
  }

  async function flushOnce(): Promise<void> {
    const startedMs = deps.clock.monotonicMs();
    const frozen = [...deps.owned()].filter(hasWork).map((owned) => freeze(owned, deps.clock.nowMs()));
    const committed = await deps.flush(frozen);
    const durationMs = deps.clock.monotonicMs() - startedMs;
    if (frozen.length > 0)
      notBeforeMs = deps.clock.monotonicMs() + Math.min(deps.pauseMaxMs, Math.max(deps.pauseMinMs, durationMs * PAUSE_PER_FLUSH));
    // Announcements follow one another, one flush behind at most.
    await announced;
    if (committed.length > 0) announced = deps.afterCommit(committed, durationMs).catch(deps.onFault);
  }

  async function run(): Promise<void> {
    for (;;) {
      await waitForWork();
      deps.onTurn();
      const isLast = isStopping;
      const done = round;
      round = Promise.withResolvers();
      await flushOnce();
      done.resolve();
      if (isLast) return;
    }
  }

  const running = run().catch(deps.onFault);
  return {
    wake,
    async drain() {
      isUrgent += 1;
      try {
        // The round that runs may have begun before the last records were folded; this one has not.
        if (!isStopping) {
          const { promise } = round;
          wake();
          await promise;
        }
        await announced;
      } finally {
        isUrgent -= 1;
      }
    },
    async stop() {
      isStopping = true;
      wake();
      await running;
      await announced;
    },
  };
}

function sleep(ms: number, wakened: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    void wakened.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
