/** The parts of the process that are touched; a test gives its own. */
export interface InterruptedHost {
  on(event: 'SIGINT' | 'SIGTERM' | 'unhandledRejection', listener: () => void): void;
  exit(code: number): void;
}

export interface Interruptible<T> {
  /** `signal` is aborted by an interrupt; a start that gives up leaves nothing behind. */
  readonly start: (signal: AbortSignal) => Promise<T>;
  readonly work: (started: T) => Promise<void>;
  readonly end: (started: T) => Promise<void>;
}

/**
 * Starts, works and ends what was started, once, whatever happens. However many interrupts come, none ends the process before
 * that: servers run in sessions of their own, so a process that left early would leave them running.
 */
export async function runInterruptible<T>({ start, work, end }: Interruptible<T>, host: InterruptedHost = process): Promise<void> {
  const abort = new AbortController();
  const interrupted = Promise.withResolvers<void>();
  const stop = (): void => {
    // Parts of the work that nobody waits for any more lose their servers now: that must not end the process before the end.
    host.on('unhandledRejection', () => undefined);
    abort.abort(new Error('interrupted'));
    interrupted.resolve();
  };
  host.on('SIGINT', stop);
  host.on('SIGTERM', stop);
  try {
    const started = await start(abort.signal);
    try {
      await Promise.race([work(started), interrupted.promise]);
    } finally {
      await end(started);
    }
  } catch (error) {
    if (!abort.signal.aborted) throw error;
  }
  if (abort.signal.aborted) host.exit(1);
}
