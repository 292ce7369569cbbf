/** How far metric versions are that are made of raw events. */
import { fromVersionTaskJson, versionName } from '@tidegate/core';
import type { MetricVersion } from '@tidegate/core';
import type { ReadStore } from '@tidegate/postgres';
import type { Freshness } from './freshness.ts';
import type { Registry } from './registry.ts';

export interface MakingDeps {
  readonly registry: Pick<Registry, 'making' | 'metric'>;
  readonly primary: Pick<ReadStore, 'readTasks'>;
  readonly freshness: Pick<Freshness, 'tracked'>;
}

export interface MakingView {
  readonly metric: string;
  readonly version: number;
  readonly answered_version: number | null;
  readonly partitions: number;
  readonly partitions_done: number;
  readonly share: number;
}

/** Asks Postgres only while something is made. */
export async function readMaking(deps: MakingDeps, tenant: string): Promise<readonly MakingView[]> {
  const making = deps.registry.making(tenant);
  if (making.length === 0) return [];
  const rows = await deps.primary.readTasks('version', making.map(versionName));
  const partitions = deps.freshness.tracked().size;
  return making.map((version) => viewOf(deps, version, { partitions, rows: rows.filter(({ name }) => name === versionName(version)) }));
}

function viewOf(
  { registry }: MakingDeps,
  { tenant, metric, version }: MetricVersion,
  { partitions, rows }: { readonly partitions: number; readonly rows: Awaited<ReturnType<ReadStore['readTasks']>> },
): MakingView {
  const tasks = rows.flatMap((row) => fromVersionTaskJson(row) ?? []);
  const folded = tasks.reduce((sum, { share, isDone }) => sum + (isDone ? 1 : share), 0);
  return {
    metric,
    version,
    answered_version: registry.metric(tenant, metric)?.version ?? null,
    partitions,
    partitions_done: tasks.filter(({ isDone }) => isDone).length,
    share: partitions === 0 ? 0 : Math.min(1, folded / partitions),
  };
}
