import type { Announcement, CellRange } from '@tidegate/core';
import { GRAINS } from '@tidegate/core';
import type { ChunkContent, ChunkName, PlacedCell } from '@tidegate/redis';

const DAY_S = 86_400;

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

/** The cells of an announcement by the chunk that they belong to. */
export function chunksOfAnnouncement(announcement: Announcement): readonly { readonly name: ChunkName; readonly content: ChunkContent }[] {
  const { partition, term, commitNo, series } = announcement;
  const byChunk = new Map<string, { readonly name: ChunkName; readonly used: Set<number>; readonly cells: PlacedCell[] }>();
  for (const { series: at, grain, bucketS, revision, state } of announcement.cells) {
    const entry = series[at];
    if (entry === undefined) continue;
    const { tenant, metric, version, setNo } = entry;
    const subject = entry.subject === '' ? null : entry.subject;
    const name = { tenant, metric, version, setNo, subject, grain, utcDay: Math.floor(bucketS / DAY_S) };
    const id = chunkId(name);
    const chunk = byChunk.get(id) ?? { name, used: new Set<number>(), cells: [] };
    byChunk.set(id, chunk);
    chunk.used.add(at);
    chunk.cells.push({ seriesId: entry.id, bucketS, partition, term, commitNo, revision, state });
  }
  return [...byChunk.values()].map(({ name, used, cells }) => ({
    name,
    content: { series: [...used].flatMap((at) => series[at] ?? []), cells },
  }));
}
