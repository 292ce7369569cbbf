import type { EventTypes, FaultCode, SegmentCall } from '@tidegate/core';
import { GrowingBuffer, readSegmentBatch, SegmentReader } from '@tidegate/core';
import type { BodyDecoder, EventSink } from './decode.ts';
import { splitJsonEvents } from './json-events.ts';

/** Which of Segment's routes: one call, or a batch of any. */
export type SegmentRoute = SegmentCall | 'batch';

export interface SegmentBodyOptions {
  readonly route: SegmentRoute;
  readonly types: EventTypes;
  readonly receivedAtMs: number;
  readonly eventBytesMax: number;
}

/** A body of Segment's HTTP API, read whole: its messages become native events, which are judged like any other. */
export class SegmentBody implements BodyDecoder {
  private readonly whole = new GrowingBuffer(16 * 1_024);
  private readonly reader = new SegmentReader();
  private readonly options: SegmentBodyOptions;
  private readonly sink: EventSink;

  constructor(options: SegmentBodyOptions, sink: EventSink) {
    this.options = options;
    this.sink = sink;
  }

  push(chunk: Uint8Array): void {
    this.whole.copy(chunk);
  }

  end(): void {
    const bytes = this.whole.written();
    const { route } = this.options;
    if (route !== 'batch') return this.take(bytes, { call: route, sentAtMs: Number.NaN });
    const batch = readSegmentBatch(bytes);
    if (typeof batch === 'string') return this.sink.broken(batch, bytes, bytes.length);
    splitJsonEvents(bytes.subarray(batch.start, batch.end), 'list', {
      event: (all, start, end) => this.take(all.subarray(start, end), { call: null, sentAtMs: batch.sentAtMs }),
      // The whole body has been scanned: nothing is left over.
      rest: () => undefined,
    });
  }

  cut(code: FaultCode): void {
    this.sink.broken(code, this.whole.written(), this.whole.length);
  }

  private take(message: Uint8Array, { call, sentAtMs }: { readonly call: SegmentCall | null; readonly sentAtMs: number }): void {
    const { types, receivedAtMs, eventBytesMax } = this.options;
    if (message.length > eventBytesMax) return this.sink.broken('too_large', message, message.length);
    const range = { start: 0, end: message.length };
    const fault = this.reader.read(message, range, { mappings: types.segment, call, receivedAtMs, sentAtMs });
    if (fault !== null) return this.sink.broken(fault, message, message.length);
    this.sink.event(this.reader.event.bytes, 0, this.reader.event.length);
  }
}
