import type { Clock } from '@tidegate/runtime';
import type { BeginFlushSpan } from './flush-span.ts';
import { pauseAfter } from './flush-pace.ts';
import type { FlushSize } from './flush-size.ts';
import type { createFlush } from './flush.ts';
import { freeze } from './frozen-batch.ts';
import type { FrozenBatch } from './frozen-batch.ts';
import type { TaskRunner } from './task-runner.ts';
import { hasWork } from './owned-partition.ts';
import type { OwnedPartition } from './owned-partition.ts';

/** The loop turns at least this often, so that a still one is seen. */
const IDLE_TURN_MS = 1_000;

export interface FlushLoopDeps {
  readonly owned: () => Iterable<OwnedPartition>;
  readonly flush: ReturnType<typeof createFlush>;
  readonly beginSpan: BeginFlushSpan;
  readonly size: FlushSize;
  /** Told of each flush that committed; the next flush is not announced before this one resolves. */
  readonly afterCommit: (committed: readonly FrozenBatch[], durationMs: number) => Promise<void>;
  /** What is done between flushes. */
  readonly tasks: TaskRunner;
  /** A bucket is closed so long after its end. */
  readonly closedAfterS: number;
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
 * begins at once; under load batches grow by themselves (`flush-pace.ts`).
 */
export function startFlushLoop(deps: FlushLoopDeps): FlushLoop {
  const pace = createPace(deps);
  let isLast = false;
  let announced: Promise<void> = Promise.resolve();
  let round: PromiseWithResolvers<void> = Promise.withResolvers();

  async function flushOnce(): Promise<void> {
    const startedMs = deps.clock.monotonicMs();
    const frozen = freezeAll(deps);
    const span = deps.beginSpan(frozen);
    const committed = await span.commit(() => deps.flush(frozen));
    const durationMs = deps.clock.monotonicMs() - startedMs;
    if (frozen.length > 0) measure(deps, pace, { frozen, durationMs });
    // Announcements follow one another, one flush behind at most.
    await announced;
    if (committed.length === 0) span.end();
    else
      announced = span
        .announce(() => deps.afterCommit(committed, durationMs))
        .catch(deps.onFault)
        .finally(() => span.end());
  }

  /** Never beside a flush: its commit is one in the partition's row, as a flush is. */
  async function runSlice(): Promise<void> {
    const announce = await deps.tasks.runSlice();
    if (announce === null) return;
    await announced;
    announced = announce().catch(deps.onFault);
  }

  async function run(): Promise<void> {
    while (!isLast) {
      await pace.next();
      deps.onTurn();
      isLast = pace.isStopping();
      const done = round;
      round = Promise.withResolvers();
      await flushOnce();
      done.resolve();
      if (!isLast) await runSlice();
    }
  }

  const running = run().catch(deps.onFault);
  return {
    wake: pace.wake,
    async drain() {
      pace.urge(1);
      try {
        // The round that runs may have begun before the last records were folded; this one has not.
        if (!pace.isStopping()) await round.promise;
        await announced;
      } finally {
        pace.urge(-1);
      }
    },
    async stop() {
      pace.stop();
      await running;
      await announced;
    },
  };
}

function freezeAll({ owned, clock, closedAfterS }: FlushLoopDeps): readonly FrozenBatch[] {
  const closing = { nowMs: clock.nowMs(), closedAfterS };
  return [...owned()].filter(hasWork).map((one) => freeze(one, closing));
}

interface Flushed {
  readonly frozen: readonly FrozenBatch[];
  readonly durationMs: number;
}

/** What a flush says of those to come: when, and how large; and that tasks take less of the time. */
function measure({ tasks, size }: FlushLoopDeps, pace: Pace, { frozen, durationMs }: Flushed): void {
  tasks.flushed();
  size.flushed({ durationMs, cells: frozen.reduce((sum, { folded }) => sum + folded.deltas.length, 0) });
  // Pauses gather live events; backfill takes what is left of the time by its share of a turn.
  pace.flushed({ durationMs, events: frozen.reduce((sum, { batch }) => sum + batch.live.events, 0) });
}

/** When the next flush begins. */
interface Pace {
  /** Resolves when there is something to flush and the pause is over, when a slice may begin, or when somebody does not want to wait. */
  next(): Promise<void>;
  wake(): void;
  flushed(flush: { readonly durationMs: number; readonly events: number }): void;
  /** Counts those who do not want to wait. */
  urge(by: 1 | -1): void;
  stop(): void;
  isStopping(): boolean;
}

function createPace(deps: FlushLoopDeps): Pace {
  const { clock, pauseMinMs, pauseMaxMs } = deps;
  let waiting = Promise.withResolvers<void>();
  let isStopping = false;
  let urgent = 0;
  let notBeforeMs = 0;
  const isUrged = (): boolean => isStopping || urgent > 0;
  const wake = (): void => waiting.resolve();

  async function waitAtMost(ms: number): Promise<void> {
    await sleep(ms, waiting.promise);
    waiting = Promise.withResolvers();
  }

  return {
    wake,
    async next() {
      while (!isUrged() && ![...deps.owned()].some(hasWork)) {
        const sliceInMs = deps.tasks.waitMs();
        if (sliceInMs <= 0) return;
        await waitAtMost(Math.min(IDLE_TURN_MS, sliceInMs));
        deps.onTurn();
      }
      // Woken early by more work: only urgency shortens the pause.
      for (let left = notBeforeMs - clock.monotonicMs(); left > 0 && !isUrged(); left = notBeforeMs - clock.monotonicMs())
        await waitAtMost(left);
    },
    flushed: (flush) => {
      notBeforeMs = clock.monotonicMs() + pauseAfter(flush, { minMs: pauseMinMs, maxMs: pauseMaxMs });
    },
    urge: (by) => {
      urgent += by;
      wake();
    },
    stop: () => {
      isStopping = true;
      wake();
    },
    isStopping: () => isStopping,
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
