import { setTimeout as sleep } from 'node:timers/promises';

/** Waits, or less if the signal is raised; never rejects. */
export async function delay(forMs: number, signal?: AbortSignal): Promise<void> {
  await sleep(forMs, undefined, signal ? { signal } : {}).catch(() => undefined);
}

/** Wait before attempt n (from 0): 50 ms, doubling to 1 s. */
export function backoffMs(attempt: number): number {
  return Math.min(1_000, 50 * 2 ** Math.min(attempt, 5));
}

export function toError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error(String(cause));
}
