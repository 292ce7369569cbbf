import type { AnnouncedCell, Announcement, CellRange, GrainCode, RangePiece, SeriesEntry } from '@tidegate/core';
import type { ChunkContent, ChunkName, PlacedCell } from '@tidegate/redis';

const DAY_S = 86_400;
/** More than eight times the greatest code of a grain: eighths of a day and grains make one number. */
const GRAIN_CODES = 64;
type SpanDays = Readonly<Record<GrainCode, number>>;
/** Days in a chunk, so that a series has some 96 cells in each (180 minutes); its name has the first of them. */
const SPAN_DAYS: SpanDays = { 1: 1 / 8, 2: 1, 3: 4, 4: 96 };
/**
 * Of one person, who has few cells a day: most of what such a chunk costs is to ask for it. With days of their own a month about one
 * person was some 30 chunks, and a view of four questions 150 to 190 calls of Redis.
 */
const SPAN_DAYS_OF_PERSON: SpanDays = { 1: 1, 2: 8, 3: 32, 4: 384 };

function spanDays({ subject }: Pick<ChunkName, 'subject'>, grain: GrainCode): number {
  return (subject === null ? SPAN_DAYS : SPAN_DAYS_OF_PERSON)[grain];
}

/** The first day of the chunk that holds a bucket; of minutes with an eighth of a day, which a double holds exactly. */
export function firstDay(of: Pick<ChunkName, 'subject'>, grain: GrainCode, bucketS: number): number {
  const days = spanDays(of, grain);
  return Math.floor(bucketS / DAY_S / days) * days;
}

/**
 * The chunks that hold the cells of a range's pieces; null where they cannot be listed (series of all subjects) or are more
 * than `chunksMax`: then Postgres answers.
 */
export function chunksOf(
  range: CellRange,
  pieces: readonly RangePiece[],
  options: { readonly bySubject: boolean; readonly chunksMax: number },
): readonly ChunkName[] | null {
  if (options.bySubject && range.subject === null) return null;
  const { tenant, metric, version, setNo, subject } = range;
  const names = new Map<string, ChunkName>();
  for (const { grain, fromS, toS } of pieces) {
    for (let utcDay = firstDay(range, grain, fromS); utcDay * DAY_S < toS; utcDay += spanDays(range, grain)) {
      const name = { tenant, metric, version, setNo, subject, grain, utcDay };
      names.set(chunkId(name), name);
      if (names.size > options.chunksMax) return null;
    }
  }
  return [...names.values()].sort((a, b) => a.utcDay - b.utcDay || a.grain - b.grain);
}

/** The cells that one chunk holds. */
export function rangeOfChunk(name: ChunkName): { readonly range: CellRange; readonly pieces: readonly RangePiece[] } {
  const { tenant, metric, version, setNo, subject, grain, utcDay } = name;
  const fromS = utcDay * DAY_S;
  const toS = (utcDay + spanDays(name, grain)) * DAY_S;
  return { range: { tenant, metric, version, setNo, subject, fromS, toS }, pieces: [{ grain, fromS, toS }] };
}

/** Tells chunks apart, in memory. */
export function chunkId({ tenant, metric, version, setNo, grain, utcDay, subject }: ChunkName): string {
  return [tenant, metric, version, setNo, grain, utcDay, subject ?? ''].join(' ');
}

interface FilledChunk {
  readonly name: ChunkName;
  readonly series: Set<SeriesEntry>;
  readonly cells: PlacedCell[];
}

export interface GatheredChunk {
  readonly id: string;
  readonly name: ChunkName;
  readonly content: ChunkContent;
}

/** Cells that are brought into Redis together, by the chunk that they belong to. */
export interface GatheredCells {
  add(announcement: Announcement): void;
  chunks(): readonly GatheredChunk[];
}

export function gatherCells(): GatheredCells {
  // By what a series says of its chunk, then by day and grain: a name is written once per series and not for each cell.
  const byOwner = new Map<string, Map<number, FilledChunk>>();
  const chunkOf = (owners: Map<number, FilledChunk>, entry: SeriesEntry, cell: AnnouncedCell): FilledChunk => {
    const subject = entry.subject === '' ? null : entry.subject;
    const utcDay = firstDay({ subject }, cell.grain, cell.bucketS);
    const place = utcDay * GRAIN_CODES + cell.grain;
    const known = owners.get(place);
    if (known !== undefined) return known;
    const { tenant, metric, version, setNo } = entry;
    const chunk = {
      name: { tenant, metric, version, setNo, subject, grain: cell.grain, utcDay },
      series: new Set<SeriesEntry>(),
      cells: [],
    };
    owners.set(place, chunk);
    return chunk;
  };
  return {
    add({ partition, term, commitNo, series, cells }) {
      const owners = series.map((entry) => {
        const owner = ownerOf(entry);
        const chunks = byOwner.get(owner) ?? new Map<number, FilledChunk>();
        byOwner.set(owner, chunks);
        return chunks;
      });
      for (const cell of cells) {
        const entry = series[cell.series];
        const chunks = owners[cell.series];
        if (entry === undefined || chunks === undefined) continue;
        const chunk = chunkOf(chunks, entry, cell);
        chunk.series.add(entry);
        const { bucketS, revision, state } = cell;
        chunk.cells.push({ seriesId: entry.id, bucketS, partition, term, commitNo, revision, state });
      }
    },
    chunks: () =>
      [...byOwner.values()].flatMap((chunks) =>
        [...chunks.values()].map(({ name, series, cells }) => ({ id: chunkId(name), name, content: { series: [...series], cells } })),
      ),
  };
}

function ownerOf({ tenant, metric, version, setNo, subject }: SeriesEntry): string {
  return `${tenant} ${metric} ${version} ${setNo} ${subject}`;
}
