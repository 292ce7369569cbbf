import type { SeriesEntry } from './announcement-shape.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { isWhole } from './packed-cells.ts';
import type { PackedCells } from './packed-cells.ts';
import { encodeSeries, readSeries, SERIES_ID_BYTES } from './series-codec.ts';

/** What one reading of the primary says of a chunk. */
export interface ChunkBase {
  readonly series: readonly SeriesEntry[];
  readonly packed: readonly PackedCells[];
}

const VERSION = 1;
const LENGTHS_BYTES_MAX = 16;

/** A version, the number of series and each entry, the number of packed series and of each id, cells, length and bytes. */
export function encodeChunkBase({ series, packed }: ChunkBase): Uint8Array {
  const entries = series.map(encodeSeries);
  const entryBytes = entries.reduce((sum, { length }) => sum + length, LENGTHS_BYTES_MAX);
  const writer = new ByteWriter(packed.reduce((sum, { bytes }) => sum + bytes.length + SERIES_ID_BYTES + LENGTHS_BYTES_MAX, entryBytes));
  writer.byte(VERSION);
  writer.varint(entries.length);
  for (const entry of entries) writer.raw(entry);
  writer.varint(packed.length);
  for (const { seriesId, cells, bytes } of packed) {
    writer.raw(seriesId);
    writer.varint(cells);
    writer.varint(bytes.length);
    writer.raw(bytes);
  }
  return writer.finish();
}

/** The cells are parts of `bytes`, not copies. Null where these are malformed, or of a version that is not known here. */
export function decodeChunkBase(bytes: Uint8Array): ChunkBase | null {
  const from = new ByteReader(bytes);
  if (from.byte() !== VERSION) return null;
  const series: SeriesEntry[] = [];
  for (let left = from.count(); left > 0 && !from.isBroken; left -= 1) series.push(readSeries(from));
  const packed: PackedCells[] = [];
  for (let left = from.count(); left > 0 && !from.isBroken; left -= 1) {
    const seriesId = from.raw(SERIES_ID_BYTES);
    const cells = from.varint();
    packed.push({ seriesId, cells, bytes: from.part(from.count()) });
  }
  return from.isDone && packed.every(isWhole) ? { series, packed } : null;
}
