import type { CountedThrough } from '@tidegate/postgres';
import type { Clock } from '@tidegate/runtime';
import { pause } from '@tidegate/runtime';
import type { Logger, Metrics } from '@tidegate/telemetry';

/** What the gateway stands on. */
export type DependencyName = 'kafka' | 'postgres' | 'redis';
export type DependencyState = 'connected' | 'degraded' | 'stopped';
/** How one question to a dependency ended. */
export type CheckOutcome = 'answered' | 'late' | 'failed';

export interface DependencyOptions {
  /** Resolve where the dependency answers. */
  readonly checks: Readonly<Record<Exclude<DependencyName, 'postgres'>, () => Promise<unknown>>>;
  /** The question to Postgres. */
  readonly readProgress: () => Promise<CountedThrough>;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Milliseconds between two questions; default 2,000. */
  readonly everyMs?: number;
}

export interface SeenProgress extends CountedThrough {
  readonly seenMs: number;
}

export interface Dependencies {
  states(): Readonly<Record<DependencyName, DependencyState>>;
  /** As Postgres last said; null: it never has. */
  progress(): SeenProgress | null;
}

const CHECK_EVERY_MS = 2_000;
const CHECK_TIMEOUT_MS = 3_000;
/** An answer after this is one that requests cannot wait for. */
const LATE_MS = 1_000;
const FAILURES_MAX = 3;

interface Condition {
  readonly state: DependencyState;
  readonly failures: number;
}

/** Nothing is there until it has answered once. */
export const UNKNOWN: Condition = { state: 'stopped', failures: FAILURES_MAX };

/**
 * | state     | answered  | late     | failed                             |
 * |-----------|-----------|----------|------------------------------------|
 * | connected | connected | degraded | degraded                           |
 * | degraded  | connected | degraded | stopped at the third in a row      |
 * | stopped   | connected | degraded | stopped                            |
 */
export function afterCheck({ failures }: Condition, outcome: CheckOutcome): Condition {
  if (outcome !== 'failed') return { state: outcome === 'late' ? 'degraded' : 'connected', failures: 0 };
  const inARow = failures + 1;
  return { state: inARow < FAILURES_MAX ? 'degraded' : 'stopped', failures: inARow };
}

/** Asks each dependency now and then, for people and metrics. Readiness never follows it: all gateways would leave at once. */
export function watchDependencies(options: DependencyOptions): Dependencies {
  const { checks, readProgress, metrics, log, signal, clock, everyMs = CHECK_EVERY_MS } = options;
  let progress: SeenProgress | null = null;
  const asked: Readonly<Record<DependencyName, () => Promise<unknown>>> = {
    ...checks,
    postgres: async () => (progress = { ...(await readProgress()), seenMs: clock.nowMs() }),
  };
  const conditions: Record<DependencyName, Condition> = { kafka: UNKNOWN, postgres: UNKNOWN, redis: UNKNOWN };

  async function watch(name: DependencyName): Promise<void> {
    const gauge = metrics.gauge('dependency_up', { dependency: name });
    while (!signal.aborted) {
      const outcome = await ask(asked[name], clock);
      const condition = afterCheck(conditions[name], outcome);
      const { state } = condition;
      if (state !== conditions[name].state) log.info('dependency_changed', { detail: { dependency: name, state } });
      conditions[name] = condition;
      gauge.set(outcome === 'failed' ? 0 : 1);
      await pause(everyMs, signal).catch(() => undefined);
    }
  }

  void watch('kafka');
  void watch('postgres');
  void watch('redis');
  return {
    progress: () => progress,
    states: () => ({ kafka: conditions.kafka.state, postgres: conditions.postgres.state, redis: conditions.redis.state }),
  };
}

async function ask(check: () => Promise<unknown>, clock: Clock): Promise<CheckOutcome> {
  const startedMs = clock.monotonicMs();
  let timer: NodeJS.Timeout | undefined;
  const timedOut = new Promise<'failed'>((resolve) => {
    timer = setTimeout(() => resolve('failed'), CHECK_TIMEOUT_MS);
  });
  const answered = async (): Promise<CheckOutcome> => {
    await check();
    return clock.monotonicMs() - startedMs > LATE_MS ? 'late' : 'answered';
  };
  try {
    return await Promise.race([answered(), timedOut]);
  } catch {
    return 'failed';
  } finally {
    clearTimeout(timer);
  }
}
