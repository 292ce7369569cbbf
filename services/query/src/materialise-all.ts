import type { LogClient, TopicNames } from '@tidegate/kafka';
import type { ReadStore } from '@tidegate/postgres';
import type { CellStore } from '@tidegate/redis';
import { retry, systemClock } from '@tidegate/runtime';
import type { Logger, Metrics } from '@tidegate/telemetry';
import { followAnnouncements } from './announcements.ts';
import type { Announcements } from './announcements.ts';
import { createMaterialise } from './materialise.ts';
import type { MaterialiseDeps } from './materialise.ts';

export interface MaterialiseAllParts {
  readonly client: LogClient;
  readonly topics: TopicNames;
  readonly materialiserStore: CellStore;
  readonly primary: ReadStore;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly newEpochId: () => string;
  readonly names: MaterialiseDeps['names'];
  readonly onMaterialised: NonNullable<MaterialiseDeps['onMaterialised']>;
  readonly signal: AbortSignal;
}

/** Begins in the background: until chunks follow the announcements Postgres answers. */
export function materialiseAll(parts: MaterialiseAllParts): Promise<Announcements | null> {
  const { client, topics, materialiserStore: store, primary, metrics, log, newEpochId, signal } = parts;
  const untilDone = async <T>(action: () => Promise<T>): Promise<T> =>
    retry(action, { firstMs: 20, capMs: 1_000, signal, onRetry: (error) => log.warn('materialise_retried', { error }) });
  const cells = metrics.counter('materialiser_cells_total');
  const materialise = createMaterialise({
    store,
    readProgress: async () => primary.readProgress(),
    newEpochId,
    untilDone,
    onEpoch(reason) {
      log.info('cache_epoch_began', { detail: { reason } });
      metrics.counter('materialiser_epochs_total', { reason }).inc();
    },
    onCells: (count) => cells.inc(count),
    names: parts.names,
    onMaterialised: parts.onMaterialised,
  });
  const onRecord = (partition: number, appendTimeMs: number): void =>
    metrics
      .gauge('materialiser_lag_seconds', { partition: String(partition) })
      .set(Math.max(0, systemClock.nowMs() - appendTimeMs) / 1_000);
  const following = followAnnouncements({
    client,
    topic: topics.rollups,
    store,
    readProgress: async () => primary.readProgress(),
    materialise,
    untilDone,
    onError: (error) => log.warn('announcements_read_failed', { error }),
    onRecord,
  });
  return following.catch((error: unknown) => {
    if (!signal.aborted) log.error('announcements_not_followed', { error });
    return null;
  });
}
