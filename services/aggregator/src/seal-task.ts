import type { Clock } from '@tidegate/runtime';
import type { OwnedPartition } from './owned-partition.ts';
import type { Registry } from './registry.ts';
import { createSealSlice, nextSeal } from './seal.ts';
import type { TaskKind } from './task-kind.ts';

export interface SealTaskDeps {
  readonly registry: Pick<Registry, 'metricOf' | 'hasMinutes' | 'knownThroughMs'>;
  /** No seal begins sooner after a take-over: its log is read up first, and a first start fills its history meanwhile. */
  readonly sealDelayMs: number;
  /** A bucket is closed so long after its end. */
  readonly closedAfterS: number;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/** Makes coarse cells of the buckets that are closed; the cursor is what the progress row says is sealed. */
export function createSealTask({ registry, sealDelayMs, closedAfterS, clock }: SealTaskDeps): TaskKind {
  function isSettled({ takenOverMs }: OwnedPartition): boolean {
    // An earlier owner may have folded by a pack that this process is yet to be told of.
    return clock.nowMs() >= takenOverMs + sealDelayMs && registry.knownThroughMs() >= takenOverMs;
  }
  return {
    name: 'seal',
    due(owned, { records }) {
      const asked = { completeThroughMs: owned.completeThroughMs, hasMinutes: registry.hasMinutes(), closedAfterS };
      const due = isSettled(owned) ? nextSeal(owned.seals, asked) : null;
      if (due === null) return null;
      return () => {
        const slice = createSealSlice({ seals: owned.seals, due, cellsMax: records, metricOf: registry.metricOf });
        return {
          commit: { slice },
          isMade: () => slice.made() !== null,
          committed() {
            const made = slice.made();
            if (made === null) throw new Error('a seal was committed that read nothing');
            owned.seals = made.seals;
            return { writes: made.writes, series: made.series, records: made.cellsRead };
          },
          failed: () => undefined,
        };
      };
    },
  };
}
