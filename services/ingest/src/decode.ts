import type { FaultCode } from '@tidegate/core';
import { GrowingBuffer } from '@tidegate/core';
import { splitJsonEvents } from './json-events.ts';

/** Where the decoder puts what it finds. A range is valid during the call only. */
export interface EventSink {
  /** Bytes that should be one event. */
  event(bytes: Uint8Array, start: number, end: number): void;
  /** Bytes that cannot be one; `lengthBytes` counts those that were not kept too. */
  broken(code: FaultCode, original: Uint8Array, lengthBytes: number): void;
}

/** Finds the events in a body that comes in pieces. */
export interface BodyDecoder {
  push(chunk: Uint8Array): void;
  /** The body is complete. */
  end(): void;
  /** The body broke off; what was whole before the break counts, the rest is refused with the code. */
  cut(code: FaultCode): void;
}

export type BodyFormat = 'json' | 'ndjson';

/** By the media type; of its parameters only a charset other than UTF-8 matters. Null: holds no events. */
export function formatOf(contentType: string | undefined): BodyFormat | null {
  const [mediaType = '', ...parameters] = (contentType ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  if (!parameters.every(isUtf8)) return null;
  if (mediaType === 'application/json') return 'json';
  return mediaType === 'application/x-ndjson' || mediaType === 'application/ndjson' ? 'ndjson' : null;
}

const CHARSET = /^charset\s*=\s*"?([^"]*)"?$/;

/** Whether a parameter of the media type leaves the body UTF-8; ASCII is a part of it. */
function isUtf8(parameter: string): boolean {
  const charset = CHARSET.exec(parameter)?.[1];
  return charset === undefined || charset === 'utf-8' || charset === 'utf8' || charset === 'us-ascii';
}

export function createDecoder(format: BodyFormat, eventBytesMax: number, sink: EventSink): BodyDecoder {
  return format === 'json' ? new JsonBody(eventBytesMax, sink) : new LineBody(eventBytesMax, sink);
}

const NEWLINE = 0x0a;

/** One event a line. Lines inside a chunk are judged where they lie; only a line that spans chunks is copied. */
class LineBody implements BodyDecoder {
  private readonly carry = new GrowingBuffer(1_024);
  /** Length of the line so far, when it is too long to be kept whole. */
  private carriedBytes = 0;
  private readonly eventBytesMax: number;
  private readonly sink: EventSink;

  constructor(eventBytesMax: number, sink: EventSink) {
    this.eventBytesMax = eventBytesMax;
    this.sink = sink;
  }

  push(chunk: Uint8Array): void {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      if (this.carriedBytes > 0) {
        this.keep(chunk, start, end);
        this.finishCarried();
      } else this.line(chunk, start, end);
      start = end + 1;
    }
    this.keep(chunk, start, chunk.length);
  }

  end(): void {
    if (this.carriedBytes > 0) this.finishCarried();
  }

  cut(code: FaultCode): void {
    this.sink.broken(code, this.carry.written(), this.carriedBytes);
    this.forget();
  }

  private keep(chunk: Uint8Array, start: number, end: number): void {
    const room = Math.max(0, this.eventBytesMax + 1 - this.carry.length);
    this.carry.copy(chunk, start, Math.min(end, start + room));
    this.carriedBytes += end - start;
  }

  private finishCarried(): void {
    if (this.carriedBytes > this.eventBytesMax) this.sink.broken('too_large', this.carry.written(), this.carriedBytes);
    else this.line(this.carry.bytes, 0, this.carry.length);
    this.forget();
  }

  private forget(): void {
    this.carry.reset();
    this.carriedBytes = 0;
  }

  private line(bytes: Uint8Array, start: number, end: number): void {
    if (end - start > this.eventBytesMax) this.sink.broken('too_large', bytes.subarray(start, end), end - start);
    else if (!isBlank(bytes, start, end)) this.sink.event(bytes, start, end);
  }
}

/** One event, an array, or `{"events": [...]}`. Read whole: at most as long as a request may be. */
class JsonBody implements BodyDecoder {
  private readonly whole = new GrowingBuffer(16 * 1_024);
  private readonly eventBytesMax: number;
  private readonly sink: EventSink;

  constructor(eventBytesMax: number, sink: EventSink) {
    this.eventBytesMax = eventBytesMax;
    this.sink = sink;
  }

  push(chunk: Uint8Array): void {
    this.whole.copy(chunk);
  }

  end(): void {
    this.split(null);
  }

  cut(code: FaultCode): void {
    this.split(code);
  }

  private split(cutCode: FaultCode | null): void {
    const bytes = this.whole.written();
    splitJsonEvents(bytes, {
      event: (all, start, end) => {
        if (end - start > this.eventBytesMax) this.sink.broken('too_large', all.subarray(start, end), end - start);
        else this.sink.event(all, start, end);
      },
      rest: (start) => {
        const isWhole = cutCode === null && isBlank(bytes, start, bytes.length);
        if (!isWhole) this.sink.broken(cutCode ?? 'bad_json', bytes.subarray(start), bytes.length - start);
      },
    });
  }
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i += 1) if (!isSpace(bytes[i])) return false;
  return true;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
