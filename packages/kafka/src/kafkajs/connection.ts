import { Kafka, logLevel } from 'kafkajs';
import type { KafkaConfig, RetryOptions } from 'kafkajs';
import type { LogClientOptions } from '../client-options.ts';

/** The library's own retries go on for ever; who waits for them has a deadline of his own. */
export const ENDLESS: RetryOptions = { retries: Number.MAX_SAFE_INTEGER, initialRetryTime: 100, maxRetryTime: 1_000 };

/** Retries for about that long: what an append has given up must not go on trying behind its back. */
export function retriesWithin(forMs: number): RetryOptions {
  // The waits double from 100 ms to 1 s, so the first four together take a second and a half.
  return { retries: 4 + Math.ceil(Math.max(0, forMs - 1_500) / 1_000), initialRetryTime: 100, maxRetryTime: 1_000 };
}

export function createKafka(options: LogClientOptions, retry: RetryOptions = ENDLESS): Kafka {
  return new Kafka({
    clientId: options.clientId,
    brokers: [...options.brokers],
    // Errors reach the caller through the port; the library would write them to the console in a format of its own.
    logLevel: logLevel.NOTHING,
    connectionTimeout: 5_000,
    requestTimeout: 15_000,
    retry,
    ...(options.ssl ? { ssl: { ...options.ssl } } : {}),
    ...(options.sasl ? { sasl: toSasl(options.sasl) } : {}),
  });
}

function toSasl({ mechanism, username, password }: NonNullable<LogClientOptions['sasl']>): NonNullable<KafkaConfig['sasl']> {
  switch (mechanism) {
    case 'PLAIN':
      return { mechanism: 'plain', username, password };
    case 'SCRAM-SHA-256':
      return { mechanism: 'scram-sha-256', username, password };
    case 'SCRAM-SHA-512':
      return { mechanism: 'scram-sha-512', username, password };
  }
}
