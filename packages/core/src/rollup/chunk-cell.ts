import type { SeriesEntry } from './announcement-shape.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { encodeSeries, readSeries, SERIES_ID_BYTES } from './series-codec.ts';

/**
 * Fields of a chunk's hash: `b` → what a loader filled it with; and of what was announced since `s` + series id → series entry,
 * `c` + series id + bucket + partition → cell.
 */
const BASE_MARK = 0x62;
const SERIES_MARK = 0x73;
const CELL_MARK = 0x63;

export interface ChunkCellKey {
  /** 16 bytes. */
  readonly seriesId: Uint8Array;
  readonly bucketS: number;
  readonly partition: number;
}

/** A cell's absolute state with its version (term, commit number); a reader keeps the greater version. */
export interface ChunkCell {
  readonly term: number;
  readonly commitNo: number;
  readonly revision: number;
  readonly state: Uint8Array;
}

export type ChunkField =
  { readonly kind: 'base' } | { readonly kind: 'series'; readonly seriesId: Uint8Array } | ({ readonly kind: 'cell' } & ChunkCellKey);

export const CHUNK_BASE_FIELD = Uint8Array.of(BASE_MARK);

const writer = new ByteWriter();

export function chunkSeriesField(seriesId: Uint8Array): Uint8Array {
  writer.reset();
  writer.byte(SERIES_MARK);
  writer.raw(seriesId);
  return writer.finish();
}

export function encodeChunkSeries(entry: SeriesEntry): Uint8Array {
  return encodeSeries(entry);
}

/** Null where the bytes are malformed. */
export function decodeChunkSeries(bytes: Uint8Array): SeriesEntry | null {
  const from = new ByteReader(bytes);
  const entry = readSeries(from);
  return from.isDone ? entry : null;
}

export function chunkCellField(key: ChunkCellKey): Uint8Array {
  writer.reset();
  writer.byte(CELL_MARK);
  writer.raw(key.seriesId);
  writer.zigzag(key.bucketS);
  writer.varint(key.partition);
  return writer.finish();
}

export function encodeChunkCell(cell: ChunkCell): Uint8Array {
  writer.reset();
  writer.varint(cell.term);
  writer.varint(cell.commitNo);
  writer.varint(cell.revision);
  writer.raw(cell.state);
  return writer.finish();
}

/** The state is a part of `bytes`, not a copy. Null where they are malformed. */
export function decodeChunkCell(bytes: Uint8Array): ChunkCell | null {
  const from = new ByteReader(bytes);
  const term = from.varint();
  const commitNo = from.varint();
  const revision = from.varint();
  const state = from.part(from.remaining);
  return from.isDone ? { term, commitNo, revision, state } : null;
}

/** What a field of a chunk names; null for its bookkeeping (`#…`, `l…`) and for malformed names. */
export function readChunkField(field: Uint8Array): ChunkField | null {
  const from = new ByteReader(field);
  const mark = from.byte();
  if (mark === BASE_MARK && from.isDone) return { kind: 'base' };
  if (mark !== SERIES_MARK && mark !== CELL_MARK) return null;
  const seriesId = from.raw(SERIES_ID_BYTES);
  if (mark === SERIES_MARK) return from.isDone ? { kind: 'series', seriesId } : null;
  const bucketS = from.zigzag();
  const partition = from.varint();
  return from.isDone ? { kind: 'cell', seriesId, bucketS, partition } : null;
}
