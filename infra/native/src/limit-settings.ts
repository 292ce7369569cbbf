import type { Environment } from './home.ts';
import type { Tuning } from './kafka-server.ts';

/** On one machine all callers have one address, which tells none of them from another; keys and tenants are limited as ever. */
const ONE_ADDRESS = { RATE_LIMIT_REQUESTS_PER_MINUTE: '6000000' };
/** A test asks faster than an installation is meant to be asked. */
const NO_FLOOD = { LIMIT_GLOBAL_PER_MINUTE: '6000000' };

interface LimitOptions {
  readonly tuning?: Tuning;
  readonly env?: Environment;
}

/** Limits of an installation on one machine, where the environment does not say otherwise. */
export function limitSettings({ tuning = 'test', env = process.env }: LimitOptions): Readonly<Record<string, string>> {
  const usual = { ...ONE_ADDRESS, ...(tuning === 'test' ? NO_FLOOD : {}) };
  return Object.fromEntries(Object.entries(usual).filter(([name]) => (env[name] ?? '') === ''));
}
