import type { LogClient } from '@tidegate/kafka';
import type { Limits, LimitsOptions } from './limits.ts';
import { createLimits } from './limits.ts';

export interface LimitsStart extends Omit<LimitsOptions, 'append'> {
  readonly client: Pick<LogClient, 'createProducer'>;
  /** Full name of decisions.v1. */
  readonly topic: string;
  readonly signal: AbortSignal;
}

const EVERY_MS = 1_000;

/** The limiter over its topic; what it decided is told each second until the signal is raised. */
export function startLimits({ client, topic, signal, ...options }: LimitsStart): Limits {
  const producer = client.createProducer();
  const limits = createLimits({ ...options, append: async (batch) => (await producer).append(topic, 0, batch) });
  const timer = setInterval(() => void limits.decisions.flush(), EVERY_MS);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  return limits;
}
