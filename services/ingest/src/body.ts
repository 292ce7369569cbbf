import type { IncomingMessage } from 'node:http';
import { createGunzip } from 'node:zlib';

export type ContentEncoding = 'identity' | 'gzip';

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

/** By the header; null: an encoding that is not supported. */
export function encodingOf(header: string | undefined): ContentEncoding | null {
  const name = (header ?? 'identity').trim().toLowerCase();
  if (name === 'identity' || name === '') return 'identity';
  return name === 'gzip' || name === 'x-gzip' ? 'gzip' : null;
}

const INFLATE_CHUNK_BYTES = 64 * 1_024;

/**
 * Reads a body piece by piece, inflated where it is compressed. Pieces are handed over as they come, so everything before a
 * break was seen. Each compressed piece is inflated whole before the next is taken: this bounds memory, and it keeps zlib from
 * discarding what it has inflated when the end turns out to be missing.
 */
export function readBody(request: IncomingMessage, options: BodyOptions): Promise<BodyEnd> {
  const { promise, resolve } = Promise.withResolvers<BodyEnd>();
  const take = createTake(options);
  request.once('aborted', () => resolve('aborted'));
  request.once('error', () => resolve('aborted'));
  if (options.encoding === 'gzip') inflate(request, take, resolve);
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

function inflate(request: IncomingMessage, take: Take, resolve: (end: BodyEnd) => void): void {
  const gunzip = createGunzip({ chunkSize: INFLATE_CHUNK_BYTES });
  let isOver = false;
  const finish = (end: BodyEnd): void => {
    if (isOver) return;
    isOver = true;
    gunzip.destroy();
    // What the client still sends is read and dropped, so that it gets to read the answer.
    request.resume();
    resolve(end);
  };
  gunzip.on('data', (chunk: Buffer) => {
    take.chunk(chunk);
    if (!take.isOpen()) finish(take.end());
  });
  gunzip.once('end', () => finish(take.end()));
  gunzip.once('error', () => finish('broken_encoding'));
  request.on('data', (chunk: Buffer) => {
    if (isOver) return;
    request.pause();
    gunzip.write(chunk, () => request.resume());
  });
  request.once('end', () => {
    if (!isOver) gunzip.end();
  });
  request.once('close', () => {
    if (!request.complete) finish('aborted');
  });
}
