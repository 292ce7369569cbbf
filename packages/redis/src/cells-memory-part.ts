import type { ChunkBase, SeriesEntry } from '@tidegate/core';
import type { ChunkContent, PlacedCell, ReadContent } from './cell-store.ts';
import { CHANGES_KEPT } from './cell-store.ts';

export interface PartChanges extends ReadContent {
  readonly kind: 'same' | 'delta' | 'full';
}

/** One hash of the twin: a chunk, or a part of a split one. */
export interface MemoryPart {
  /** Takes newer cells and keeps the list of what changed; answers how much did. */
  update(content: ChunkContent): number;
  /** False: it is filled already, and stays as it is. */
  fill(base: ChunkBase): boolean;
  /** What changed since the counter that a reader knows. */
  since(counter: number): PartChanges;
  counter(): number;
  size(): number;
}

export function createMemoryPart(): MemoryPart {
  const series = new Map<string, SeriesEntry>();
  const cells = new Map<string, PlacedCell>();
  const changes = new Map<number, readonly string[]>();
  let counter = 0;
  let base: ChunkBase | null = null;
  const take = (content: ChunkContent): string[] => {
    const changed: string[] = [];
    for (const entry of content.series) {
      const key = hexOf(entry.id);
      if (!series.has(key)) changed.push(key);
      if (!series.has(key)) series.set(key, entry);
    }
    for (const cell of content.cells) {
      const key = `${hexOf(cell.seriesId)}/${cell.bucketS}/${cell.partition}`;
      if (!isNewer(cell, cells.get(key))) continue;
      cells.set(key, cell);
      changed.push(key);
    }
    return changed;
  };
  return {
    update(content) {
      const changed = take(content);
      if (changed.length === 0) return 0;
      counter += 1;
      changes.set(counter, changed);
      changes.delete(counter - CHANGES_KEPT);
      return changed.length;
    },
    fill(reading) {
      const isFirst = base === null;
      base ??= reading;
      return isFirst;
    },
    since(known) {
      if (known === counter) return { kind: 'same', ...NOTHING };
      if (known < 0 || known <= counter - CHANGES_KEPT) return { kind: 'full', ...wholeOf(base ?? NOTHING, { series, cells }) };
      const keys = new Set([...changes].flatMap(([at, changed]) => (at > known ? changed : [])));
      return {
        kind: 'delta',
        packed: [],
        series: [...keys].flatMap((key) => series.get(key) ?? []),
        cells: [...keys].flatMap((key) => cells.get(key) ?? []),
      };
    },
    counter: () => counter,
    size: () => series.size + cells.size,
  };
}

const NOTHING: ReadContent = { series: [], packed: [], cells: [] };

function wholeOf(
  base: ChunkBase,
  announced: { readonly series: ReadonlyMap<string, SeriesEntry>; readonly cells: ReadonlyMap<string, PlacedCell> },
): ReadContent {
  return { series: [...base.series, ...announced.series.values()], packed: base.packed, cells: [...announced.cells.values()] };
}

function isNewer(cell: PlacedCell, known: PlacedCell | undefined): boolean {
  if (known === undefined) return true;
  return cell.term === known.term ? cell.commitNo > known.commitNo : cell.term > known.term;
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
