import type { LogClient, TableRecord } from '@tidegate/kafka';
import { followTable } from '@tidegate/kafka';
import type { Logger } from '@tidegate/telemetry';
import { z } from 'zod';
import { decodeJson } from './json.ts';

/** How far counting is behind, as progress.v1 tells. */
export interface Backlog {
  /**
   * Whether the oldest event that is not counted yet is older than half of the retention: what came now could be deleted
   * before it is counted, so nothing more is taken.
   */
  isTooFarBehind(nowMs: number): boolean;
  /** The log's generation, for receipts. */
  logGeneration(): number;
  close(): Promise<void>;
}

export interface BacklogOptions {
  readonly client: LogClient;
  readonly topic: string;
  readonly retentionMs: number;
  readonly log: Logger;
}

const PROGRESS = z.object({
  partition: z.number().int(),
  log_generation: z.number().int(),
  oldest_uncounted_ms: z.number().nullable(),
});

/** Aggregators speak after each flush, up to thirty times a second; how far behind they are is counted in hours. */
const PACE_MS = 250;

export function followBacklog({ client, topic, retentionMs, log }: BacklogOptions): Backlog {
  const oldest = new Map<number, number | null>();
  let generation = 1;
  function take(record: TableRecord): void {
    const progress = PROGRESS.safeParse(record.value === null ? undefined : decodeJson(record.value));
    if (!progress.success) return;
    oldest.set(progress.data.partition, progress.data.oldest_uncounted_ms);
    generation = Math.max(generation, progress.data.log_generation);
  }
  const onError = (error: Error): void => log.warn('progress_topic_read_failed', { error });
  const table = followTable({ client, topic, onRecord: take, onError, paceMs: PACE_MS });
  return {
    isTooFarBehind(nowMs) {
      for (const atMs of oldest.values()) if (atMs !== null && nowMs - atMs > retentionMs / 2) return true;
      return false;
    },
    logGeneration: () => generation,
    close: () => table.close(),
  };
}
