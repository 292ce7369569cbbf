import type { EventLane } from '@tidegate/core';
import type { LogClient, TableRecord } from '@tidegate/kafka';
import { followTable } from '@tidegate/kafka';
import type { Logger } from '@tidegate/telemetry';
import { z } from 'zod';
import { decodeJson } from './json.ts';

/** How far counting is behind, as progress.v1 tells. */
export interface Backlog {
  /**
   * Whether the lane's oldest event that is not counted yet is older than half of the retention: what came now could be deleted
   * before it is counted, so nothing more is taken.
   */
  isTooFarBehind(nowMs: number, lane: EventLane): boolean;
  /** The newest generation of any log, for receipts. */
  logGeneration(): number;
  /**
   * Whether the topic was read to the end that it had at the start. Before it nothing is known of the log's generation: a receipt
   * would speak of a log that may be long gone.
   */
  isRead(): boolean;
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

export interface BacklogOptions {
  readonly client: LogClient;
  readonly topic: string;
  readonly retentionMs: number;
  readonly log: Logger;
}

const PROGRESS = z.object({
  lane: z.enum(['live', 'backfill']),
  partition: z.number().int(),
  log_generation: z.number().int(),
  oldest_uncounted_ms: z.number().nullable(),
});

/** Aggregators speak after each flush, up to thirty times a second; how far behind they are is counted in hours. */
const PACE_MS = 250;

export function followBacklog({ client, topic, retentionMs, log }: BacklogOptions): Backlog {
  const oldest: Readonly<Record<EventLane, Map<number, number | null>>> = { live: new Map(), backfill: new Map() };
  let generation = 1;
  let isRead = false;
  function take(record: TableRecord): void {
    const progress = PROGRESS.safeParse(record.value === null ? undefined : decodeJson(record.value));
    if (!progress.success) return;
    const { lane, partition } = progress.data;
    oldest[lane].set(partition, progress.data.oldest_uncounted_ms);
    generation = Math.max(generation, progress.data.log_generation);
  }
  const onError = (error: Error): void => log.warn('progress_topic_read_failed', { error });
  const table = followTable({ client, topic, onRecord: take, onError, paceMs: PACE_MS });
  return {
    isTooFarBehind(nowMs, lane) {
      for (const atMs of oldest[lane].values()) if (atMs !== null && nowMs - atMs > retentionMs / 2) return true;
      return false;
    },
    logGeneration: () => generation,
    isRead: () => isRead,
    ready: table.ready.then(() => void (isRead = true)),
    close: () => table.close(),
  };
}
