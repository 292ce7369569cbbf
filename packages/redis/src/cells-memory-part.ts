import type { SeriesEntry } from '@tidegate/core';
import type { ChunkContent, PlacedCell } from './cell-store.ts';
import { CHANGES_KEPT } from './cell-store.ts';

export interface PartChanges extends ChunkContent {
  readonly kind: 'same' | 'delta' | 'full';
}

/** One hash of the twin: a chunk, or a part of a split one. */
export interface MemoryPart {
  /** Takes newer cells and keeps the list of what changed; answers how much did. */
  update(content: ChunkContent): number;
  /** Takes newer cells; readers that know an earlier counter have to take everything. */
  fill(content: ChunkContent): void;
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
  let floor = 0;
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
    fill(content) {
      take(content);
      counter += 1;
      floor = counter;
    },
    since(known) {
      if (known === counter) return { kind: 'same', series: [], cells: [] };
      if (known < floor || known <= counter - CHANGES_KEPT)
        return { kind: 'full', series: [...series.values()], cells: [...cells.values()] };
      const keys = new Set([...changes].flatMap(([at, changed]) => (at > known ? changed : [])));
      return {
        kind: 'delta',
        series: [...keys].flatMap((key) => series.get(key) ?? []),
        cells: [...keys].flatMap((key) => cells.get(key) ?? []),
      };
    },
    counter: () => counter,
    size: () => series.size + cells.size,
  };
}

function isNewer(cell: PlacedCell, known: PlacedCell | undefined): boolean {
  if (known === undefined) return true;
  return cell.term === known.term ? cell.commitNo > known.commitNo : cell.term > known.term;
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
