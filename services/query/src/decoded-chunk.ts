/** Chunks in the memory of the process; states are decoded and merged over partitions once an answer needs them. */
import { createState, decodeState, mergeState } from '@tidegate/core';
import type { AnswerBuilder, CellSink, CompiledMeasure, RollupState, SeriesEntry } from '@tidegate/core';
import type { ChunkContent, ChunkVersion, PlacedCell } from '@tidegate/redis';
import { compareKeys, seriesKey } from './merge-order.ts';

export interface DecodedChunk {
  version(): ChunkVersion | null;
  /** Takes changes over what is known, cell by cell if newer: readings may end in another order than they began. */
  apply(version: ChunkVersion, content: ChunkContent): void;
  /** Gives every series to the answer, and of its cells those that are wanted. */
  feed(answer: AnswerBuilder<RollupState>, wanted: WantedCells): void;
  cellCount(): number;
}

/** Raised while an answer is made of a chunk that holds bytes which are no state: an answer without them were wrong. */
export class ChunkDamaged extends Error {
  readonly chunk: DecodedChunk;

  constructor(chunk: DecodedChunk) {
    super('the state of a cell cannot be decoded');
    this.name = 'ChunkDamaged';
    this.chunk = chunk;
  }
}

export interface WantedCells {
  readonly isWanted: (bucketS: number) => boolean;
  /** In the canonical order of `merge-order.ts`. */
  readonly inOrder: boolean;
}

interface CellOfPartition {
  readonly term: number;
  readonly commitNo: number;
  readonly revision: number;
  /** As encoded. */
  readonly bytes: Uint8Array;
  state: RollupState | null;
}

interface Bucket {
  readonly partitions: Map<number, CellOfPartition>;
  /** Over the partitions; null when one changed since. */
  merged: { readonly state: RollupState; readonly revision: number } | null;
}

interface DecodedSeries {
  entry: SeriesEntry | null;
  readonly buckets: Map<number, Bucket>;
}

export function createDecodedChunk(measures: readonly CompiledMeasure[]): DecodedChunk {
  const series = new Map<string, DecodedSeries>();
  let known: ChunkVersion | null = null;
  let cells = 0;
  const seriesOf = (id: Uint8Array): DecodedSeries => {
    const key = seriesKey(id);
    const found = series.get(key) ?? { entry: null, buckets: new Map<number, Bucket>() };
    series.set(key, found);
    return found;
  };
  const chunk: DecodedChunk = {
    version: () => known,
    apply(version, content) {
      for (const entry of content.series) seriesOf(entry.id).entry ??= entry;
      for (const cell of content.cells) if (place(seriesOf(cell.seriesId), cell)) cells += 1;
      known = newest(known, version);
    },
    feed(answer, { isWanted, inOrder }) {
      const give = (sink: CellSink<RollupState>, bucketS: number, bucket: Bucket): void => {
        const merged = (bucket.merged ??= mergePartitions(bucket, measures));
        if (merged === null) throw new ChunkDamaged(chunk);
        sink(bucketS, merged.state, merged.revision);
      };
      for (const { entry, buckets } of inOrder ? inSeriesOrder(series) : series.values()) {
        const sink = entry === null ? null : answer.series(entry);
        if (sink === null) continue;
        for (const [bucketS, bucket] of inOrder ? byNumber(buckets) : buckets) {
          if (isWanted(bucketS)) give(sink, bucketS, bucket);
        }
      }
    },
    cellCount: () => cells,
  };
  return chunk;
}

function inSeriesOrder(series: ReadonlyMap<string, DecodedSeries>): DecodedSeries[] {
  return [...series].sort(([a], [b]) => compareKeys(a, b)).map(([, one]) => one);
}

function byNumber<T>(entries: ReadonlyMap<number, T>): [number, T][] {
  return [...entries].sort(([a], [b]) => a - b);
}

/** Whether the cell is one that was not known. */
function place(series: DecodedSeries, cell: PlacedCell): boolean {
  const bucket = series.buckets.get(cell.bucketS) ?? { partitions: new Map<number, CellOfPartition>(), merged: null };
  series.buckets.set(cell.bucketS, bucket);
  const known = bucket.partitions.get(cell.partition);
  if (known !== undefined && !isNewer(cell, known)) return false;
  // A copy: the bytes are a small part of what was received, which would stay as long as they do.
  const { term, commitNo, revision } = cell;
  bucket.partitions.set(cell.partition, { term, commitNo, revision, bytes: cell.state.slice(), state: null });
  bucket.merged = null;
  return known === undefined;
}

function isNewer(cell: PlacedCell, known: CellOfPartition): boolean {
  return cell.term === known.term ? cell.commitNo > known.commitNo : cell.term > known.term;
}

/** Null where a state cannot be decoded. */
function mergePartitions({ partitions }: Bucket, measures: readonly CompiledMeasure[]): Bucket['merged'] {
  const cells = byNumber(partitions).map(([, cell]) => cell);
  const states = cells.map((cell) => decoded(cell, measures)).filter((state) => state !== null);
  if (states.length < cells.length) return null;
  const [first, ...others] = states;
  const revision = cells.reduce((sum, cell) => sum + cell.revision, 0);
  if (first !== undefined && others.length === 0) return { state: first, revision };
  const state = createState(measures);
  for (const one of first === undefined ? [] : [first, ...others]) mergeState(state, one);
  return { state, revision };
}

/** Of the cells that change few are asked for before they change again, so a state is decoded when it is. */
function decoded(cell: CellOfPartition, measures: readonly CompiledMeasure[]): RollupState | null {
  cell.state ??= decodeState(cell.bytes, measures);
  return cell.state;
}

function newest(known: ChunkVersion | null, version: ChunkVersion): ChunkVersion {
  if (known === null || known.token !== version.token) return version;
  return { token: version.token, counters: version.counters.map((counter, at) => Math.max(counter, known.counters[at] ?? 0)) };
}
