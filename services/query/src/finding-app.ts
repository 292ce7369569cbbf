/** Findings that are looked for unasked, put together; a part of `app.ts`. */
import { pause, systemClock } from '@tidegate/runtime';
import type { ServiceContext } from '@tidegate/runtime';
import type { Metrics } from '@tidegate/telemetry';
import { createFindJob } from './insights/find-job.ts';
import type { FindJob } from './insights/find-job.ts';
import { watchInsights } from './insights/watch-insights.ts';
import type { RunningJobs } from './jobs-app.ts';
import type { Registry } from './registry.ts';

export interface FindingParts {
  readonly registry: Registry;
  readonly jobs: RunningJobs;
  readonly metrics: Metrics;
  readonly signal: AbortSignal;
}

export interface Finding {
  readonly finding: Pick<FindJob, 'findBy'>;
  readonly watching: Promise<void>;
}

export function startFinding({ log }: Pick<ServiceContext, 'log'>, { registry, jobs, metrics, signal }: FindingParts): Finding {
  const finding = createFindJob({ registry });
  jobs.declare(finding.job);
  const watching = watchInsights(
    {
      ...{ registry, jobs: jobs.jobs, queue: jobs.queue, nowMs: systemClock.nowMs, pause },
      // What rises from nothing is seen by an alert only where the nothing was told too.
      onWatched: ({ pack, insight }) => metrics.counter('findings_told_total', { pack, insight }).inc(0),
      onError: (error) => log.warn('insight_not_looked_for', { error }),
    },
    signal,
  );
  return { finding, watching };
}
