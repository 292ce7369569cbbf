import { ExportResultCode } from '@opentelemetry/core';
import type { SpanExporter } from '@opentelemetry/sdk-trace';

/**
 * Sends spans to a collector over OTLP/HTTP. The library is loaded with the first spans: most installations have no
 * collector, and every start of a service would pay for a hundred modules.
 */
export function createSpanExporter(url: string): SpanExporter {
  let loading: Promise<SpanExporter> | null = null;
  const load = (): Promise<SpanExporter> =>
    (loading ??= import('@opentelemetry/exporter-trace-otlp-http').then(({ OTLPTraceExporter }) => new OTLPTraceExporter({ url })));
  return {
    export(spans, done) {
      load().then(
        (exporter) => exporter.export(spans, done),
        (error: Error) => done({ code: ExportResultCode.FAILED, error }),
      );
    },
    async forceFlush() {
      await (await loading)?.forceFlush?.();
    },
    async shutdown() {
      await (await loading)?.shutdown();
    },
  };
}
