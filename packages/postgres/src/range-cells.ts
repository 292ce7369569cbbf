import { GRAINS } from '@tidegate/core';
import type { CellRange, GrainCode, PackedCells, RangePiece, SeriesEntry } from '@tidegate/core';
import type pg from 'pg';
import { int2Array, int8Array, textArray } from './binary-array.ts';
import { run } from './statements.ts';

/** Whose cells are read: one set of one metric version, of some subjects or of all. */
export type CellsOf = Omit<CellRange, 'fromS' | 'toS'>;

export interface CellsRead {
  /** Those that have a cell in one of the pieces. */
  readonly series: readonly SeriesEntry[];
  /** Those of one series and piece together, named by the very array that is the id of the series. */
  readonly cells: readonly PieceCells[];
  /** More cells than asked for at most: none of them is here. */
  readonly isCut: boolean;
  /** A replica may lie behind announcements that are in a cache already, so nothing may be kept from it. */
  readonly isReplica: boolean;
}

export interface PieceCells extends PackedCells {
  /** Position of the piece among those that were asked for. */
  readonly piece: number;
}

interface CellsAsk {
  readonly of: CellsOf;
  readonly pieces: readonly RangePiece[];
  readonly cellsMax: number;
}

interface HeadRow {
  readonly is_replica: boolean;
  readonly is_cut: boolean;
}

/** Where `series_id` is null there are no cells. */
interface CellsRow extends HeadRow {
  readonly series_id: string | null;
  readonly subject: string;
  /** A JSON list, the same in all rows of a series. */
  readonly dims: string;
  readonly piece: number;
  readonly cells: number;
  readonly packed: Buffer;
}

/** All of one instant, in one statement. */
export async function readRangeCells(on: pg.ClientBase | pg.Pool, { of, pieces, cellsMax }: CellsAsk): Promise<CellsRead> {
  const { tenant, metric, version, setNo, subject, among } = of;
  const subjects = subject === null ? among : [subject];
  const spans = pieces.flatMap(spansOfPiece);
  const rows = await run<CellsRow>(on, 'read-range-cells', [
    ...[tenant, metric, version, setNo, subjects === undefined ? null : textArray(subjects)],
    int2Array(spans.map(({ grain }) => grain)),
    int8Array(spans.map(({ fromS }) => fromS)),
    int8Array(spans.map(({ toS }) => toS)),
    pieces.reduce((sum, piece) => sum + bucketsOf(piece), 0),
    cellsMax,
  ]);
  const series = new Map<string, SeriesEntry>();
  const seriesOf = (id: string, row: CellsRow): SeriesEntry => {
    const known = series.get(id);
    if (known !== undefined) return known;
    const dims = JSON.parse(row.dims) as (string | null)[];
    const entry = { id: idOf(id), tenant, metric, version, setNo, subject: row.subject, dims };
    series.set(id, entry);
    return entry;
  };
  const cells = rows.flatMap((row): PieceCells | [] => {
    const { series_id: id, packed } = row;
    if (id === null) return [];
    const bytes = new Uint8Array(packed.buffer, packed.byteOffset, packed.length);
    return { seriesId: seriesOf(id, row).id, cells: row.cells, piece: spans[row.piece]?.piece ?? 0, bytes };
  });
  return { series: [...series.values()], cells, ...toHead(rows[0]) };
}

function toHead(row: HeadRow | undefined): Pick<CellsRead, 'isCut' | 'isReplica'> {
  return { isCut: row?.is_cut === true, isReplica: row?.is_replica === true };
}

/** A row holds a series' cells of so many buckets at most: a text of Postgres ends at a gigabyte. */
const BUCKETS_PER_ROW = 2_000;

/** The piece at a position, in spans that fit into a row. */
function spansOfPiece({ grain, fromS: startS, toS: endS }: RangePiece, piece: number): (RangePiece & { readonly piece: number })[] {
  const stepS = BUCKETS_PER_ROW * secondsOf(grain);
  const spans: (RangePiece & { readonly piece: number })[] = [];
  for (let fromS = startS; fromS < endS; fromS += stepS) spans.push({ grain, fromS, toS: Math.min(endS, fromS + stepS), piece });
  return spans;
}

function bucketsOf({ grain, fromS, toS }: RangePiece): number {
  return Math.ceil((toS - fromS) / secondsOf(grain));
}

const GRAIN_SECONDS: ReadonlyMap<GrainCode, number> = new Map(Object.values(GRAINS).map(({ code, seconds }) => [code, seconds]));

function secondsOf(grain: GrainCode): number {
  return GRAIN_SECONDS.get(grain) ?? GRAINS.day.seconds;
}

function idOf(uuid: string): Uint8Array {
  return new Uint8Array(Buffer.from(uuid.replaceAll('-', ''), 'hex'));
}
