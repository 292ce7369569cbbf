/**
 * Rows of entities that more than one partition writes (docs/design/partition-growth.md, section 5): once partitions were made more,
 * the raw events of a key may lie in any partition of its class, and what is made of them goes into the one row.
 */
import type { EntityRowState, RowFold } from '@tidegate/core';
import type { Registry } from './registry.ts';

export interface SharedRows {
  /**
   * Rows as they are stored, locked, before they are changed. What they are counted by is taken out of figures by `fold`.
   * @throws where they may be counted by a version that this process has not been told of yet: the commit is tried again
   */
  look(stored: readonly EntityRowState[], fold: RowFold | null): void;
}

export interface SharedRowsDeps {
  readonly registry: Pick<Registry, 'knownThroughMs'>;
  readonly nowMs: () => number;
}

export function createSharedRows({ registry, nowMs }: SharedRowsDeps): SharedRows {
  /** Since when versions are met that are not folded here, by the hash of their names. */
  const metMs = new Map<number, number>();

  /** Who counted by it had been told of it: once all is read that was told before it was met, it is known here or given up. */
  function isGivenUp(version: number): boolean {
    const sinceMs = metMs.get(version) ?? nowMs();
    metMs.set(version, sinceMs);
    return registry.knownThroughMs() >= sinceMs;
  }

  return {
    look(stored, fold) {
      const folded = fold?.versions ?? [];
      const unknown = stored.flatMap(({ state }) => state.counted.filter((version) => !folded.includes(version)));
      if (!unknown.every(isGivenUp)) throw new Error('a row is counted by a version that no pack has told of here yet');
    },
  };
}
