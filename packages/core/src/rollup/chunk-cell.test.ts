import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  chunkCellField,
  chunkSeriesField,
  decodeChunkCell,
  decodeChunkSeries,
  encodeChunkCell,
  encodeChunkSeries,
  readChunkField,
} from './chunk-cell.ts';
import { seriesEntry } from './series.ts';

const ids = fc.uint8Array({ minLength: 16, maxLength: 16 });
const number = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

test('a field of a chunk says again what it was made of', () => {
  fc.assert(
    fc.property(ids, fc.integer(), fc.nat(65_535), (seriesId, bucketS, partition) => {
      expect(readChunkField(chunkCellField({ seriesId, bucketS, partition }))).toEqual({ kind: 'cell', seriesId, bucketS, partition });
      expect(readChunkField(chunkSeriesField(seriesId))).toEqual({ kind: 'series', seriesId });
    }),
  );
});

test('bookkeeping fields name no cell and no series', () => {
  for (const name of ['#token', '#filled', 'l12', 's', 'c', 'short']) expect(readChunkField(new TextEncoder().encode(name))).toBeNull();
});

test('a cell and a series read back as they were written', () => {
  fc.assert(
    fc.property(number, number, number, fc.uint8Array(), (term, commitNo, revision, state) => {
      const cell = { term, commitNo, revision, state };
      expect(decodeChunkCell(encodeChunkCell(cell))).toEqual(cell);
    }),
  );
  const entry = seriesEntry({ tenant: 'acme', metric: 'm', version: 1, setNo: 2, subject: 'ab', dims: [null, 'x'] });
  expect(decodeChunkSeries(encodeChunkSeries(entry))).toEqual(entry);
  expect(decodeChunkSeries(encodeChunkSeries(entry).slice(1))).toBeNull();
});

test('the bytes of a cell are those of the written format', () => {
  const seriesId = new Uint8Array(16).fill(0xee);
  // "c", the id, -900 as zigzag 1799 = 14·128 + 7, partition 3.
  expect(chunkCellField({ seriesId, bucketS: -900, partition: 3 })).toEqual(Uint8Array.of(0x63, ...seriesId, 0x87, 14, 3));
  expect(encodeChunkCell({ term: 1, commitNo: 300, revision: 0, state: Uint8Array.of(9) })).toEqual(Uint8Array.of(1, 0xac, 2, 0, 9));
});
