/**
 * Cells of one series one after another in one piece of memory: as Postgres writes them (`read-range-cells.sql`), as a loader
 * puts them into a chunk, and as they lie in the memory of a reader. Between the table and an answer they are never taken
 * apart and put together again: for 50,000 cells that alone took most of a second.
 *
 * | bytes | of a cell, big-endian |
 * |---|---|
 * | 8 | beginning of its bucket, in seconds, signed |
 * | 2 | partition |
 * | 8 | term |
 * | 8 | commit number |
 * | 4 | revision |
 * | 4 | length of the state |
 * | … | the state |
 */
import type { ChunkCell, ChunkCellKey } from './chunk-cell.ts';

export interface PackedCells {
  /** 16 bytes. */
  readonly seriesId: Uint8Array;
  readonly cells: number;
  /** In no order. */
  readonly bytes: Uint8Array;
}

/** Bytes of a packed cell beside its state. */
export const PACKED_HEAD_BYTES = 34;
const HIGH = 0x1_0000_0000;

/** Walks over packed cells; the fields tell of the one that `next` came to. */
export class PackedReader {
  bucketS = 0;
  partition = 0;
  term = 0;
  commitNo = 0;
  revision = 0;
  /** Where the state stands in the bytes. */
  stateFrom = 0;
  stateTo = 0;
  private readonly view: DataView;
  private readonly length: number;

  constructor(bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.length = bytes.length;
  }

  /** False behind the last whole cell. */
  next(): boolean {
    const at = this.stateTo;
    if (at + PACKED_HEAD_BYTES > this.length) return false;
    const { view } = this;
    const stateFrom = at + PACKED_HEAD_BYTES;
    const stateTo = stateFrom + view.getUint32(at + 30);
    if (stateTo > this.length) return false;
    this.bucketS = view.getInt32(at) * HIGH + view.getUint32(at + 4);
    this.partition = view.getUint16(at + 8);
    this.term = view.getUint32(at + 10) * HIGH + view.getUint32(at + 14);
    this.commitNo = view.getUint32(at + 18) * HIGH + view.getUint32(at + 22);
    this.revision = view.getUint32(at + 26);
    this.stateFrom = stateFrom;
    this.stateTo = stateTo;
    return true;
  }

  /** Whether all bytes were of whole cells. */
  get isDone(): boolean {
    return this.stateTo === this.length;
  }
}

/** Whether they are as many whole cells as they say. */
export function isWhole({ bytes, cells }: PackedCells): boolean {
  const reader = new PackedReader(bytes);
  let seen = 0;
  while (reader.next()) seen += 1;
  return reader.isDone && seen === cells;
}

/** Cells of any series, packed by series in the order in which these first come. */
export function packCells(cells: readonly (ChunkCellKey & ChunkCell)[]): PackedCells[] {
  const bySeries = new Map<string, (ChunkCellKey & ChunkCell)[]>();
  for (const cell of cells) {
    const key = String(cell.seriesId);
    bySeries.set(key, [...(bySeries.get(key) ?? []), cell]);
  }
  return [...bySeries.values()].map(packSeries);
}

function packSeries(cells: readonly (ChunkCellKey & ChunkCell)[]): PackedCells {
  const bytes = new Uint8Array(cells.reduce((sum, { state }) => sum + PACKED_HEAD_BYTES + state.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { bucketS, partition, term, commitNo, revision, state } of cells) {
    view.setInt32(at, Math.floor(bucketS / HIGH));
    view.setUint32(at + 4, bucketS % HIGH);
    view.setUint16(at + 8, partition);
    view.setUint32(at + 10, Math.floor(term / HIGH));
    view.setUint32(at + 14, term % HIGH);
    view.setUint32(at + 18, Math.floor(commitNo / HIGH));
    view.setUint32(at + 22, commitNo % HIGH);
    view.setUint32(at + 26, revision);
    view.setUint32(at + 30, state.length);
    bytes.set(state, at + PACKED_HEAD_BYTES);
    at += PACKED_HEAD_BYTES + state.length;
  }
  return { seriesId: cells[0]?.seriesId ?? new Uint8Array(0), cells: cells.length, bytes };
}

/** The cells one by one; their states are parts of the packed bytes, not copies. */
export function unpackCells(packed: readonly PackedCells[]): (ChunkCellKey & ChunkCell)[] {
  return packed.flatMap(({ seriesId, bytes }) => {
    const cells: (ChunkCellKey & ChunkCell)[] = [];
    const reader = new PackedReader(bytes);
    while (reader.next()) {
      const { bucketS, partition, term, commitNo, revision } = reader;
      cells.push({ seriesId, bucketS, partition, term, commitNo, revision, state: bytes.subarray(reader.stateFrom, reader.stateTo) });
    }
    return cells;
  });
}
