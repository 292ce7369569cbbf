import { pause } from '@tidegate/runtime';
import type { Logger, Metrics } from '@tidegate/telemetry';

/** What the gateway stands on. */
export type DependencyName = 'kafka' | 'postgres' | 'redis';
export type DependencyState = 'up' | 'down';

export interface DependencyOptions {
  /** Resolve where the dependency answers. */
  readonly checks: Readonly<Record<DependencyName, () => Promise<unknown>>>;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

export interface Dependencies {
  states(): Readonly<Record<DependencyName, DependencyState>>;
}

const CHECK_EVERY_MS = 2_000;
const CHECK_TIMEOUT_MS = 3_000;

/** Asks each dependency now and then, for people and metrics. Readiness never follows it: all gateways would leave at once. */
export function watchDependencies({ checks, metrics, log, signal }: DependencyOptions): Dependencies {
  const states: Record<DependencyName, DependencyState> = { kafka: 'down', postgres: 'down', redis: 'down' };

  async function watch(name: DependencyName): Promise<void> {
    const gauge = metrics.gauge('dependency_up', { dependency: name });
    while (!signal.aborted) {
      const isUp = await answers(checks[name]);
      const state = isUp ? 'up' : 'down';
      if (state !== states[name]) log.info('dependency_changed', { detail: { dependency: name, state } });
      states[name] = state;
      gauge.set(isUp ? 1 : 0);
      await pause(CHECK_EVERY_MS, signal).catch(() => undefined);
    }
  }

  void watch('kafka');
  void watch('postgres');
  void watch('redis');
  return { states: () => ({ ...states }) };
}

async function answers(check: () => Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), CHECK_TIMEOUT_MS);
  });
  try {
    return await Promise.race([check().then(() => true), late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}
