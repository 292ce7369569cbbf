import { flushCompileCache } from 'node:module';
import type { LogForwarding, Logger, LogLevel } from '@tidegate/telemetry';
import { createLogger, forwardLogs, scrubText } from '@tidegate/telemetry';
import { ConfigError } from './config.ts';
import { text } from './text-schema.ts';

/** What a started service hands back to the process around it. */
export interface RunningService {
  /** Flips `/readyz` to "draining" so that no new work is routed here; called before `stop`. */
  drain?(): void;
  /** Finishes work in hand, then closes everything; must not take longer than 25 s. */
  stop(): Promise<void>;
}

export interface ServiceContext {
  readonly log: Logger;
  /** Aborted when the service is asked to stop. */
  readonly signal: AbortSignal;
  /** Reports a fault after which the process must not go on: logs it and exits with 1. */
  fatal(event: string, error: unknown): void;
}

export interface ServiceProcess {
  readonly name: string;
  readonly start: (context: ServiceContext) => Promise<RunningService>;
  /** Default: JSON lines on stdout at LOG_LEVEL. */
  readonly log?: Logger;
}

/** The parts of the process that `runService` touches; a test gives its own. */
export interface ProcessHost {
  on(event: string, listener: (value: unknown) => void): void;
  exit(code: number): void;
  env: Readonly<Record<string, string | undefined>>;
  stderr: { write(text: string): unknown };
}

const STOP_WITHIN_MS = 25_000;
const EXIT_CONFIG = 78; // EX_CONFIG of sysexits.h: the operator must change a setting
const EXIT_FAULT = 1;

/**
 * Runs a service as a process. SIGTERM or SIGINT: readiness off → stop → exit 0; past 25 s exit 1, as the platform would
 * kill it at 30. Uncaught errors are logged and end the process: a half-broken owner of a partition is worse than none.
 * A failed start prints one line and exits with 78 (settings) or 1.
 */
export async function runService(service: ServiceProcess, host: ProcessHost = process): Promise<void> {
  const forwarding = logForwarding(service.name, host.env);
  const log = service.log ?? defaultLogger(service.name, levelOf(host.env), forwarding);
  const abort = new AbortController();
  let running: RunningService | null = null;
  let isStopping = false;

  const fatal = (event: string, error: unknown): void => {
    log.fatal(event, { error });
    host.exit(EXIT_FAULT);
  };
  const stop = (): void => {
    if (isStopping) return;
    isStopping = true;
    abort.abort();
    if (running === null) host.exit(0);
    else
      void stopWithin(running, log).then(async (code) => {
        await forwarding?.close();
        host.exit(code);
      });
  };
  host.on('uncaughtException', (error) => fatal('uncaught_exception', error));
  host.on('unhandledRejection', (error) => fatal('unhandled_rejection', error));
  host.on('SIGTERM', stop);
  host.on('SIGINT', stop);

  try {
    log.info('starting', { detail: { environment: host.env['ENVIRONMENT'] ?? 'development', node: process.version } });
    running = await service.start({ log, signal: abort.signal, fatal });
    log.info('started');
    // Where NODE_COMPILE_CACHE names a folder, what was compiled is kept now: a process that is killed keeps nothing at its end.
    flushCompileCache();
  } catch (error) {
    if (isStopping) return;
    host.stderr.write(`${service.name} did not start: ${error instanceof Error ? scrubText(error.message) : 'unknown error'}\n`);
    host.exit(error instanceof ConfigError ? EXIT_CONFIG : EXIT_FAULT);
  }
}

async function stopWithin(running: RunningService, log: Logger): Promise<number> {
  log.info('stopping');
  running.drain?.();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<number>((resolve) => {
    timer = setTimeout(() => {
      log.error('stop_timed_out', { detail: { limit_ms: STOP_WITHIN_MS } });
      resolve(EXIT_FAULT);
    }, STOP_WITHIN_MS);
  });
  const stopped = running.stop().then(
    () => 0,
    (error: unknown) => {
      log.error('stop_failed', { error });
      return EXIT_FAULT;
    },
  );
  const code = await Promise.race([stopped, late]);
  clearTimeout(timer);
  if (code === 0) log.info('stopped');
  return code;
}

function defaultLogger(service: string, level: LogLevel, forwarding: LogForwarding | null): Logger {
  const forward = forwarding === null ? {} : { forward: forwarding.forward };
  return createLogger({ service, level, ...forward });
}

/** The service checks the same settings, and tells what is wrong with them. */
export function levelOf(env: ProcessHost['env']): LogLevel {
  const level = env['LOG_LEVEL'];
  if (isLevel(level)) return level;
  const debug = text.flag().safeParse(env['DEBUG'] ?? 'false');
  return debug.success && debug.data ? 'debug' : 'info';
}

/** The service checks the same settings; a collector that nobody named is its fault to tell. */
function logForwarding(service: string, env: ProcessHost['env']): LogForwarding | null {
  const endpoint = env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? '';
  if (env['OTEL_LOGS_EXPORTER'] !== 'otlp' || endpoint === '' || endpoint === 'none') return null;
  return forwardLogs({ service, endpoint });
}

function isLevel(level: string | undefined): level is LogLevel {
  return level === 'debug' || level === 'info' || level === 'warn' || level === 'error';
}
