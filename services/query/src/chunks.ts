import type { AnnouncedCell, Announcement, CellRange, SeriesEntry } from '@tidegate/core';
import { GRAINS } from '@tidegate/core';
import type { ChunkContent, ChunkName, PlacedCell } from '@tidegate/redis';

const DAY_S = 86_400;
/** More than there are codes of grains. */
const GRAIN_CODES = 16;

/**
 * The chunks that hold the cells of a range; null where they cannot be listed (series of all subjects) or are more than
 * `daysMax`: then Postgres answers.
 */
export function chunksOf(
  range: CellRange,
  options: { readonly bySubject: boolean; readonly daysMax: number },
): readonly ChunkName[] | null {
  if (options.bySubject && range.subject === null) return null;
  const first = Math.floor(range.fromS / DAY_S);
  const days = Math.ceil(range.toS / DAY_S) - first;
  if (days > options.daysMax) return null;
  const { tenant, metric, version, setNo, subject } = range;
  return Array.from({ length: Math.max(0, days) }, (_, day) => ({
    tenant,
    metric,
    version,
    setNo,
    subject,
    grain: GRAINS.quarter_hour.code,
    utcDay: first + day,
  }));
}

/** The range of cells that one chunk holds. */
export function rangeOfChunk({ tenant, metric, version, setNo, subject, utcDay }: ChunkName): CellRange {
  return { tenant, metric, version, setNo, subject, fromS: utcDay * DAY_S, toS: (utcDay + 1) * DAY_S };
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
    const utcDay = Math.floor(cell.bucketS / DAY_S);
    const place = utcDay * GRAIN_CODES + cell.grain;
    const known = owners.get(place);
    if (known !== undefined) return known;
    const { tenant, metric, version, setNo } = entry;
    const subject = entry.subject === '' ? null : entry.subject;
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
