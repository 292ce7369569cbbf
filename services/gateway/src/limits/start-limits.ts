import type { LogClient } from '@tidegate/kafka';
import { readJsonSince } from '@tidegate/kafka';
import type { Limits, LimitsOptions } from './limits.ts';
import { createLimits } from './limits.ts';

export interface LimitsStart extends Omit<LimitsOptions, 'append'> {
  readonly client: Pick<LogClient, 'createProducer' | 'createAdmin' | 'createReader'>;
  /** Full name of decisions.v1. */
  readonly topic: string;
  readonly signal: AbortSignal;
}

export interface StartedLimits extends Limits {
  /** Hands on what all gateways told of their decisions since an instant, up to now; rejects where the signal is raised before. */
  readonly readDecisions: (sinceMs: number, onValue: (value: unknown) => void, signal: AbortSignal) => Promise<void>;
}

const EVERY_MS = 1_000;

/** The limiter over its topic; what it decided is told each second until the signal is raised. */
export function startLimits({ client, topic, signal, ...options }: LimitsStart): StartedLimits {
  const producer = client.createProducer();
  const limits = createLimits({ ...options, append: async (batch) => (await producer).append(topic, 0, batch) });
  const timer = setInterval(() => void limits.decisions.flush(), EVERY_MS);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  return {
    ...limits,
    readDecisions: (sinceMs, onValue, ends) => readJsonSince({ client, topic, sinceMs, onValue, signal: ends }),
  };
}
