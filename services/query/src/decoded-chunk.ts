/**
 * Chunks in the memory of the process. Cells stay the bytes that they came as, whole readings of the primary among them in one
 * piece; states are decoded and merged over partitions once an answer needs them.
 */
import { createState, PackedReader, StateReader } from '@tidegate/core';
import type { AnswerBuilder, CompiledMeasure, PackedCells, RollupState, SeriesEntry } from '@tidegate/core';
import type { ChunkVersion, PlacedCell, ReadContent } from '@tidegate/redis';
import { compareKeys, isOrderSeenIn, seriesKey } from './merge-order.ts';

export interface DecodedChunk {
  version(): ChunkVersion | null;
  /**
   * Takes a reading over what is known, cell by cell if newer: readings may end in another order than they began. The packed
   * cells are kept as they are, so nobody else may write there.
   */
  apply(version: ChunkVersion, content: ReadContent): void;
  /** Gives every series to the answer, and of its cells those that are wanted. */
  feed(answer: AnswerBuilder<RollupState>, wanted: WantedCells): void;
  /** At most; one that was read and announced counts twice. */
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

/** The cell of one partition. */
interface Cell {
  readonly partition: number;
  readonly term: number;
  readonly commitNo: number;
  readonly revision: number;
  /** Its state is a part of them. */
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
}

interface Merged {
  readonly state: RollupState;
  revision: number;
}

interface DecodedSeries {
  entry: SeriesEntry | null;
  /** The reading of the primary. */
  packed: PackedCells[];
  /** What was announced, by bucket: of each partition the newest. */
  readonly announced: Map<number, Cell[]>;
  /** By bucket; absent where nobody asked yet, or a cell changed since. */
  readonly merged: Map<number, Merged>;
  /** Whether every bucket is merged. */
  isMerged: boolean;
}

export function createDecodedChunk(measures: readonly CompiledMeasure[]): DecodedChunk {
  const series = new Map<string, DecodedSeries>();
  let known: ChunkVersion | null = null;
  let cells = 0;
  const seriesOf = (id: Uint8Array): DecodedSeries => {
    const key = seriesKey(id);
    const found = series.get(key) ?? { entry: null, packed: [], announced: new Map(), merged: new Map(), isMerged: false };
    series.set(key, found);
    return found;
  };
  const chunk: DecodedChunk = {
    version: () => known,
    apply(version, content) {
      for (const entry of content.series) seriesOf(entry.id).entry ??= entry;
      // One chunk is filled once, so what is known of its filling is the same.
      const filled = new Set(content.packed.map((packed) => seriesOf(packed.seriesId)).filter(({ packed }) => packed.length === 0));
      for (const packed of content.packed) {
        const of = seriesOf(packed.seriesId);
        if (!filled.has(of)) continue;
        of.packed.push(packed);
        cells += packed.cells;
      }
      for (const cell of content.cells) if (announce(seriesOf(cell.seriesId), cell)) cells += 1;
      known = newest(known, version);
    },
    feed(answer, { isWanted, inOrder }) {
      for (const one of inOrder ? inSeriesOrder(series) : series.values()) {
        const sink = one.entry === null ? null : answer.series(one.entry);
        if (sink === null) continue;
        if (!one.isMerged && !mergeWanted(one, measures, isWanted)) throw new ChunkDamaged(chunk);
        for (const [bucketS, { state, revision }] of inOrder ? byNumber(one.merged) : one.merged) {
          if (isWanted(bucketS)) sink(bucketS, state, revision);
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

/** Whether it is of a bucket and partition of which nothing was announced before. */
function announce(series: DecodedSeries, { bucketS, state, ...version }: PlacedCell): boolean {
  const cells = series.announced.get(bucketS) ?? [];
  series.announced.set(bucketS, cells);
  // A copy: the bytes are a small part of what was received, which would stay as long as they do.
  const isNew = place(cells, { ...version, bytes: state.slice(), from: 0, to: state.length });
  series.merged.delete(bucketS);
  series.isMerged = false;
  return isNew;
}

/** Keeps cells in the order of their partitions, and of each partition the newest. Whether the partition had none. */
function place(cells: Cell[], cell: Cell): boolean {
  let at = cells.length;
  while (at > 0 && (cells[at - 1]?.partition ?? -1) > cell.partition) at -= 1;
  const known = cells[at - 1];
  if (known?.partition !== cell.partition) {
    cells.splice(at, 0, cell);
    return true;
  }
  if (isNewer(cell, known)) cells[at - 1] = cell;
  return false;
}

function isNewer(cell: Cell, known: Cell): boolean {
  return cell.term === known.term ? cell.commitNo > known.commitNo : cell.term > known.term;
}

/** Merges wanted buckets that are not merged yet. False where a state cannot be decoded. */
function mergeWanted(series: DecodedSeries, measures: readonly CompiledMeasure[], isWanted: WantedCells['isWanted']): boolean {
  const { packed, announced, merged } = series;
  const inOrder = measures.some(isOrderSeenIn);
  let isWhole = true;
  const isDue = (bucketS: number): boolean => {
    if (merged.has(bucketS)) return false;
    const is = isWanted(bucketS);
    isWhole &&= is;
    return is;
  };
  const apart = new Map<number, Cell[]>();
  for (const [bucketS, cells] of announced) if (isDue(bucketS)) apart.set(bucketS, [...cells]);
  const merging = {
    measures,
    isDue,
    isApart: (bucketS: number) => inOrder || announced.has(bucketS),
    apart,
    merged: new Map<number, Merged>(),
  };
  if (!packed.every(({ bytes }) => mergePacked(bytes, merging))) return false;
  for (const [bucketS, cells] of apart) {
    const one = mergeCells(cells, measures);
    if (one === null) return false;
    merged.set(bucketS, one);
  }
  for (const [bucketS, one] of merging.merged) merged.set(bucketS, one);
  series.isMerged = isWhole;
  return true;
}

interface Merging {
  readonly measures: readonly CompiledMeasure[];
  readonly isDue: (bucketS: number) => boolean;
  /** Whether its partitions have to be put in order, or of two readings the newer one found. */
  readonly isApart: (bucketS: number) => boolean;
  /** Cells of buckets that are apart. */
  readonly apart: Map<number, Cell[]>;
  /** All others, added up as they come. */
  readonly merged: Map<number, Merged>;
}

function mergePacked(bytes: Uint8Array, { measures, isDue, isApart, apart, merged }: Merging): boolean {
  const reader = new PackedReader(bytes);
  const states = new StateReader(bytes, measures);
  while (reader.next()) {
    if (!isDue(reader.bucketS)) continue;
    if (isApart(reader.bucketS)) placeApart(apart, reader, bytes);
    else if (!mergeCell(merged, reader, states)) return false;
  }
  return true;
}

function placeApart(apart: Map<number, Cell[]>, reader: PackedReader, bytes: Uint8Array): void {
  const { bucketS, partition, term, commitNo, revision, stateFrom, stateTo } = reader;
  const cells = apart.get(bucketS) ?? [];
  apart.set(bucketS, cells);
  place(cells, { partition, term, commitNo, revision, bytes, from: stateFrom, to: stateTo });
}

/** The cell that the reader stands at, as one of many in whatever order. False where its state cannot be decoded. */
function mergeCell(into: Map<number, Merged>, { bucketS, revision, stateFrom, stateTo }: PackedReader, states: StateReader): boolean {
  const known = into.get(bucketS);
  if (known !== undefined) {
    known.revision += revision;
    return states.mergeInto(known.state, stateFrom, stateTo);
  }
  const state = states.read(stateFrom, stateTo);
  if (state !== null) into.set(bucketS, { state, revision });
  return state !== null;
}

/** In their order. Null where a state cannot be decoded. */
function mergeCells(cells: readonly Cell[], measures: readonly CompiledMeasure[]): Merged | null {
  let merged: Merged | null = null;
  for (const { bytes, from, to, revision } of cells) {
    const states = new StateReader(bytes, measures);
    if (merged === null) {
      const state = states.read(from, to);
      if (state === null) return null;
      merged = { state, revision };
    } else {
      merged.revision += revision;
      if (!states.mergeInto(merged.state, from, to)) return null;
    }
  }
  return merged ?? { state: createState(measures), revision: 0 };
}

function newest(known: ChunkVersion | null, version: ChunkVersion): ChunkVersion {
  if (known === null || known.token !== version.token) return version;
  return { token: version.token, counters: version.counters.map((counter, at) => Math.max(counter, known.counters[at] ?? 0)) };
}
