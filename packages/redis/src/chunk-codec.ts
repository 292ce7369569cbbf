import {
  chunkCellField,
  chunkSeriesField,
  decodeChunkCell,
  decodeChunkSeries,
  encodeChunkCell,
  encodeChunkSeries,
  readChunkField,
} from '@tidegate/core';
import type { SeriesEntry } from '@tidegate/core';
import type { ChunkContent, PlacedCell } from './cell-store.ts';

/** Field names and values alternate, as Redis takes and gives them; series before cells. */
export function toFields({ series, cells }: ChunkContent): Uint8Array[] {
  const fields: Uint8Array[] = [];
  for (const entry of series) fields.push(chunkSeriesField(entry.id), encodeChunkSeries(entry));
  for (const cell of cells) fields.push(chunkCellField(cell), encodeChunkCell(cell));
  return fields;
}

/** Null where a field cannot be read (another version wrote it): the chunk is then as good as absent. */
export function fromFields(fields: readonly Uint8Array[]): ChunkContent | null {
  const series: SeriesEntry[] = [];
  const cells: PlacedCell[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const name = readChunkField(fields[at] ?? new Uint8Array(0));
    const value = fields[at + 1] ?? new Uint8Array(0);
    if (name?.kind === 'series') {
      const entry = decodeChunkSeries(value);
      if (entry === null) return null;
      series.push(entry);
    } else {
      const cell = name === null ? null : decodeChunkCell(value);
      if (cell === null || name === null) return null;
      cells.push({ seriesId: name.seriesId, bucketS: name.bucketS, partition: name.partition, ...cell });
    }
  }
  return { series, cells };
}
