/** Announced cells into the chunks of Redis that exist; most chunks are asked for by nobody, and their cells are not sent. */
import type { CellStore } from '@tidegate/redis';
import { LRUCache } from 'lru-cache';
import { chunkId } from './chunks.ts';
import type { GatheredChunk } from './chunks.ts';

export interface UpdateChunksDeps {
  readonly store: CellStore;
  /** Tries until it works or the service stops: cells that are left out would be missing in a chunk. */
  readonly untilDone: <T>(action: () => Promise<T>) => Promise<T>;
  readonly onCells: (count: number) => void;
}

/** Chunks that are remembered as being there; one that is forgotten is looked for again. */
const PRESENT_MAX = 20_000;

export function createUpdateChunks({ store, untilDone, onCells }: UpdateChunksDeps): (chunks: readonly GatheredChunk[]) => Promise<void> {
  /** Chunks that took the last cells that they were sent: the next ones are sent without looking. */
  const present = new LRUCache<string, true>({ max: PRESENT_MAX });

  async function updateOne({ id, name, content }: GatheredChunk): Promise<number> {
    const changed = await untilDone(async () => store.update(name, content));
    if (changed === null) present.delete(id);
    else present.set(id, true);
    return changed ?? 0;
  }

  async function updatePresent(chunks: readonly GatheredChunk[]): Promise<number[]> {
    if (chunks.length === 0) return [];
    const names = chunks.map(({ name }) => name);
    const found = new Set((await untilDone(async () => store.findPresent(names))).map(chunkId));
    return Promise.all(chunks.filter(({ id }) => found.has(id)).map(updateOne));
  }

  return async function updateChunks(chunks) {
    const known = chunks.filter(({ id }) => present.has(id));
    const others = chunks.filter(({ id }) => !present.has(id));
    const [changed, more] = await Promise.all([Promise.all(known.map(updateOne)), updatePresent(others)]);
    onCells([...changed, ...more].reduce((sum, one) => sum + one, 0));
  };
}
