/** The two topics that each instance keeps in memory: what is recorded of packs and keys, and how far counting has come. */
import { followTable } from '@tidegate/kafka';
import type { FollowedTable, LogClient, TopicNames } from '@tidegate/kafka';
import type { ServiceContext } from '@tidegate/runtime';
import type { Freshness } from './freshness.ts';
import type { Registry } from './registry.ts';

/** Aggregators speak after each flush, up to thirty times a second; what they say is counted in seconds here. */
const PROGRESS_PACE_MS = 100;

export interface Tables {
  readonly control: FollowedTable;
  readonly progress: FollowedTable;
}

export function followTables(
  { client, topics }: { readonly client: LogClient; readonly topics: TopicNames },
  { log }: ServiceContext,
  { registry, freshness }: { readonly registry: Registry; readonly freshness: Freshness },
): Tables {
  const onError = (error: Error): void => log.warn('table_read_failed', { error });
  const control = followTable({ client, topic: topics.control, onRecord: (record) => registry.take(record), onError });
  void control.ready.then(() => log.info('control_read'));
  return {
    control,
    progress: followTable({
      client,
      topic: topics.progress,
      onRecord: (record) => freshness.take(record),
      onError,
      paceMs: PROGRESS_PACE_MS,
    }),
  };
}
