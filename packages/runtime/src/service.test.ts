import { EventEmitter } from 'node:events';
import { silentLogger } from '@tidegate/telemetry';
import { startOtlpSink } from '@tidegate/testkit';
import { expect, test, vi } from 'vitest';
import { ConfigError } from './config.ts';
import type { RunningService } from './service.ts';
import { runService } from './service.ts';

function fakeHost(env: Readonly<Record<string, string>> = {}) {
  const emitter = new EventEmitter();
  const written: string[] = [];
  const exited = Promise.withResolvers<number>();
  return {
    host: {
      on: (event: string, listener: (value: unknown) => void) => void emitter.on(event, listener),
      exit: (code: number) => exited.resolve(code),
      env,
      stderr: { write: (line: string) => written.push(line) },
    },
    emit: (event: string, value?: unknown) => emitter.emit(event, value),
    exitCode: exited.promise,
    written,
  };
}

async function run(running: RunningService, act: (process: ReturnType<typeof fakeHost>) => void): Promise<number> {
  const process = fakeHost();
  await runService({ name: 'sample', log: silentLogger, start: async () => running }, process.host);
  act(process);
  return process.exitCode;
}

test('a signal turns readiness off before anything is stopped, and the process ends with 0', async () => {
  const order: string[] = [];
  const code = await run({ drain: () => order.push('drain'), stop: async () => void order.push('stop') }, ({ emit }) => {
    emit('SIGTERM');
    emit('SIGINT');
  });
  expect(code).toBe(0);
  expect(order).toEqual(['drain', 'stop']);
});

test('a stop that hangs is given up after 25 seconds with code 1', async () => {
  vi.useFakeTimers();
  try {
    const ending = run({ stop: () => new Promise(() => undefined) }, ({ emit }) => emit('SIGTERM'));
    await vi.advanceTimersByTimeAsync(24_999);
    const early = await Promise.race([ending, Promise.resolve('running')]);
    expect(early).toBe('running');
    await vi.advanceTimersByTimeAsync(2);
    expect(await ending).toBe(1);
  } finally {
    vi.useRealTimers();
  }
});

test('a stop that fails ends with 1', async () => {
  expect(await run({ stop: () => Promise.reject(new Error('stuck')) }, ({ emit }) => emit('SIGINT'))).toBe(1);
});

test.each(['uncaughtException', 'unhandledRejection'])('an %s ends the process with 1', async (event) => {
  expect(await run({ stop: async () => undefined }, ({ emit }) => emit(event, new Error('lost')))).toBe(1);
});

test('settings that are wrong print one line with each variable and end with 78', async () => {
  const process = fakeHost();
  const faults = [
    { env: 'KAFKA_BROKERS', problem: 'is not set' },
    { env: 'SECRET_KEY', problem: 'is not set' },
  ];
  await runService({ name: 'sample', log: silentLogger, start: () => Promise.reject(new ConfigError('sample', faults)) }, process.host);
  expect(await process.exitCode).toBe(78);
  expect(process.written).toEqual(['sample did not start: sample: KAFKA_BROKERS is not set; SECRET_KEY is not set\n']);
});

test('a failed start does not print the password of a connection string', async () => {
  const process = fakeHost();
  const start = (): Promise<never> => Promise.reject(new Error('cannot reach postgres://tidegate:hunter2@127.0.0.1/x'));
  await runService({ name: 'sample', log: silentLogger, start }, process.host);
  expect(await process.exitCode).toBe(1);
  expect(process.written.join('')).toMatch(/cannot reach postgres:\/\/tidegate:\[redacted\]@127\.0\.0\.1/);
});

test('what is logged until the very end reaches the collector before the process is gone', async () => {
  const sink = await startOtlpSink();
  try {
    const process = fakeHost({ OTEL_LOGS_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint, LOG_LEVEL: 'info' });
    await runService({ name: 'sample', start: async () => ({ stop: async () => undefined }) }, process.host);
    process.emit('SIGTERM');
    expect(await process.exitCode).toBe(0);
    expect(sink.logs.map(({ body }) => body.stringValue)).toEqual(['starting', 'started', 'stopping', 'stopped']);
  } finally {
    sink.close();
  }
});
