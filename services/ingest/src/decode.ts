import type { FaultCode } from '@tidegate/core';
import { GrowingBuffer } from '@tidegate/core';
import type { BodyLayout } from './formats.ts';
import type { OriginalFormat } from './original-format.ts';
import { splitJsonEvents } from './json-events.ts';
import type { JsonLayout } from './json-events.ts';

/** Where the decoder puts what it finds. A range is valid during the call only. */
export interface EventSink {
  /** Bytes that should be one event. */
  event(bytes: Uint8Array, start: number, end: number): void;
  /** Bytes that cannot be one; `lengthBytes` counts those that were not kept too. */
  broken(code: FaultCode, original: Uint8Array, lengthBytes: number): void;
}

/** Where a decoder puts what it finds in messages of another format than ours. Bytes are valid during the call only. */
export interface MessageSink {
  /** An event that was made of a message. */
  mapped(event: Uint8Array, message: Original): void;
  /** A message of which none could be made. */
  unmapped(code: FaultCode, message: Original): void;
}

/** What a sender sent, as it came. */
export interface Original {
  readonly bytes: Uint8Array;
  readonly format: OriginalFormat;
}

/** Finds the events in a body that comes in pieces. */
export interface BodyDecoder {
  push(chunk: Uint8Array): void;
  /** The body is complete. */
  end(): void;
  /** The body broke off; what was whole before the break counts, the rest is refused with the code. */
  cut(code: FaultCode): void;
}

export interface DecoderOptions {
  readonly layout: BodyLayout;
  readonly eventBytesMax: number;
  /** Of an event whose envelope stands in the headers: its members, as the beginning of an object; null where they are no UTF-8. */
  readonly attributes: string | null;
}

export function createDecoder(options: DecoderOptions, sink: EventSink): BodyDecoder {
  const { layout, eventBytesMax } = options;
  if (layout === 'lines') return new LineBody(eventBytesMax, sink);
  return layout === 'attributed' ? new AttributedBody(options, sink) : new JsonBody({ layout, eventBytesMax }, sink);
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

/** One event, an array, or `{"events": [...]}`, as the layout allows. Read whole: at most as long as a request may be. */
class JsonBody implements BodyDecoder {
  private readonly whole = new GrowingBuffer(16 * 1_024);
  private readonly layout: JsonLayout;
  private readonly eventBytesMax: number;
  private readonly sink: EventSink;

  constructor({ layout, eventBytesMax }: { readonly layout: JsonLayout; readonly eventBytesMax: number }, sink: EventSink) {
    this.layout = layout;
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
    splitJsonEvents(bytes, this.layout, {
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

const DATA_MEMBER = new TextEncoder().encode(',"data":');
const CLOSE = new TextEncoder().encode('}');

/** One event, put together from the members in its headers and the body as its `data`: from there on it is like any other. */
class AttributedBody implements BodyDecoder {
  private readonly data = new GrowingBuffer(1_024);
  private readonly attributes: string | null;
  private readonly eventBytesMax: number;
  private readonly sink: EventSink;
  private bytes = 0;

  constructor({ attributes, eventBytesMax }: DecoderOptions, sink: EventSink) {
    this.attributes = attributes;
    this.eventBytesMax = eventBytesMax;
    this.sink = sink;
  }

  push(chunk: Uint8Array): void {
    this.bytes += chunk.length;
    if (this.bytes <= this.eventBytesMax) this.data.copy(chunk);
  }

  end(): void {
    const data = this.data.written();
    if (this.attributes === null) return this.sink.broken('bad_utf8', data, this.bytes);
    if (this.bytes > this.eventBytesMax) return this.sink.broken('too_large', data, this.bytes);
    // Data that is not one whole value could add members to the envelope.
    if (!isOneValue(data)) return this.sink.broken('bad_json', data, this.bytes);
    const event = new GrowingBuffer(data.length + 1_024);
    event.copy(new TextEncoder().encode(this.attributes));
    if (!isBlank(data, 0, data.length)) {
      event.copy(DATA_MEMBER);
      event.copy(data);
    }
    event.copy(CLOSE);
    if (event.length > this.eventBytesMax) this.sink.broken('too_large', data, event.length);
    else this.sink.event(event.bytes, 0, event.length);
  }

  cut(code: FaultCode): void {
    this.sink.broken(code, this.data.written(), this.bytes);
  }
}

/** Nothing, or one JSON value as far as brackets and quotes tell. */
function isOneValue(bytes: Uint8Array): boolean {
  let isOne = true;
  splitJsonEvents(bytes, 'one', { event: () => undefined, rest: (start) => (isOne = isBlank(bytes, start, bytes.length)) });
  return isOne;
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i += 1) if (!isSpace(bytes[i])) return false;
  return true;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
