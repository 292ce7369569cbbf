/**
 * Asks for the jobs that look for findings unasked, each when it is due. Any number of instances does so: equal jobs that are not
 * finished are one job, and when the last one was asked for stands in its row.
 */
import type { CompiledInsight } from '@tidegate/core';
import type { JobQueue, JobReader } from '@tidegate/postgres';
import type { Registry } from '../registry.ts';
import { FIND_JOB, findParams } from './find-job.ts';

export interface WatchInsightsDeps {
  readonly registry: Pick<Registry, 'watched'>;
  readonly jobs: Pick<JobReader, 'findEqual'>;
  readonly queue: Pick<JobQueue, 'submit'>;
  readonly nowMs: () => number;
  /** Of each insight that is watched, at each look. */
  readonly onWatched: (insight: CompiledInsight) => void;
  readonly onError: (error: unknown) => void;
}

const OWNER = 'tidegate';

/** One look at all of them. */
export async function askForDue(deps: WatchInsightsDeps): Promise<void> {
  for (const { tenant, insight } of deps.registry.watched()) {
    deps.onWatched(insight);
    try {
      if (await isDue(deps, tenant, insight)) {
        await deps.queue.submit({ tenant, owner: OWNER, kind: FIND_JOB, params: paramsOf(insight) });
      }
    } catch (error) {
      deps.onError(error);
    }
  }
}

async function isDue({ jobs, nowMs }: WatchInsightsDeps, tenant: string, insight: CompiledInsight): Promise<boolean> {
  const last = await jobs.findEqual(tenant, FIND_JOB, paramsOf(insight));
  if (last === null) return true;
  return last.finishedAtMs !== null && nowMs() - last.submittedAtMs >= (insight.everyS ?? 0) * 1_000;
}

function paramsOf({ pack, insight }: CompiledInsight): string {
  return findParams({ pack, insight });
}

/** Packs that are not known yet are found by a later look. */
const LOOK_EVERY_MS = 15_000;

export async function watchInsights(
  deps: WatchInsightsDeps & { readonly pause: (ms: number, signal: AbortSignal) => Promise<void> },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await askForDue(deps);
    await deps.pause(LOOK_EVERY_MS, signal).catch(() => undefined);
  }
}
