import {
  chunkCellField,
  chunkSeriesField,
  decodeChunkBase,
  decodeChunkCell,
  decodeChunkSeries,
  encodeChunkCell,
  encodeChunkSeries,
  readChunkField,
} from '@tidegate/core';
import type { PackedCells, SeriesEntry } from '@tidegate/core';
import type { ChunkContent, PlacedCell, ReadContent } from './cell-store.ts';

/** Field names and values alternate, as Redis takes and gives them; series before cells. */
export function toFields({ series, cells }: ChunkContent): Uint8Array[] {
  const fields: Uint8Array[] = [];
  for (const entry of series) fields.push(chunkSeriesField(entry.id), encodeChunkSeries(entry));
  for (const cell of cells) fields.push(chunkCellField(cell), encodeChunkCell(cell));
  return fields;
}

/** Null where a field cannot be read (another version wrote it): the chunk is then as good as absent. */
export function fromFields(fields: readonly Uint8Array[]): ReadContent | null {
  const content: Reading = { series: [], packed: [], cells: [] };
  for (let at = 0; at + 1 < fields.length; at += 2) {
    if (!take(content, fields[at] ?? NOTHING, fields[at + 1] ?? NOTHING)) return null;
  }
  return content;
}

const NOTHING = new Uint8Array(0);

interface Reading {
  readonly series: SeriesEntry[];
  readonly packed: PackedCells[];
  readonly cells: PlacedCell[];
}

function take({ series, packed, cells }: Reading, field: Uint8Array, value: Uint8Array): boolean {
  const name = readChunkField(field);
  if (name === null) return false;
  if (name.kind === 'base') {
    // A copy: what lies in memory as long as the chunk is decoded must not hold what came with it.
    const base = decodeChunkBase(value.slice());
    series.push(...(base?.series ?? []));
    packed.push(...(base?.packed ?? []));
    return base !== null;
  }
  if (name.kind === 'series') {
    const entry = decodeChunkSeries(value);
    if (entry !== null) series.push(entry);
    return entry !== null;
  }
  const cell = decodeChunkCell(value);
  if (cell !== null) cells.push({ seriesId: name.seriesId, bucketS: name.bucketS, partition: name.partition, ...cell });
  return cell !== null;
}
