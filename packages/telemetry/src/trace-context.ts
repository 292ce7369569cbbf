import { AsyncLocalStorage } from 'node:async_hooks';
import { isSpanContextValid, TraceFlags } from '@opentelemetry/api';
import type { SpanContext } from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';

const current = new AsyncLocalStorage<SpanContext>();

/** Runs `action` so that log lines written in it carry the trace. */
export function withSpanContext<T>(context: SpanContext, action: () => T): T {
  return current.run(context, action);
}

/** Trace id of the span in which the caller runs, or null outside any. */
export function currentTraceId(): string | null {
  return current.getStore()?.traceId ?? null;
}

/** The span in which the caller runs, for one that begins inside it; null outside any. */
export function currentSpanContext(): SpanContext | null {
  return current.getStore() ?? null;
}

/** The context in a W3C `traceparent`, or null where there is none or it is malformed. */
export function fromTraceparent(traceparent: string | Uint8Array | null | undefined): SpanContext | null {
  if (traceparent === null || traceparent === undefined) return null;
  const text = typeof traceparent === 'string' ? traceparent : Buffer.from(traceparent).toString('latin1');
  const context = parseTraceParent(text);
  return context !== null && isSpanContextValid(context) ? { ...context, isRemote: true } : null;
}

/** The W3C `traceparent` of a context: `00-<trace id>-<span id>-<flags>`. */
export function toTraceparent(context: SpanContext): string {
  const flags = (context.traceFlags & TraceFlags.SAMPLED).toString(16).padStart(2, '0');
  return `00-${context.traceId}-${context.spanId}-${flags}`;
}
