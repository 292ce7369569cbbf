import { AsyncLocalStorage } from 'node:async_hooks';
import { randomFillSync } from 'node:crypto';
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

const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;
const CHANCE_BYTES = 256 * (TRACE_ID_BYTES + SPAN_ID_BYTES);

/** The context of a new span: of its parent's trace, or of a new one that nobody samples. */
export function newContext(parent: SpanContext | null): SpanContext {
  const traceFlags = parent === null ? TraceFlags.NONE : parent.traceFlags & TraceFlags.SAMPLED;
  return { traceId: parent?.traceId ?? newId(TRACE_ID_BYTES), spanId: newId(SPAN_ID_BYTES), traceFlags };
}

const chance = Buffer.alloc(CHANCE_BYTES);
let used = CHANCE_BYTES;

/** Chance is fetched for hundreds at a time: by itself an id would take most of what a span costs. */
function newId(bytes: number): string {
  if (used + bytes > CHANCE_BYTES) {
    randomFillSync(chance);
    used = 0;
  }
  used += bytes;
  const id = chance.toString('hex', used - bytes, used);
  return /[1-9a-f]/.test(id) ? id : newId(bytes);
}

/** The W3C `traceparent` of a context: `00-<trace id>-<span id>-<flags>`. */
export function toTraceparent(context: SpanContext): string {
  return `00-${context.traceId}-${context.spanId}-${(context.traceFlags & TraceFlags.SAMPLED) === 0 ? '00' : '01'}`;
}
