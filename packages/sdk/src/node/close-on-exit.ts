import process from 'node:process';

interface Closable {
  flush(): Promise<void>;
  close(withinMs?: number): Promise<void>;
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * Sends what waits before the process ends: when it has nothing else to do, and on SIGTERM and SIGINT. Where nobody else listens to
 * the signal, it ends the process as the signal would have; where somebody does, ending is theirs. `process.exit` cannot be waited
 * for: `await tracker.close()` before it. Returns what takes it back.
 */
export function closeOnExit(tracker: Closable, withinMs = 5_000): () => void {
  const onIdle = (): void => {
    // It comes again whenever there is nothing to do, which sending is: only what waits keeps the process.
    void tracker.flush().catch(() => undefined);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    const isOurs = process.listenerCount(signal) === 1;
    void tracker.close(withinMs).finally(() => {
      takeBack();
      if (isOurs) process.kill(process.pid, signal);
    });
  };
  function takeBack(): void {
    process.off('beforeExit', onIdle);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
  process.on('beforeExit', onIdle);
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return takeBack;
}
