import { createInFlight } from './in-flight.ts';

/** An answer did not come within its time. Whether the command took effect is not known. */
export class DeadlinePassed extends Error {
  constructor(ms: number) {
    super(`no answer within ${ms} ms`);
    this.name = 'DeadlinePassed';
  }
}

/** The answer, or a rejection after `ms`. */
type Within = <T>(ms: number, answer: Promise<T>) => Promise<T>;

interface Waiting {
  readonly dueMs: number;
  readonly giveUp: () => void;
}

/**
 * Deadlines of many answers by one timer, which is left to run where an answer came in time: a timer of its own for each was set
 * and cleared thousands of times a second. A process that was busy for longer than a deadline finds timer and answer due in the
 * same turn of the loop; what has arrived is looked at before the time is called up.
 */
export function createDeadline(): Within {
  const waiting = createInFlight<Waiting>();
  let timer: NodeJS.Timeout | undefined;
  let firesMs = Number.POSITIVE_INFINITY;

  function arm(dueMs: number): void {
    if (dueMs >= firesMs) return;
    clearTimeout(timer);
    firesMs = dueMs;
    timer = setTimeout(look, Math.max(1, dueMs - performance.now()));
  }

  function look(): void {
    firesMs = Number.POSITIVE_INFINITY;
    const nowMs = performance.now();
    for (const { dueMs, giveUp } of waiting) {
      if (dueMs <= nowMs) setImmediate(giveUp);
      else arm(dueMs);
    }
  }

  return function within<T>(ms: number, answer: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const dueMs = performance.now() + ms;
      const leave = waiting.enter({
        dueMs,
        giveUp: () => {
          leave();
          reject(new DeadlinePassed(ms));
        },
      });
      answer.then(
        (value) => {
          leave();
          resolve(value);
        },
        (error: unknown) => {
          leave();
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      );
      arm(dueMs);
    });
  };
}
