import type { LogPushOptions } from './log-push.ts';
import type { LogLine } from './logger.ts';

export interface LogForwarding {
  readonly forward: (line: LogLine) => void;
  close(): Promise<void>;
}

/**
 * Passes log lines on to a collector, in batches and off the path of who writes. What the collector does not take is gone from
 * there; it is on stdout. So are the last lines of a process that a fault ends: it does not wait for a collector.
 */
export function forwardLogs(options: LogPushOptions): LogForwarding {
  const loading = import('./log-push.ts').then(({ startLogPush }) => startLogPush(options));
  return {
    forward: (line) => void loading.then((push) => push.emit(line)).catch(() => undefined),
    close: async () => (await loading).close(),
  };
}
