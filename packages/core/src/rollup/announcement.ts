import type { AnnouncedCell, AnnouncedLane, Announcement, SeriesEntry } from './announcement-shape.ts';
import { keyBytes, readChangedEntities, splitChangedEntities, writeChangedEntities } from '../entity/changed-codec.ts';
import type { ChangedEntities } from '../entity/entity-shape.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { COARSE_GRAINS, GRAINS } from './grain.ts';
import type { GrainCode } from './grain.ts';
import { NEVER_SEALED, NOTHING_SEALED } from './sealed.ts';
import type { SealedThrough } from './sealed.ts';
import { encodeSeries, readSeries } from './series-codec.ts';

export const ANNOUNCEMENT_VERSION = 5;
/** Told the keys of changed rows, and nothing of their values. */
const VERSION_KEYS = 4;
/** Knows no entities: what is written where none changed. */
const VERSION_CELLS = 3;
/** Told nothing of sealed cells, and nothing of the backfill lane. */
const VERSION_UNSEALED = 1;
const VERSION_ONE_LANE = 2;

/** Bytes beyond which an announcement is split; a single cell that is larger still stands in a part of its own. */
export const ANNOUNCEMENT_BYTES_MAX = 256 * 1_024;

/** Room for the numbers at the start: the version, twelve varints of at most 8 bytes, three grains of at most 9. */
const HEAD_BYTES_MAX = 150;
/** Most bytes of a cell besides its state: five varints. */
const CELL_HEAD_BYTES_MAX = 40;

/** A commit as it is announced, before it is split. */
export interface CommitAnnouncement extends Omit<Announcement, 'part' | 'parts' | 'entities'> {
  /** Absent: it changed no row. */
  readonly entities?: readonly ChangedEntities[];
}

/** One part: its cells, and the series that they use with their own numbering. */
interface Part {
  readonly seriesBytes: Uint8Array[];
  /** Index in the commit's series → index in the part's. */
  readonly places: Map<number, number>;
  readonly cells: AnnouncedCell[];
  entities: readonly ChangedEntities[];
  bytes: number;
}

/**
 * The records that announce a commit: one, or several numbered parts (`part` 0 … `parts` - 1) in order. Each part stands
 * alone. A commit without cells is one part.
 */
export function encodeAnnouncement(commit: CommitAnnouncement, bytesMax: number = ANNOUNCEMENT_BYTES_MAX): Uint8Array[] {
  const parts = split(commit, bytesMax);
  return parts.map((part, index) => encodePart(commit, part, { index, count: parts.length }));
}

function split(commit: CommitAnnouncement, bytesMax: number): Part[] {
  const encoded = commit.series.map(encodeSeries);
  let part = emptyPart();
  const parts = [part];
  for (const cell of commit.cells) {
    const series = encoded[cell.series];
    if (series === undefined) throw new RangeError('an announced cell names a series that is not in the announcement');
    const cellBytes = CELL_HEAD_BYTES_MAX + cell.state.length;
    const added = cellBytes + (part.places.has(cell.series) ? 0 : series.length);
    if (part.cells.length > 0 && part.bytes + added > bytesMax) parts.push((part = emptyPart()));
    if (!part.places.has(cell.series)) {
      part.places.set(cell.series, part.seriesBytes.push(series) - 1);
      part.bytes += series.length;
    }
    part.cells.push(cell);
    part.bytes += cellBytes;
  }
  addEntities(parts, commit.entities ?? [], bytesMax);
  return parts;
}

/** Behind the last cells as far as there is room, then in parts of their own. */
function addEntities(parts: Part[], changed: readonly ChangedEntities[], bytesMax: number): void {
  for (const entities of splitChangedEntities(changed, bytesMax - HEAD_BYTES_MAX)) {
    const last = parts.at(-1);
    const bytes = entities.reduce((sum, { keys }) => keys.reduce((all, key) => all + keyBytes(key), sum), 0);
    if (last !== undefined && last.entities.length === 0 && last.bytes + bytes <= bytesMax) last.entities = entities;
    else parts.push({ ...emptyPart(), entities, bytes: HEAD_BYTES_MAX + bytes });
  }
}

function emptyPart(): Part {
  return { seriesBytes: [], places: new Map(), cells: [], entities: [], bytes: HEAD_BYTES_MAX };
}

const writer = new ByteWriter(65_536);

function encodePart(commit: CommitAnnouncement, part: Part, place: { readonly index: number; readonly count: number }): Uint8Array {
  writer.reset();
  const hasEntities = commit.entities !== undefined && commit.entities.length > 0;
  writer.byte(hasEntities ? ANNOUNCEMENT_VERSION : VERSION_CELLS);
  for (const number of [commit.term, commit.commitNo, commit.previousCommitNo, place.index, place.count]) writer.varint(number);
  for (const number of [commit.nextOffset, commit.completeThroughMs, commit.logGeneration]) writer.varint(number);
  writeBackfill(commit.backfill);
  writeSealed(commit.sealed);
  writer.varint(part.seriesBytes.length);
  for (const series of part.seriesBytes) writer.raw(series);
  writer.varint(part.cells.length);
  for (const cell of part.cells) {
    writer.varint(part.places.get(cell.series) ?? 0);
    writer.byte(cell.grain);
    writer.zigzag(cell.bucketS);
    writer.varint(cell.revision);
    writer.varint(cell.state.length);
    writer.raw(cell.state);
  }
  if (hasEntities) writeChangedEntities(part.entities, writer);
  return writer.finish();
}

/** Generations begin at 1: 0 stands for nothing known. */
function writeBackfill(lane: AnnouncedLane | null): void {
  writer.varint(lane?.nextOffset ?? 0);
  writer.varint(lane?.logGeneration ?? 0);
}

/** Grains of which something is sealed: code, start of the first bucket that is not. */
function writeSealed(sealed: SealedThrough): void {
  const grains = COARSE_GRAINS.filter((grain) => sealed[grain] !== NEVER_SEALED);
  writer.byte(grains.length);
  for (const grain of grains) {
    writer.byte(GRAINS[grain].code);
    writer.zigzag(sealed[grain]);
  }
}

function readSealed(from: ByteReader, version: number): SealedThrough {
  const sealed = { ...NOTHING_SEALED };
  if (version === VERSION_UNSEALED) return sealed;
  for (let left = from.byte(); left > 0 && !from.isBroken; left -= 1) {
    const code = from.byte();
    const grain = COARSE_GRAINS.find((one) => GRAINS[one].code === code);
    const throughS = from.zigzag();
    if (grain === undefined) from.fail();
    else sealed[grain] = throughS;
  }
  return sealed;
}

function readBackfill(from: ByteReader, version: number): AnnouncedLane | null {
  if (version <= VERSION_ONE_LANE) return null;
  const nextOffset = from.varint();
  const logGeneration = from.varint();
  return logGeneration === 0 ? null : { nextOffset, logGeneration };
}

/**
 * The partition stands in the record's key, not in its value. States are parts of `bytes`, not copies. Null where the bytes
 * are malformed or of an unknown version.
 */
export function decodeAnnouncement(partition: number, bytes: Uint8Array): Announcement | null {
  const from = new ByteReader(bytes);
  const version = from.byte();
  if (version < VERSION_UNSEALED || version > ANNOUNCEMENT_VERSION) return null;
  const term = from.varint();
  const commitNo = from.varint();
  const previousCommitNo = from.varint();
  const part = from.varint();
  const parts = from.varint();
  const nextOffset = from.varint();
  const completeThroughMs = from.varint();
  const logGeneration = from.varint();
  const backfill = readBackfill(from, version);
  const sealed = readSealed(from, version);
  const series: SeriesEntry[] = [];
  for (let left = from.count(); left > 0 && !from.isBroken; left -= 1) series.push(readSeries(from));
  const cells: AnnouncedCell[] = [];
  for (let left = from.count(); left > 0 && !from.isBroken; left -= 1) cells.push(readCell(from, series.length));
  const entities = version < VERSION_KEYS ? [] : readChangedEntities(from, version > VERSION_KEYS);
  if (!from.isDone || part >= parts) return null;
  const head = { partition, term, commitNo, previousCommitNo, part, parts, nextOffset, completeThroughMs, logGeneration };
  return { ...head, backfill, sealed, series, cells, entities };
}

function readCell(from: ByteReader, seriesCount: number): AnnouncedCell {
  const series = from.varint();
  const grain = from.byte();
  if (series >= seriesCount || !isGrainCode(grain)) {
    from.fail();
    return { series: 0, grain: 2, bucketS: 0, revision: 0, state: new Uint8Array(0) };
  }
  return { series, grain, bucketS: from.zigzag(), revision: from.varint(), state: from.part(from.count()) };
}

export function isGrainCode(code: number): code is GrainCode {
  return code === 1 || code === 2 || code === 3 || code === 4;
}
