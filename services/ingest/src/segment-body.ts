import type { EventTypes, FaultCode, SegmentCall } from '@tidegate/core';
import { GrowingBuffer, readSegmentBatch, SegmentReader } from '@tidegate/core';
import type { BodyDecoder, MessageSink, Original } from './decode.ts';
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
  private readonly sink: MessageSink;

  constructor(options: SegmentBodyOptions, sink: MessageSink) {
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
    if (typeof batch === 'string') return this.sink.unmapped(batch, this.original(bytes));
    splitJsonEvents(bytes.subarray(batch.start, batch.end), 'list', {
      event: (all, start, end) => this.take(all.subarray(start, end), { call: null, sentAtMs: batch.sentAtMs }),
      // The whole body has been scanned: nothing is left over.
      rest: () => undefined,
    });
  }

  cut(code: FaultCode): void {
    this.sink.unmapped(code, this.original(this.whole.written()));
  }

  /** Of a body that could not be cut into messages. */
  private original(bytes: Uint8Array): Original {
    const { route } = this.options;
    return { bytes, format: { kind: 'segment', call: route === 'batch' ? null : route, sentAtMs: Number.NaN } };
  }

  private take(message: Uint8Array, { call, sentAtMs }: { readonly call: SegmentCall | null; readonly sentAtMs: number }): void {
    const { types, receivedAtMs, eventBytesMax } = this.options;
    const original: Original = { bytes: message, format: { kind: 'segment', call, sentAtMs } };
    if (message.length > eventBytesMax) return this.sink.unmapped('too_large', original);
    const range = { start: 0, end: message.length };
    const fault = this.reader.read(message, range, { mappings: types.segment, call, receivedAtMs, sentAtMs });
    if (fault !== null) return this.sink.unmapped(fault, original);
    this.sink.mapped(this.reader.event.written(), original);
  }
}
