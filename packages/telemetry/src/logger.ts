import { pino } from 'pino';
import { FieldMarks, isSensitiveName, pseudonymOnly, REDACTED, scrubText } from './redaction.ts';
import type { SpanContext } from '@opentelemetry/api';
import { currentSpanContext, currentTraceId } from './trace-context.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogDetail = Readonly<Record<string, string | number | boolean | null>>;

/** What a log line may say beside its event. Everything else, above all what a caller sent, stays out of logs. */
export interface LogFields {
  /** Default: the trace of the span in which the line is written. */
  readonly traceId?: string;
  /** A pseudonym (64 hex characters); anything else is written as `[redacted]`. */
  readonly userId?: string;
  readonly durationMs?: number;
  /** Name of a metric of a pack, where the line is about one. */
  readonly metricType?: string;
  readonly statusCode?: number;
  /** Written as class, code, scrubbed message and stack frames. */
  readonly error?: unknown;
  /** Numbers and words of this program's own; names such as `token` or `subject`, and those that packs mark, are redacted. */
  readonly detail?: LogDetail;
}

type Write = (event: string, fields?: LogFields) => void;

/** JSON lines with the nine fields `timestamp, level, service, trace_id, user_id, event, duration_ms, metric_type, status_code`. */
export interface Logger {
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
  readonly fatal: Write;
  /** Fields that a pack marks as being about persons: from here on no line holds a value beside one of these names. */
  readonly mark: (fields: Iterable<string>) => void;
}

/** A line as it is written, for who passes it on. */
export interface LogLine {
  readonly level: LogLevel | 'fatal';
  readonly atMs: number;
  readonly event: string;
  /** What `toLine` made: scrubbed. */
  readonly members: Readonly<Record<string, unknown>>;
  /** The span in which it was written. */
  readonly span: SpanContext | null;
}

export interface LoggerOptions {
  readonly service: string;
  readonly level?: LogLevel;
  /** Where lines go; default stdout. Writing is synchronous, so the last line before an exit is there. */
  readonly destination?: { write(line: string): void };
  /** Given each line after it was written. */
  readonly forward?: (line: LogLine) => void;
}

/** `event` is a fixed word in snake_case that an operator can count and alert on, never a sentence with values in it. */
export function createLogger(options: LoggerOptions): Logger {
  const sink = pino(
    {
      base: null,
      level: options.level ?? 'info',
      timestamp: () => `,"timestamp":"${new Date(Date.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    options.destination ?? pino.destination({ fd: 1, sync: true }),
  );
  const marks = new FieldMarks();
  const writer =
    (level: LogLevel | 'fatal'): Write =>
    (event, fields = {}) => {
      if (!sink.isLevelEnabled(level)) return;
      const members = toLine(options.service, event, { fields, marks });
      sink[level](members);
      options.forward?.({ level, atMs: Date.now(), event, members, span: currentSpanContext() });
    };
  return {
    ...{ debug: writer('debug'), info: writer('info'), warn: writer('warn'), error: writer('error'), fatal: writer('fatal') },
    mark: (names) => marks.add(names),
  };
}

/** A logger that writes nothing, for tests that are not about logs. */
export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore, fatal: ignore, mark: ignore };

interface Said {
  readonly fields: LogFields;
  readonly marks: FieldMarks;
}

function toLine(service: string, event: string, { fields, marks }: Said): Record<string, unknown> {
  return {
    service,
    trace_id: fields.traceId ?? currentTraceId(),
    user_id: fields.userId === undefined ? null : pseudonymOnly(fields.userId),
    event,
    duration_ms: fields.durationMs ?? null,
    metric_type: fields.metricType ?? null,
    status_code: fields.statusCode ?? null,
    ...(fields.error === undefined ? {} : { error: toErrorLine(fields.error, marks) }),
    ...(fields.detail === undefined ? {} : { detail: toDetail(fields.detail, marks) }),
  };
}

function toDetail(detail: LogDetail, marks: FieldMarks): LogDetail {
  return Object.fromEntries(Object.entries(detail).map(([name, value]) => [name, safeValue(name, value, marks)]));
}

function safeValue(name: string, value: LogDetail[string], marks: FieldMarks): LogDetail[string] {
  if (isSensitiveName(name) || marks.holds(name)) return REDACTED;
  return typeof value === 'string' ? marks.scrub(scrubText(value)) : value;
}

function toErrorLine(error: unknown, marks: FieldMarks): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error };
  const code: unknown = Reflect.get(error, 'code');
  // Only the frames of the stack: its first lines repeat the message unscrubbed. Members such as pg's `detail` quote rows and stay out.
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return {
    type: error.name,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    message: marks.scrub(scrubText(error.message)),
    frames: frames.slice(0, 12).map((line) => line.trim()),
    ...(error.cause === undefined ? {} : { cause: toErrorLine(error.cause, marks) }),
  };
}

function ignore(): void {
  // The silent logger's only act.
}
