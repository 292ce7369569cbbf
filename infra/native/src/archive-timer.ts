import { setTimeout as delay } from 'node:timers/promises';
import type { RunningProcess } from './child-process.ts';
import { lastWords } from './readiness.ts';

export interface ArchiveTimer {
  /** Ends the run that is under way: what it has not archived stays in Postgres. */
  stop(): Promise<void>;
}

export interface ArchiveTimerOptions {
  /** Begins `tidegate archive run`: once, in a process of its own. */
  readonly launch: () => RunningProcess;
  /** Told why a run failed; it is tried again at its next time. */
  readonly onFailed: (reason: string) => void;
  /** From the end of a run to the next one. */
  readonly pause?: (signal: AbortSignal) => Promise<void>;
}

const DAY_MS = 86_400_000;

/** Raw days that are over are archived now, and a day after each run has ended; an installation without any other timer has this one. */
export function startArchiveTimer({ launch, onFailed, pause = aDay }: ArchiveTimerOptions): ArchiveTimer {
  const ended = new AbortController();
  let running: RunningProcess | null = null;
  const turns = (async () => {
    while (!ended.signal.aborted) {
      running = launch();
      const { code } = await running.exited;
      if (code !== 0 && !ended.signal.aborted) onFailed(lastWords(running));
      running = null;
      await pause(ended.signal).catch(() => undefined);
    }
  })();
  return {
    async stop() {
      ended.abort();
      await running?.stop();
      await turns;
    },
  };
}

async function aDay(signal: AbortSignal): Promise<void> {
  await delay(DAY_MS, undefined, { signal, ref: false });
}
