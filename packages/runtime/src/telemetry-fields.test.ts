import { expect, test } from 'vitest';
import { defineConfig, readConfig } from './config.ts';
import { telemetryFields, telemetryTarget } from './telemetry-fields.ts';

function targetOf(env: Readonly<Record<string, string>>) {
  const reading = readConfig(defineConfig('sample', telemetryFields), env);
  if (!reading.ok) throw new Error(JSON.stringify(reading.faults));
  return telemetryTarget(reading.value);
}

const COLLECTOR = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

test("metrics leave only where OpenTelemetry's own variables ask for it", () => {
  expect(targetOf({}).push).toBeNull();
  expect(targetOf(COLLECTOR).push).toBeNull();
  const asked = { ...COLLECTOR, OTEL_METRICS_EXPORTER: 'otlp' };
  expect(targetOf(asked).push).toEqual({ endpoint: 'http://collector:4318', everyMs: 60_000 });
  expect(targetOf({ ...asked, OTEL_METRIC_EXPORT_INTERVAL: '5000' }).push?.everyMs).toBe(5_000);
});

test.each(['OTEL_METRICS_EXPORTER', 'OTEL_LOGS_EXPORTER'])('%s without a collector is told at start', (name) => {
  expect(() => targetOf({ [name]: 'otlp' })).toThrow('OTEL_EXPORTER_OTLP_ENDPOINT is not set');
});
