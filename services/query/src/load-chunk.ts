/**
 * Loads an absent chunk: create under a token → read the primary → fill. The order is what makes it right: from its creation
 * on the chunk takes announced cells, so a commit is either in the reading of the primary or reaches the chunk by itself.
 *
 * | after this step the process dies | what is there | who goes on |
 * |---|---|---|
 * | create | an unfilled chunk, absent to readers | the next loader, under the same token |
 * | reading the primary | the same | the same |
 * | a part of the filling | still unfilled | the same; cells are taken only if newer |
 *
 * The loader hands out no cells: who asked reads the chunk again, after his own reading of progress.
 */
import type { ReadStore } from '@tidegate/postgres';
import type { CellStore, ChunkName } from '@tidegate/redis';
import { rangeOfChunk } from './chunks.ts';

export interface LoadChunkDeps {
  readonly store: CellStore;
  /** Of the primary. */
  readonly primary: ReadStore;
  readonly newToken: () => string;
  readonly cellsMax: number;
}

export type LoadOutcome = 'filled' | 'lost' | 'unfit';

/** `lost`: evicted meanwhile, worth another try; `unfit`: not to be cached (a replica, or more cells than one answer may have). */
export type LoadChunk = (name: ChunkName, as: { readonly epoch: string; readonly brokenToken: string | null }) => Promise<LoadOutcome>;

export function createLoadChunk({ store, primary, newToken, cellsMax }: LoadChunkDeps): LoadChunk {
  return async function loadChunk(name, { epoch, brokenToken }) {
    const { kind, token } = await store.create(name, { token: newToken(), epoch, brokenToken });
    if (kind === 'filled') return 'filled';
    const { range, pieces } = rangeOfChunk(name);
    // Too much for one chunk: it was split, and the primary is read again now that the parts take announced cells.
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const snapshot = await primary.readCells(range, cellsMax, () => pieces);
      if (snapshot.isCut || snapshot.isReplica) return 'unfit';
      const outcome = await store.fill(name, token, snapshot);
      if (outcome !== 'split') return outcome;
    }
    return 'lost';
  };
}
