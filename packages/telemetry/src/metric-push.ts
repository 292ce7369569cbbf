/** Sends metrics to a collector over OTLP/HTTP. Loaded where somebody asked for it only: a start without does not pay for the library. */
import type { HrTime } from '@opentelemetry/api';
import { ValueType } from '@opentelemetry/api';
import { millisToHrTime } from '@opentelemetry/core';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { DataPoint, MetricData } from '@opentelemetry/sdk-metrics';
import { AggregationTemporality, DataPointType, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { endWithin } from './end-within.ts';
import type { MetricFamily } from './metric-family.ts';
import type { Metrics } from './metrics.ts';

export interface MetricPushOptions {
  readonly metrics: Metrics;
  /** Base URL of the collector. */
  readonly endpoint: string;
  readonly everyMs: number;
}

export interface MetricPush {
  /** Sends once more what stands, and ends. */
  close(): Promise<void>;
}

const SEND_WITHIN_MS = 10_000;

export function startMetricPush({ metrics, endpoint, everyMs }: MetricPushOptions): MetricPush {
  const resource = resourceFromAttributes({ 'service.name': `tidegate-${metrics.service}` });
  const scope = { name: 'tidegate' };
  const startTime = millisToHrTime(Date.now());
  const collect = async () => {
    const families = await metrics.read();
    const endTime = millisToHrTime(Date.now());
    const scopeMetrics = [{ scope, metrics: families.map((family) => toMetricData(family, { startTime, endTime })) }];
    return { resourceMetrics: { resource, scopeMetrics }, errors: [] };
  };
  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/metrics` }),
    exportIntervalMillis: everyMs,
    exportTimeoutMillis: Math.min(everyMs, SEND_WITHIN_MS),
    metricProducers: [{ collect }],
  });
  const provider = new MeterProvider({ resource, readers: [reader] });
  return { close: () => endWithin(provider) };
}

interface Span {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
}

function toMetricData(family: MetricFamily, span: Span): MetricData {
  const base = {
    descriptor: { name: family.name, description: family.help, unit: '', valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  if (family.kind === 'histogram') {
    const dataPoints = family.series.map(({ labels, bounds, counts, sum, count }) =>
      toPoint(span, labels, { buckets: { boundaries: [...bounds], counts: [...counts] }, sum, count }),
    );
    return { ...base, dataPointType: DataPointType.HISTOGRAM, dataPoints };
  }
  const dataPoints = family.series.map(({ labels, value }) => toPoint(span, labels, value));
  return family.kind === 'counter'
    ? { ...base, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }
    : { ...base, dataPointType: DataPointType.GAUGE, dataPoints };
}

function toPoint<T>(span: Span, labels: Readonly<Record<string, string>>, value: T): DataPoint<T> {
  return { ...span, attributes: { ...labels }, value };
}
