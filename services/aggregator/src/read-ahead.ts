import type { Logger } from '@tidegate/telemetry';

export interface ReadAhead<T> {
  /** What was read, once it is there; null while it is not. The first call begins the reading. */
  take(): T | null;
}

export interface ReadAheadDeps {
  /** There is something to take. */
  readonly onReady: () => void;
  readonly pause: (ms: number) => Promise<void>;
  readonly log: Logger;
}

const AGAIN_AFTER_MS = 1_000;

/**
 * One reading beside the flushes, so that no flush waits for it. What fails is tried again, some time after. What was taken is
 * kept until somebody makes another of these: a slice that fails takes it again.
 */
export function createReadAhead<T>(deps: ReadAheadDeps, read: () => Promise<T>): ReadAhead<T> {
  let state: 'idle' | 'reading' | { readonly value: T } = 'idle';

  async function begin(): Promise<void> {
    state = 'reading';
    try {
      state = { value: await read() };
    } catch (error) {
      deps.log.warn('task_read_failed', { error });
      await deps.pause(AGAIN_AFTER_MS);
      state = 'idle';
    }
    deps.onReady();
  }

  return {
    take() {
      if (state === 'idle') void begin();
      return typeof state === 'string' ? null : state.value;
    },
  };
}
