import { expect, test } from 'vitest';
import { defineConfig, readConfig } from './config.ts';
import { levelOf } from './service.ts';
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

test('DEBUG and ENVIRONMENT are read as other programs write them, and only words that mean something are taken', () => {
  const definition = defineConfig('sample', telemetryFields);
  const read = (env: Readonly<Record<string, string>>) => readConfig(definition, env);
  expect(read({})).toMatchObject({ value: { debug: false, environment: 'development' } });
  for (const DEBUG of ['True', 'TRUE', 'true', '1'])
    expect(read({ DEBUG, ENVIRONMENT: 'production' })).toMatchObject({ value: { debug: true } });
  for (const DEBUG of ['False', 'false', '0']) expect(read({ DEBUG })).toMatchObject({ value: { debug: false } });
  expect(read({ DEBUG: 'perhaps', ENVIRONMENT: 'moon' })).toMatchObject({ faults: [{ env: 'DEBUG' }, { env: 'ENVIRONMENT' }] });
});

test.each([
  [{}, 'info'],
  [{ DEBUG: 'True' }, 'debug'],
  [{ DEBUG: 'False' }, 'info'],
  [{ DEBUG: 'True', LOG_LEVEL: 'warn' }, 'warn'],
  [{ DEBUG: 'perhaps' }, 'info'],
])('with %o lines are written from %s on', (env, level) => {
  expect(levelOf(env)).toBe(level);
});
