import type { DataStore } from '@tidegate/postgres';
import type { GenerationToClose } from '@tidegate/core';
import type { OwnedPartition } from './owned-partition.ts';

export interface CloseGenerationsDeps {
  readonly store: Pick<DataStore, 'closeGeneration' | 'forgetGenerations'>;
  readonly nowMs: () => number;
  /** Lets other work in between two pieces of a build. */
  readonly breathe: () => Promise<void>;
  readonly onLost: (owned: OwnedPartition) => void;
}

/**
 * Writes full generations of a partition's dedup window to Postgres and lets go of those that the window has left behind.
 * Until a generation is written it stays whole in memory and in the journal, so a crash on the way costs only the work.
 */
export function createCloseGenerations(deps: CloseGenerationsDeps) {
  return async function closeGenerations(owned: OwnedPartition): Promise<void> {
    for (const generation of owned.window.generationsToClose()) {
      if (owned.state !== 'running' || !(await close(deps, owned, generation))) return;
    }
    const expired = owned.window.expire(deps.nowMs());
    if (expired !== null && !(await deps.store.forgetGenerations(owned.partition, expired, owned.token))) deps.onLost(owned);
  };
}

async function close(deps: CloseGenerationsDeps, owned: OwnedPartition, generation: GenerationToClose): Promise<boolean> {
  const building = generation.build();
  let step = building.next();
  while (step.done !== true) {
    await deps.breathe();
    step = building.next();
  }
  const { identities, filter } = step.value;
  const { arrivalFromMs, arrivalToMs } = generation;
  const closed = { partition: owned.partition, generation: generation.generation, arrivalFromMs, arrivalToMs, filter, identities };
  const isHeld = await deps.store.closeGeneration({ ...closed, announcedCommitNo: owned.announcedCommitNo }, owned.token);
  if (isHeld) owned.window.markClosed(generation.generation, filter);
  else deps.onLost(owned);
  return isHeld;
}
