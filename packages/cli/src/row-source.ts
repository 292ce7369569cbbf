import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import { parseExactly } from './json-text.ts';
import type { Row } from './mapping.ts';

export interface RowSource {
  /** Rows in file order. NDJSON without a mapping gives its lines as they are. */
  readonly rows: AsyncIterable<Row>;
  readonly lines: AsyncIterable<string>;
  /** Share of the file that was read, in [0, 1]; null for a stream of unknown length. */
  readonly readShare: () => number | null;
}

export type RowFormat = 'csv' | 'ndjson';

export interface RowSourceOptions {
  /** A path, or `-` for standard input. */
  readonly file: string;
  readonly stdin: Readable;
  /** Default: by the file's name, NDJSON where it says nothing. */
  readonly format?: RowFormat;
}

/** Opens a file of rows, plain or gzipped (told by its first bytes, not by its name). */
export async function openRows(options: RowSourceOptions): Promise<RowSource> {
  const isStream = options.file === '-';
  const bytesTotal = isStream ? null : (await stat(options.file)).size;
  let bytesRead = 0;
  const raw: AsyncIterable<Buffer> = isStream ? options.stdin : createReadStream(options.file, { highWaterMark: 1 << 18 });
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of raw) {
      bytesRead += chunk.length;
      yield chunk;
    }
  }
  const text = await unpack(counted());
  const format = options.format ?? formatOf(options.file);
  const separator = /\.tsv(\.gz)?$/.test(options.file) ? '\t' : ',';
  return {
    rows: format === 'csv' ? csvRows(text, separator) : objectRows(text),
    lines: nonEmptyLines(text),
    readShare: () => (bytesTotal === null ? null : Math.min(1, bytesRead / Math.max(1, bytesTotal))),
  };
}

export function formatOf(file: string): RowFormat {
  return /\.(csv|tsv)(\.gz)?$/.test(file) ? 'csv' : 'ndjson';
}

/** SHA-256 of a file's bytes as they lie there, in hex: the base of the ids of rows that have none. */
export async function fileDigest(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

async function unpack(chunks: AsyncGenerator<Buffer>): Promise<Readable> {
  const first = await chunks.next();
  const head = first.done === true ? Buffer.alloc(0) : first.value;
  async function* all(): AsyncGenerator<Buffer> {
    if (head.length > 0) yield head;
    yield* chunks;
  }
  const isGzip = head[0] === 0x1f && head[1] === 0x8b;
  const out = isGzip ? createGunzip() : new Transform({ transform: (chunk, _encoding, done) => done(null, chunk) });
  pipeline(all(), out).catch((error: unknown) => out.destroy(error instanceof Error ? error : new Error(String(error))));
  return out;
}

async function* nonEmptyLines(text: Readable): AsyncGenerator<string> {
  for await (const line of createInterface({ input: text, crlfDelay: Infinity })) if (line.trim() !== '') yield line;
}

async function* objectRows(text: Readable): AsyncGenerator<Row> {
  for await (const line of nonEmptyLines(text)) yield toRow(parseExactly(line));
}

async function* csvRows(text: Readable, separator: string): AsyncGenerator<Row> {
  const parser = text.pipe(parse({ columns: true, delimiter: separator, bom: true, relax_column_count: true, skip_empty_lines: true }));
  text.once('error', (error) => parser.destroy(error));
  for await (const record of parser) yield toRow(record);
}

function toRow(value: unknown): Row {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('a row is not a JSON object');
  return value as Row;
}
