/** When a piece of work is done: after a while, once at a time, and later where it failed. */
export interface Pace {
  /** In a while, if there is nothing on its way. */
  soon(): void;
  /** At once; whoever asks while it works waits for the same. Rejects as the work does. */
  now(): Promise<void>;
  /** The work is under way; null: it is not. */
  underWay(): Promise<void> | null;
  /** At once and in the background, unless it failed last. */
  full(): void;
  stop(): void;
}

export interface PaceOptions {
  readonly work: () => Promise<void>;
  readonly hasMore: () => boolean;
  readonly waitMs: number;
}

/** After work that failed, so many times the wait. */
const PAUSE_AFTER_FAILURE = 5;

export function createPace({ work, hasMore, waitMs }: PaceOptions): Pace {
  let running: Promise<void> | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let isFailing = false;
  let isStopped = false;

  /** A process that has nothing else to do is not held by it: whoever ends it flushes. */
  function arm(ms: number): void {
    if (timer !== null || running !== null || isStopped) return;
    timer = setTimeout(begin, ms);
    if (typeof timer === 'object' && 'unref' in timer) timer.unref();
  }

  function begin(): void {
    now().catch(() => undefined);
  }

  function now(): Promise<void> {
    disarm();
    running ??= work().then(
      () => rest(false),
      (error: unknown) => {
        rest(true);
        throw error;
      },
    );
    return running;
  }

  /** More may have come since the work last looked. */
  function rest(hasFailed: boolean): void {
    running = null;
    isFailing = hasFailed;
    if (hasMore()) arm(hasFailed ? waitMs * PAUSE_AFTER_FAILURE : waitMs);
  }

  function disarm(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  }

  return {
    soon: () => arm(waitMs),
    now,
    underWay: () => running,
    full: () => (isFailing ? arm(waitMs) : begin()),
    stop() {
      isStopped = true;
      disarm();
    },
  };
}
