import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeChunkBase, encodeChunkBase } from './chunk-base.ts';
import { packCells, PackedReader, unpackCells } from './packed-cells.ts';
import { seriesEntry } from './series.ts';

const number = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const series = ['a', 'b', 'c'].map((page) => seriesEntry({ tenant: 'acme', metric: 'm', version: 1, setNo: 0, subject: '', dims: [page] }));
const cell = fc.record({
  seriesId: fc.constantFrom(...series.map(({ id }) => id)),
  bucketS: fc.maxSafeInteger(),
  partition: fc.nat(32_767),
  term: number,
  commitNo: number,
  revision: fc.nat(2 ** 31 - 1),
  state: fc.uint8Array(),
});

/** By series, in the order in which these first come. */
function bySeries<Cell extends { readonly seriesId: Uint8Array }>(cells: readonly Cell[]): Cell[] {
  const groups = Map.groupBy(cells, ({ seriesId }) => String(seriesId));
  return [...groups.values()].flat();
}

test('packed cells are what they were made of, in a chunk too, wherever its bytes lie', () => {
  fc.assert(
    fc.property(fc.array(cell), fc.nat(9), (cells, shift) => {
      const packed = packCells(cells);
      expect(unpackCells(packed)).toEqual(bySeries(cells));
      const bytes = encodeChunkBase({ series, packed });
      const elsewhere = new Uint8Array(bytes.length + shift);
      elsewhere.set(bytes, shift);
      expect(decodeChunkBase(elsewhere.subarray(shift))).toEqual({ series, packed });
    }),
  );
});

test('a chunk of which a byte is missing, or one too many, is none', () => {
  const packed = packCells([
    {
      seriesId: series[0]?.id ?? new Uint8Array(16),
      bucketS: -900,
      partition: 3,
      term: 1,
      commitNo: 2,
      revision: 4,
      state: Uint8Array.of(7, 8),
    },
  ]);
  const bytes = encodeChunkBase({ series, packed });
  for (let end = 0; end < bytes.length; end += 1) expect(decodeChunkBase(bytes.subarray(0, end))).toBeNull();
  expect(decodeChunkBase(Uint8Array.of(...bytes, 0))).toBeNull();
  expect(decodeChunkBase(Uint8Array.of(9, ...bytes.subarray(1)))).toBeNull();
  // As many bytes as are said, and no whole cells.
  expect(decodeChunkBase(encodeChunkBase({ series, packed: packed.map((one) => ({ ...one, bytes: one.bytes.subarray(1) })) }))).toBeNull();
  expect(decodeChunkBase(encodeChunkBase({ series, packed: packed.map((one) => ({ ...one, cells: 2 })) }))).toBeNull();
});

test('the bytes of a packed cell are those of the written format', () => {
  const [packed] = packCells([
    { seriesId: new Uint8Array(16), bucketS: -900, partition: 258, term: 1, commitNo: 2 ** 32 + 5, revision: 6, state: Uint8Array.of(9) },
  ]);
  // int8 -900 = ff…fc7c, int2, int8, int8, int4, int4 and the state, as int8send and its like write them.
  expect(packed?.bytes).toEqual(
    Uint8Array.of(
      ...[255, 255, 255, 255, 255, 255, 0xfc, 0x7c],
      1,
      2,
      ...[0, 0, 0, 0, 0, 0, 0, 1],
      ...[0, 0, 0, 1, 0, 0, 0, 5],
      0,
      0,
      0,
      6,
      0,
      0,
      0,
      1,
      9,
    ),
  );
  expect(new PackedReader(new Uint8Array(0)).isDone).toBe(true);
});
