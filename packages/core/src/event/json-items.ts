/** The objects of a list in JSON, one after the other, each read by its members. */
import { DataValues } from './data-values.ts';
import { JsonScanner } from './json-scan.ts';
import { TextCache } from './text-cache.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENS: ReadonlySet<number> = new Set([0x7b, 0x5b]);
const CLOSES: ReadonlySet<number> = new Set([0x7d, 0x5d]);
const OBJECT_BEGINS = 0x7b;
const encoder = new TextEncoder();

export class JsonItems {
  // Of bytes that were scanned when they came.
  private readonly scanner = new JsonScanner({ findsDuplicates: false });
  private readonly values = new DataValues(new TextCache());

  /** `json` is well formed. What is no object is passed over; what `visit` is given holds until it returns. */
  each(json: string, visit: (item: DataValues) => void): void {
    const bytes = encoder.encode(json);
    for (const [start, end] of objectsIn(bytes)) {
      if (this.scanner.scan(bytes, start, end) !== null) continue;
      this.values.take(bytes, this.scanner.members);
      visit(this.values);
    }
  }
}

/** Ranges of the objects that lie in the outermost list. */
function objectsIn(bytes: Uint8Array): readonly (readonly [start: number, end: number])[] {
  const found: (readonly [number, number])[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) at = endOfText(bytes, at);
    else if (OPENS.has(byte)) {
      depth += 1;
      if (depth === 2) start = at;
    } else if (CLOSES.has(byte)) {
      depth -= 1;
      if (depth === 1 && bytes[start] === OBJECT_BEGINS) found.push([start, at + 1]);
    }
  }
  return bytes[0] === OPENS_LIST ? found : [];
}

const OPENS_LIST = 0x5b;

/** The closing quote of the text whose opening quote is at `from`. */
function endOfText(bytes: Uint8Array, from: number): number {
  let at = from + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}
