import { resourceFromAttributes } from '@opentelemetry/resources';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Tracing } from './tracing.ts';
import { tracingOf } from './tracing.ts';

/** A span that ended, as a test looks at it. */
export interface EndedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  /** `<trace id>-<span id>` of each link. */
  readonly links: readonly string[];
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Code of the failure, null where there was none. */
  readonly failure: string | null;
}

export interface MemoryTracing {
  readonly tracing: Tracing;
  /** Spans in the order in which they ended. */
  readonly ended: readonly EndedSpan[];
}

/** Tracing whose spans stay in this process; every trace is kept. */
export function createMemoryTracing(service: string): MemoryTracing {
  const ended: EndedSpan[] = [];
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': `tidegate-${service}` }),
    spanProcessors: [
      {
        onStart: () => undefined,
        onEnd: (span) => void ended.push(toEnded(span)),
        forceFlush: async () => undefined,
        shutdown: async () => undefined,
      },
    ],
  });
  return { tracing: tracingOf(provider, true), ended };
}

function toEnded(span: ReadableSpan): EndedSpan {
  const { traceId, spanId } = span.spanContext();
  return {
    name: span.name,
    traceId,
    spanId,
    parentSpanId: span.parentSpanContext?.spanId ?? null,
    links: span.links.map(({ context }) => `${context.traceId}-${context.spanId}`),
    attributes: span.attributes,
    failure: span.status.message ?? null,
  };
}
