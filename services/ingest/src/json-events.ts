/** `any`: one event, an array, or `{"events": [...]}`. */
export type JsonLayout = 'any' | 'one' | 'list';

/** What the splitter tells: whole values, and from where on the body has no further whole value. */
export interface SplitSink {
  event(bytes: Uint8Array, start: number, end: number): void;
  rest(start: number): void;
}

const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const COMMA = 0x2c;
const QUOTE = 0x22;
const EVENTS_HEAD = /^\s*\{\s*"events"\s*:\s*\[/;
const HEAD_BYTES_MAX = 256;

/**
 * Finds the events of a JSON body without reading them: brackets are counted outside of texts, and each range is judged by
 * itself afterwards. So one broken event of an array spoils itself only, unless it hides where it ends.
 */
export function splitJsonEvents(bytes: Uint8Array, layout: JsonLayout, sink: SplitSink): void {
  const start = skipSpace(bytes, 0);
  const head = layout === 'any' ? EVENTS_HEAD.exec(Buffer.from(bytes.subarray(0, HEAD_BYTES_MAX)).toString('latin1')) : null;
  if (head !== null) splitArray(bytes, { at: head[0].length, closing: [CLOSE_ARRAY, CLOSE_OBJECT] }, sink);
  else if (layout !== 'one' && bytes[start] === OPEN_ARRAY) splitArray(bytes, { at: start + 1, closing: [CLOSE_ARRAY] }, sink);
  else if (layout === 'list') sink.rest(start);
  else {
    const end = valueEnd(bytes, start);
    if (end > start) sink.event(bytes, start, end);
    sink.rest(Math.max(start, end));
  }
}

function splitArray(bytes: Uint8Array, { at, closing }: { at: number; closing: readonly number[] }, sink: SplitSink): void {
  let start = skipSpace(bytes, at);
  let isFirst = true;
  while (!(isFirst && bytes[start] === CLOSE_ARRAY)) {
    const end = valueEnd(bytes, start);
    const next = end < 0 ? bytes.length : skipSpace(bytes, end);
    const separator = bytes[next];
    if (end <= start || (separator !== COMMA && separator !== CLOSE_ARRAY)) {
      sink.rest(start);
      return;
    }
    sink.event(bytes, start, end);
    isFirst = false;
    start = next;
    if (separator === CLOSE_ARRAY) break;
    start = skipSpace(bytes, next + 1);
  }
  sink.rest(skipClosing(bytes, start, closing));
}

/** Position after the closing brackets, or where one of them is missing. */
function skipClosing(bytes: Uint8Array, start: number, closing: readonly number[]): number {
  let at = start;
  for (const byte of closing) {
    at = skipSpace(bytes, at);
    if (bytes[at] !== byte) return Math.min(at, bytes.length);
    at += 1;
  }
  return at;
}

/** How a byte outside of texts changes the depth. */
const DEPTH_CHANGE = new Int8Array(256);
DEPTH_CHANGE[OPEN_ARRAY] = 1;
DEPTH_CHANGE[OPEN_OBJECT] = 1;
DEPTH_CHANGE[CLOSE_ARRAY] = -1;
DEPTH_CHANGE[CLOSE_OBJECT] = -1;

/** End of the value at `start`: behind its own closing bracket, else before the separator; -1 where the body ends before. */
function valueEnd(bytes: Uint8Array, start: number): number {
  let depth = 0;
  let i = start;
  while (i < bytes.length) {
    const byte = bytes[i] ?? 0;
    const change = DEPTH_CHANGE[byte] ?? 0;
    if (depth === 0 && (byte === COMMA || change < 0)) return i;
    depth += change;
    if (change < 0 && depth === 0) return i + 1;
    i = byte === QUOTE ? textEnd(bytes, i) : i + 1;
  }
  return -1;
}

/** Position behind the quote that ends the text that begins at `start`; the end of the body where there is none. */
function textEnd(bytes: Uint8Array, start: number): number {
  for (let i = bytes.indexOf(QUOTE, start + 1); i >= 0; i = bytes.indexOf(QUOTE, i + 1)) {
    let escapes = 0;
    while (bytes[i - 1 - escapes] === 0x5c) escapes += 1;
    if (escapes % 2 === 0) return i + 1;
  }
  return bytes.length;
}

function skipSpace(bytes: Uint8Array, start: number): number {
  let at = start;
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at += 1;
  return at;
}
