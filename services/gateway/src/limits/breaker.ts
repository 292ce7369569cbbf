import type { Clock, Random } from '@tidegate/runtime';

/**
 * | state  | asked        | success      | failure                                      |
 * |--------|--------------|--------------|----------------------------------------------|
 * | closed | yes          | count to 0   | the 5th in a row opens                       |
 * | open   | no; after its wait one probe | closes | opens again, for twice as long     |
 */
export interface Breaker {
  /** Whether the dependency may be asked now. True for one caller only while a probe is due. */
  allows(): boolean;
  succeeded(): void;
  failed(): void;
  isOpen(): boolean;
}

export interface BreakerOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Told of each change of state. */
  readonly onChange?: (isOpen: boolean) => void;
}

const FAILURES_MAX = 5;
const FIRST_WAIT_MS = 100;
const WAIT_MS_MAX = 2_000;

/** Stops asking a dependency that fails, so that no request waits for it; finds out by single probes when it is back. */
export function createBreaker({ clock, random, onChange }: BreakerOptions): Breaker {
  let failures = 0;
  let waitMs = FIRST_WAIT_MS;
  let probeAtMs: number | null = null;

  function open(): void {
    const wasOpen = probeAtMs !== null;
    // Jitter, so that many gateways do not probe in the same instant.
    probeAtMs = clock.monotonicMs() + waitMs * (0.5 + random() / 2);
    waitMs = Math.min(WAIT_MS_MAX, waitMs * 2);
    if (!wasOpen) onChange?.(true);
  }

  return {
    allows() {
      if (probeAtMs === null) return true;
      if (clock.monotonicMs() < probeAtMs) return false;
      // The probe is this caller's; the others wait for what it finds.
      probeAtMs = clock.monotonicMs() + waitMs;
      return true;
    },
    succeeded() {
      failures = 0;
      waitMs = FIRST_WAIT_MS;
      if (probeAtMs === null) return;
      probeAtMs = null;
      onChange?.(false);
    },
    failed() {
      failures += 1;
      if (failures >= FAILURES_MAX || probeAtMs !== null) open();
    },
    isOpen: () => probeAtMs !== null,
  };
}
