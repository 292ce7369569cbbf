/**
 * The port behind which hot cells lie: chunks of cells by UTC day, materialised progress, cached answers. Kept by Redis
 * (`cells.ts`) and by an in-memory twin (`cells-memory.ts`); both pass `test/cells.contract.ts`.
 */
import type { ChunkBase, ChunkCell, ChunkCellKey, GrainCode, SealedThrough, SeriesEntry } from '@tidegate/core';

/** Which cells a chunk holds: all of one set of one metric version in one span of days; with a subject, that subject's alone. */
export interface ChunkName {
  readonly tenant: string;
  readonly metric: string;
  readonly version: number;
  readonly setNo: number;
  readonly grain: GrainCode;
  /** Days since 1970-01-01; of minutes with an eighth of a day. */
  readonly utcDay: number;
  /** Pseudonym; null for the chunk of series without a subject. */
  readonly subject: string | null;
}

export type PlacedCell = ChunkCellKey & ChunkCell;

export interface ChunkContent {
  readonly series: readonly SeriesEntry[];
  readonly cells: readonly PlacedCell[];
}

/** Announced cells, and the reading of the primary that they lie beside; of two states of a cell the newer one is right. */
export interface ReadContent extends ChunkContent {
  readonly packed: ChunkBase['packed'];
}

/** A chunk's version never repeats: a chunk made anew has another token, a change another counter. */
export interface ChunkVersion {
  readonly token: string;
  /** One for the chunk, or one for each of its parts; 0: nothing was announced since it was filled. */
  readonly counters: readonly number[];
}

export type ChunkReading =
  /** Not there, not filled, of another server run or epoch, or damaged. `brokenToken`: a part of it is missing. */
  | { readonly kind: 'absent'; readonly brokenToken: string | null }
  | { readonly kind: 'same'; readonly version: ChunkVersion }
  /** Only the whole chunk would tell what the reader lacks, and changes alone were asked for. */
  | { readonly kind: 'version'; readonly version: ChunkVersion }
  /** What changed since the version that the reader knows; take it over the known content. */
  | { readonly kind: 'delta'; readonly version: ChunkVersion; readonly content: ReadContent }
  | { readonly kind: 'full'; readonly version: ChunkVersion; readonly content: ReadContent };

/**
 * `filled`: with `version` where the chunk holds, at that version, what this loader read and nothing else; null where another
 * loader's reading is in it. `split`: too much for one chunk; it now lies in empty parts, so read the primary again and fill
 * once more. `lost`: the chunk is no longer under this token.
 */
export type FillOutcome = { readonly kind: 'filled'; readonly version: ChunkVersion | null } | { readonly kind: 'split' | 'lost' };

/** Materialised progress of one partition: every commit up to this one is in every chunk of the epoch. */
export interface PartitionProgress {
  readonly partition: number;
  readonly term: number;
  readonly commitNo: number;
  readonly nextOffset: number;
  readonly logGeneration: number;
  /** Of the backfill lane; null: not known. */
  readonly backfill: { readonly nextOffset: number; readonly logGeneration: number } | null;
  /** 0: not known. */
  readonly completeThroughMs: number;
  /** What of the partition's coarse cells is made: every such cell of a chunk that exists is in it. */
  readonly sealed: SealedThrough;
  /** Offset in rollups.v1 where reading goes on. */
  readonly rollupsOffset: number;
}

export interface MaterialisedProgress {
  readonly epoch: string;
  readonly partitions: ReadonlyMap<number, PartitionProgress>;
}

export interface Advance {
  readonly progress: PartitionProgress;
  /** Offset of the announcement. */
  readonly offset: number;
  readonly previousCommitNo: number;
}

/**
 * `advanced`: done. `old`: materialised before. `hole`: a commit before this one was never seen. `term`: commits that were
 * seen have been lost by Postgres. `lost`: there is no epoch, the server forgot everything. The last three need a new epoch.
 */
export type AdvanceOutcome = 'advanced' | 'old' | 'hole' | 'term' | 'lost';

export interface Advanced {
  readonly outcome: AdvanceOutcome;
  /** Offset in rollups.v1 before which everything is materialised. */
  readonly resumeAt: number;
}

export interface NewEpoch {
  /** What the caller saw; null for none. */
  readonly seen: string | null;
  /** Random. */
  readonly epoch: string;
  readonly progress: readonly PartitionProgress[];
}

/** Names of what changed, or of what an answer is made of; no text of a person's may be in them. */
export interface TenantNames {
  readonly tenant: string;
  readonly names: readonly string[];
}

/** Names of what changed. */
export interface ChangedMarks extends TenantNames {
  /** Marks that fall as well, but for those that end so. */
  readonly unless?: readonly { readonly name: string; readonly ending: string }[];
}

/** Every method rejects when the server does not answer; what to do then is the caller's. */
export interface CellStore {
  /**
   * Those chunks that exist, loaded or being loaded. One that is made after this call is loaded from what Postgres holds by
   * then, so cells that were committed before the call need not be brought to it.
   */
  findPresent(names: readonly ChunkName[]): Promise<readonly ChunkName[]>;
  /** Takes announced cells into the chunk if it exists; resolves to how many changed it, null where it does not exist. */
  update(name: ChunkName, content: ChunkContent): Promise<number | null>;
  /** One after another, in one call; the outcome of each. The marks of what changed are gone before progress moves. */
  advance(advances: readonly Advance[], changed?: readonly ChangedMarks[]): Promise<readonly Advanced[]>;
  /** False: somebody else began another epoch first. */
  beginEpoch(next: NewEpoch): Promise<boolean>;
  /** Null: there is no epoch. */
  readProgress(): Promise<MaterialisedProgress | null>;
  /**
   * Makes the chunk ready to be loaded; call before reading the primary. `filled`: it is there, read it. Else load it under
   * the token that comes back.
   */
  create(
    name: ChunkName,
    as: { readonly token: string; readonly epoch: string; readonly brokenToken: string | null },
  ): Promise<{ readonly kind: 'created' | 'loading' | 'filled'; readonly token: string }>;
  /** Puts in what was read from the primary after `create`; the first such reading stays. */
  fill(name: ChunkName, token: string, base: ChunkBase): Promise<FillOutcome>;
  /**
   * Reads the chunk's cells, or what changed since `known`; with `changesOnly` never more than a few changes. Ask for progress
   * before, never after: calls are answered in their order.
   */
  read(
    name: ChunkName,
    as: { readonly epoch: string; readonly known: ChunkVersion | null; readonly changesOnly?: boolean },
  ): Promise<ChunkReading>;
  /**
   * The mark under each name; a new one where there is none, or where it is of another server run. Take marks before reading
   * what they stand for: while one is the same nothing of its name was announced. A new one ends as asked.
   */
  takeMarks(of: TenantNames, ttlMs: number, ending?: string): Promise<readonly string[]>;
  /** Removes marks though nothing changed: whoever kept an answer under one finds it no more. */
  dropMarks(of: readonly TenantNames[]): Promise<void>;
  /** The marks as they are; the empty text where there is none. */
  readMarks(of: TenantNames): Promise<readonly string[]>;
  readAnswer(tenant: string, key: string): Promise<Uint8Array | null>;
  writeAnswer(tenant: string, key: string, answer: { readonly bytes: Uint8Array; readonly ttlMs: number }): Promise<void>;
  close(): Promise<void>;
}

export interface CellLimits {
  /** A chunk with more cells or bytes is split. */
  readonly cellsMax: number;
  readonly bytesMax: number;
  /** How long a chunk lives after it was filled. */
  readonly ttlMs: number;
}

export const CELL_LIMITS: CellLimits = { cellsMax: 4_096, bytesMax: 256 * 1_024, ttlMs: 15 * 60_000 };

/** Changes of a chunk that are kept for readers that know an earlier counter. */
export const CHANGES_KEPT = 64;

/** Number of parts that content needs; 1: no split. Twice the need, so that a growing day is not split again at once. */
export function partsFor({ packed }: ChunkBase, limits: CellLimits): number {
  const [cells, bytes] = packed.reduce<[number, number]>((sum, one) => [sum[0] + one.cells, sum[1] + one.bytes.length], [0, 0]);
  const need = Math.max(cells / limits.cellsMax, bytes / limits.bytesMax);
  return need <= 1 ? 1 : Math.min(1_024, Math.ceil(need * 2));
}

/** Part of a series: ids are hashes, so any two bytes of them spread evenly. */
export function partOf(seriesId: Uint8Array, parts: number): number {
  return ((seriesId[0] ?? 0) * 256 + (seriesId[1] ?? 0)) % parts;
}

/** What each part is filled with. */
export function splitBase({ series, packed }: ChunkBase, parts: number): ChunkBase[] {
  return Array.from({ length: parts }, (_, part) => ({
    series: series.filter(({ id }) => partOf(id, parts) === part),
    packed: packed.filter(({ seriesId }) => partOf(seriesId, parts) === part),
  }));
}

/** The announced cells of each part. */
export function splitContent(content: ChunkContent, parts: number): ChunkContent[] {
  return Array.from({ length: parts }, (_, part) => ({
    series: content.series.filter(({ id }) => partOf(id, parts) === part),
    cells: content.cells.filter(({ seriesId }) => partOf(seriesId, parts) === part),
  }));
}
