/** Time as a dependency: everything outside core that asks "when" is given one of these, so tests can set the hour. */
export interface Clock {
  /** Wall time in epoch milliseconds. */
  nowMs(): number;
  /** Monotonic time in milliseconds, for durations; its zero has no meaning. */
  monotonicMs(): number;
}

/** The clock of the machine. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

/** Randomness as a dependency: a number in [0, 1). */
export type Random = () => number;

/** The random source of the platform; for jitter, never for secrets. */
export const systemRandom: Random = () => Math.random();
