import type { Random } from './clock.ts';
import { systemRandom } from './clock.ts';

export interface Backoff {
  readonly firstMs: number;
  readonly capMs: number;
}

export interface RetryOptions extends Backoff {
  /** Attempts in all; absent: until it works or is aborted. */
  readonly attempts?: number;
  readonly signal?: AbortSignal;
  readonly random?: Random;
  /** Whether this error is worth another attempt; default: always. */
  readonly isRetryable?: (error: unknown) => boolean;
  /** Told before each wait. */
  readonly onRetry?: (error: unknown, attempt: number, waitMs: number) => void;
  /** Replaced in tests. */
  readonly wait?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/**
 * Wait before attempt `attempt` (the first retry is 1): exponential with full jitter, so that many clients of a server
 * that comes back do not all return in the same instant.
 */
export function backoffMs(backoff: Backoff, attempt: number, random: Random): number {
  const ceiling = Math.min(backoff.capMs, backoff.firstMs * 2 ** Math.min(attempt - 1, 30));
  return ceiling / 2 + (ceiling / 2) * random();
}

/**
 * Runs `action` until it succeeds.
 * @throws the last error once attempts are spent or it is not retryable; the signal's reason when aborted
 */
export async function retry<T>(action: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    options.signal?.throwIfAborted();
    try {
      return await action(attempt);
    } catch (error) {
      if (isLast(error, attempt, options)) throw error;
      await waitBefore(error, attempt, options);
    }
  }
}

function isLast(error: unknown, attempt: number, options: RetryOptions): boolean {
  return attempt >= (options.attempts ?? Infinity) || options.isRetryable?.(error) === false;
}

async function waitBefore(error: unknown, attempt: number, options: RetryOptions): Promise<void> {
  const waitMs = backoffMs(options, attempt, options.random ?? systemRandom);
  options.onRetry?.(error, attempt, waitMs);
  await (options.wait ?? pause)(waitMs, options.signal);
}

/** Resolves after `ms`, or rejects with the signal's reason as soon as it is aborted. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const finish = (): void => {
      signal?.removeEventListener('abort', abort);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
    };
    signal?.addEventListener('abort', abort, { once: true });
  });
}
