import type { SpanContext, Tracer } from '@opentelemetry/api';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, ParentBasedSampler, TracerProvider, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace';
import { createSpanExporter } from './span-exporter.ts';
import { currentSpanContext, fromTraceparent, newContext, toTraceparent, withSpanContext } from './trace-context.ts';

/** A context as it travels: the bytes or text of a W3C `traceparent`, or nothing. */
export type Traceparent = string | Uint8Array | null | undefined;

export interface SpanOptions {
  readonly kind?: 'server' | 'client' | 'producer' | 'consumer' | 'internal';
  /** The span that caused this one. */
  readonly parent?: Traceparent;
  /** Spans whose work this one carries on together with others: a batch has many causes and so no single parent. */
  readonly links?: readonly Traceparent[];
  /** Words and numbers of this program's own, never a caller's. */
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
}

export interface TraceSpan {
  readonly traceId: string;
  /** For the next hop: an HTTP header, or `traceparentBytes` as a Kafka header. */
  readonly traceparent: string;
  readonly traceparentBytes: Uint8Array;
  /** Runs `action` so that log lines in it carry the trace. */
  run<T>(action: () => T): T;
  setAttribute(name: string, value: string | number | boolean): void;
  /** Marks the span as failed; the text is a code, never a caller's value. */
  fail(code: string): void;
  end(): void;
}

/**
 * Runs `action` in a span inside the one that the caller runs in; the span ends when the action, or the promise that it returns, does.
 * Where no spans leave the process it just runs the action.
 */
export type Step = <T>(name: StepName, action: () => T) => T;

/** The steps of a request, by the names that dashboards know them by. */
export type StepName = 'receive_request' | 'authenticate' | 'check_cache' | 'query_database' | 'generate_response' | 'send_response';

export interface Tracing {
  /** Whether spans leave the process. Where they do not, work that only serves them (reading headers of records) is left out. */
  readonly isExporting: boolean;
  startSpan(name: string, options?: SpanOptions): TraceSpan;
  /** Runs `action` in a span that ends with it and fails with it. */
  inSpan<T>(name: string, options: SpanOptions, action: (span: TraceSpan) => Promise<T>): Promise<T>;
  /** What `Step` says. */
  readonly step: Step;
  /** Sends what is still held. */
  close(): Promise<void>;
}

export interface TracingOptions {
  readonly service: string;
  /** Base URL of an OTLP/HTTP collector; absent or `none`: contexts are made and passed on, nothing is exported. */
  readonly endpoint?: string;
  /** Share of the traces begun here that are exported; default 1. */
  readonly ratio?: number;
}

const KINDS = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
} as const;

/** W3C trace context over HTTP and Kafka, on OpenTelemetry's own tracer. Nothing global is registered. */
export function createTracing(options: TracingOptions): Tracing {
  const { endpoint } = options;
  return isEndpoint(endpoint) ? tracingOf(createProvider({ ...options, endpoint }), true) : createUnsentTracing();
}

/** Without a collector: contexts are made and passed on, for logs, problem documents and whoever does export; nothing is recorded. */
function createUnsentTracing(): Tracing {
  const startSpan = (_name: string, { parent }: SpanOptions = {}): TraceSpan => new UnsentSpan(newContext(fromTraceparent(parent)));
  return {
    isExporting: false,
    startSpan,
    inSpan: async (name, options, action) => {
      const span = startSpan(name, options);
      return span.run(() => action(span));
    },
    step: (_name, action) => action(),
    close: () => Promise.resolve(),
  };
}

/** A class, so that the bytes are made only where they are asked for. */
class UnsentSpan implements TraceSpan {
  readonly traceId: string;
  readonly traceparent: string;
  readonly #context: SpanContext;

  constructor(context: SpanContext) {
    this.#context = context;
    this.traceId = context.traceId;
    this.traceparent = toTraceparent(context);
  }

  get traceparentBytes(): Uint8Array {
    return new TextEncoder().encode(this.traceparent);
  }

  run<T>(action: () => T): T {
    return withSpanContext(this.#context, action);
  }

  setAttribute(): void {
    // Nobody reads it.
  }

  fail(): void {
    // Nobody reads it.
  }

  end(): void {
    // Nobody reads it.
  }
}

/** Spans of a given provider; for the collector in memory too. */
export function tracingOf(provider: TracerProvider, isExporting: boolean): Tracing {
  const tracer = provider.getTracer('tidegate');
  const startSpan = (name: string, spanOptions: SpanOptions = {}): TraceSpan => {
    const parent = fromTraceparent(spanOptions.parent);
    const links = (spanOptions.links ?? []).map(fromTraceparent).filter((link): link is SpanContext => link !== null);
    const span = tracer.startSpan(
      name,
      {
        kind: KINDS[spanOptions.kind ?? 'internal'],
        attributes: { ...spanOptions.attributes },
        links: links.map((context) => ({ context })),
      },
      parent === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent),
    );
    const context = span.spanContext();
    const traceparent = toTraceparent(context);
    return {
      traceId: context.traceId,
      traceparent,
      traceparentBytes: new TextEncoder().encode(traceparent),
      run: (action) => withSpanContext(context, action),
      setAttribute: (attribute, value) => void span.setAttribute(attribute, value),
      fail: (code) => void span.setStatus({ code: SpanStatusCode.ERROR, message: code }),
      end: () => span.end(),
    };
  };
  return {
    isExporting,
    startSpan,
    async inSpan(name, spanOptions, action) {
      const span = startSpan(name, spanOptions);
      try {
        return await span.run(() => action(span));
      } catch (error) {
        span.fail(error instanceof Error ? error.name : 'error');
        throw error;
      } finally {
        span.end();
      }
    },
    step: isExporting ? createStep(tracer) : (_name, action) => action(),
    close: () => provider.shutdown(),
  };
}

function createStep(tracer: Tracer): Step {
  return function step(name, action) {
    const outer = currentSpanContext();
    const span = tracer.startSpan(name, {}, outer === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, outer));
    const end = (): void => span.end();
    const fail = (error: unknown): void => {
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'error' });
      span.end();
    };
    try {
      const result = withSpanContext(span.spanContext(), action);
      if (result instanceof Promise) void result.then(end, fail);
      else end();
      return result;
    } catch (error) {
      fail(error);
      throw error;
    }
  };
}

function createProvider({ service, endpoint, ratio }: TracingOptions & { readonly endpoint: string }): TracerProvider {
  const resource = resourceFromAttributes({ 'service.name': `tidegate-${service}` });
  const exporter = createSpanExporter(`${endpoint.replace(/\/+$/, '')}/v1/traces`);
  return new TracerProvider({
    resource,
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio ?? 1) }),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: 1_000 })],
  });
}

function isEndpoint(endpoint: string | undefined): endpoint is string {
  return endpoint !== undefined && endpoint !== '' && endpoint !== 'none';
}
