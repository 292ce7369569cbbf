import type { IncomingMessage } from 'node:http';
import type { Transform } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';

const INFLATE_CHUNK_BYTES = 64 * 1_024;
/** 8 MB: the window that decoders of HTTP bodies have to bear (RFC 9659). A sender's wish for more would be memory of ours. */
const ZSTD_WINDOW_LOG_MAX = 23;

const INFLATERS = {
  br: () => createBrotliDecompress({ chunkSize: INFLATE_CHUNK_BYTES }),
  deflate: () => createInflate({ chunkSize: INFLATE_CHUNK_BYTES }),
  gzip: () => createGunzip({ chunkSize: INFLATE_CHUNK_BYTES }),
  zstd: () => createZstdDecompress({ chunkSize: INFLATE_CHUNK_BYTES, params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX } }),
} as const satisfies Readonly<Record<string, () => Transform>>;

type Compression = keyof typeof INFLATERS;
export type ContentEncoding = 'identity' | Compression;

/** For the header `Accept-Encoding` of a refusal (RFC 9110, 15.5.16). */
export const ACCEPTED_ENCODINGS = Object.keys(INFLATERS).join(', ');

/** How the reading of a body ended. */
export type BodyEnd =
  | 'complete'
  /** The compressed data is broken, or ends too early. */
  | 'broken_encoding'
  /** More bytes than a request may have, after inflation; the rest was thrown away. */
  | 'too_large'
  /** The client went away. */
  | 'aborted';

export interface BodyOptions {
  readonly encoding: ContentEncoding;
  readonly bytesMax: number;
  /** Called with each piece; false stops the reading (the rest is thrown away), which ends as `complete`. */
  readonly onChunk: (chunk: Uint8Array) => boolean;
}

/** By the header; null: an encoding that is not supported, or several one over the other. */
export function encodingOf(header: string | undefined): ContentEncoding | null {
  const name = (header ?? 'identity').trim().toLowerCase();
  if (name === 'identity' || name === '') return 'identity';
  // RFC 9110, 8.4.1.3: the two are the same.
  if (name === 'x-gzip') return 'gzip';
  return Object.hasOwn(INFLATERS, name) ? (name as Compression) : null;
}

/**
 * Reads a body piece by piece, inflated where it is compressed. Pieces are handed over as they come, so everything before a
 * break was seen. Each compressed piece is inflated whole before the next is taken: this bounds memory, and it keeps the inflater from
 * discarding what it has inflated when the end turns out to be missing.
 */
export function readBody(request: IncomingMessage, options: BodyOptions): Promise<BodyEnd> {
  const { promise, resolve } = Promise.withResolvers<BodyEnd>();
  const take = createTake(options);
  request.once('aborted', () => resolve('aborted'));
  request.once('error', () => resolve('aborted'));
  if (options.encoding !== 'identity') inflate(request, { inflater: INFLATERS[options.encoding](), take }, resolve);
  else {
    request.on('data', (chunk: Buffer) => take.chunk(chunk));
    request.once('end', () => resolve(take.end()));
  }
  return promise;
}

interface Take {
  chunk(bytes: Uint8Array): void;
  /** Whether more is wanted. */
  isOpen(): boolean;
  end(): BodyEnd;
}

function createTake({ bytesMax, onChunk }: BodyOptions): Take {
  let bytes = 0;
  let end: BodyEnd | null = null;
  return {
    chunk(piece) {
      if (end !== null) return;
      bytes += piece.length;
      if (bytes > bytesMax) end = 'too_large';
      else if (!onChunk(piece)) end = 'complete';
    },
    isOpen: () => end === null,
    end: () => end ?? 'complete',
  };
}

interface Inflating {
  readonly inflater: Transform;
  readonly take: Take;
}

function inflate(request: IncomingMessage, { inflater, take }: Inflating, resolve: (end: BodyEnd) => void): void {
  let isOver = false;
  const finish = (end: BodyEnd): void => {
    if (isOver) return;
    isOver = true;
    inflater.destroy();
    // What the client still sends is read and dropped, so that it gets to read the answer.
    request.resume();
    resolve(end);
  };
  inflater.on('data', (chunk: Buffer) => {
    take.chunk(chunk);
    if (!take.isOpen()) finish(take.end());
  });
  inflater.once('end', () => finish(take.end()));
  inflater.once('error', () => finish('broken_encoding'));
  request.on('data', (chunk: Buffer) => {
    if (isOver) return;
    request.pause();
    inflater.write(chunk, () => request.resume());
  });
  request.once('end', () => {
    if (!isOver) inflater.end();
  });
  request.once('close', () => {
    if (!request.complete) finish('aborted');
  });
}
