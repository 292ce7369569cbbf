import { createHttpServer } from '@tidegate/http';
import type { HttpListener } from '@tidegate/http';
import { deriveKey, systemClock } from '@tidegate/runtime';
import type { Logger, Metrics, Tracing } from '@tidegate/telemetry';
import type { QueryHandlers } from './handlers.ts';
import { createDelivery, type SmallAnswersDeps } from './small-answers.ts';

interface Serving {
  readonly asking: SmallAnswersDeps;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  readonly handlers: QueryHandlers;
  readonly isReady: () => boolean;
}

/** The service's HTTP, to the gateway alone. */
export function serve(
  config: { readonly secretKey: Uint8Array },
  { asking, log, metrics, tracing, handlers, isReady }: Serving,
): HttpListener {
  const callerKey = deriveKey(config.secretKey, 'tidegate/caller', 32);
  return createHttpServer({ handlers, callerKey, isReady, clock: systemClock, log, metrics, tracing, delivery: createDelivery(asking) });
}
