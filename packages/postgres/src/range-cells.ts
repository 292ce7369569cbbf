import { GRAINS } from '@tidegate/core';
import type { GrainCode, PackedCells, RangePiece } from '@tidegate/core';
import type pg from 'pg';
import { int2Array, int8Array } from './binary-array.ts';
import { run } from './statements.ts';

export interface PackedAsk {
  /** Tenant, metric, version, set, subjects. */
  readonly of: readonly unknown[];
  readonly pieces: readonly RangePiece[];
  /** Series that have a cell there. */
  readonly seriesMax: number;
  readonly partitions: number;
  readonly cellsMax: number;
}

/** Cells of one series in one piece. */
export interface PieceOfSeries extends Omit<PackedCells, 'seriesId'> {
  /** As Postgres writes it. */
  readonly seriesId: string;
  /** Position of the piece. */
  readonly piece: number;
}

interface PackedRow {
  readonly series_id: string;
  readonly piece: number;
  readonly cells: number;
  readonly packed: Buffer;
}

/** Null: more cells than that. */
export async function readPacked(client: pg.ClientBase, ask: PackedAsk): Promise<readonly PieceOfSeries[] | null> {
  const rows = ask.pieces.flatMap(rowsOfPiece);
  const values = [...ask.of, ...columnsOf(rows.map(({ span }) => span))];
  // No series has more than a cell of each partition in each bucket.
  const most = ask.seriesMax * ask.partitions * ask.pieces.reduce((sum, piece) => sum + bucketsOf(piece), 0);
  const tooMany = most > ask.cellsMax ? ask.cellsMax + 1 : null;
  const found = await run<PackedRow>(client, 'read-range-cells', [...values, tooMany]);
  // Every series has a cell there.
  if (tooMany !== null && found.length === 0 && ask.seriesMax > 0) return null;
  return found.map(({ series_id: seriesId, piece, cells, packed }) => ({
    ...{ seriesId, cells, piece: rows[piece]?.piece ?? 0 },
    bytes: new Uint8Array(packed.buffer, packed.byteOffset, packed.length),
  }));
}

/** A row holds a series' cells of so many buckets at most: a text of Postgres ends at a gigabyte. */
const BUCKETS_PER_ROW = 2_000;

/** The piece at a position, in spans that fit into a row. */
function rowsOfPiece(span: RangePiece, piece: number): { readonly span: RangePiece; readonly piece: number }[] {
  const stepS = BUCKETS_PER_ROW * secondsOf(span);
  const rows: { span: RangePiece; piece: number }[] = [];
  for (let fromS = span.fromS; fromS < span.toS; fromS += stepS) {
    rows.push({ span: { ...span, fromS, toS: Math.min(span.toS, fromS + stepS) }, piece });
  }
  return rows;
}

function bucketsOf(piece: RangePiece): number {
  return Math.ceil((piece.toS - piece.fromS) / secondsOf(piece));
}

const GRAIN_SECONDS: ReadonlyMap<GrainCode, number> = new Map(Object.values(GRAINS).map(({ code, seconds }) => [code, seconds]));

function secondsOf({ grain }: RangePiece): number {
  return GRAIN_SECONDS.get(grain) ?? GRAINS.day.seconds;
}

/** Grains, first buckets and ends of pieces as parameters. */
export function columnsOf(pieces: readonly RangePiece[]): Buffer[] {
  return [
    int2Array(pieces.map((piece) => piece.grain)),
    int8Array(pieces.map((piece) => piece.fromS)),
    int8Array(pieces.map((piece) => piece.toS)),
  ];
}
