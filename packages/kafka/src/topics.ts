import type { LogAdmin, TopicSpec } from './port.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Seven years (H-78), leap days included. */
const AUDIT_MS = 2_557 * DAY_MS;

export interface TidegateTopicOptions {
  /** Put before every name, so that several installations can share a cluster. */
  readonly prefix: string;
  /** Partitions of the events and of everything that follows them partition by partition. */
  readonly partitions: number;
  readonly replicationFactor: number;
  /** Arrival times are kept this long; the window of duplicates must be longer. Default 7 days. */
  readonly retentionMs?: number;
}

/** Full names of the topics of an installation. */
export interface TopicNames {
  readonly events: string;
  /** Events that may wait: the same keys and partitions as `events`, counted by the same owners. */
  readonly backfill: string;
  readonly rejected: string;
  readonly rollups: string;
  readonly progress: string;
  readonly control: string;
  readonly decisions: string;
  readonly audit: string;
}

export function topicNames(prefix: string): TopicNames {
  return {
    events: `${prefix}events.v1`,
    backfill: `${prefix}backfill.v1`,
    rejected: `${prefix}rejected.v1`,
    rollups: `${prefix}rollups.v1`,
    progress: `${prefix}progress.v1`,
    control: `${prefix}control.v1`,
    decisions: `${prefix}decisions.v1`,
    audit: `${prefix}audit.v1`,
  };
}

/** What must exist on the brokers, with its configuration. */
export function tidegateTopics(options: TidegateTopicOptions): TopicSpec[] {
  const names = topicNames(options.prefix);
  const { partitions, replicationFactor, retentionMs = 7 * DAY_MS } = options;
  const kept = (forMs: number, segmentMs: number): TopicSpec['configs'] => ({
    'cleanup.policy': 'delete',
    // Retention by time only: a size would drop events that nobody has counted yet.
    'retention.ms': String(forMs),
    'retention.bytes': '-1',
    'segment.ms': String(segmentMs),
    ...common(replicationFactor),
  });
  const newest = (segmentMs: number): TopicSpec['configs'] => ({
    'cleanup.policy': 'compact',
    'segment.ms': String(segmentMs),
    // A deleted key stays visible as a tombstone for a day, so that a service that was away learns of it.
    'delete.retention.ms': String(DAY_MS),
    'min.cleanable.dirty.ratio': '0.1',
    ...common(replicationFactor),
  });
  return [
    { name: names.events, partitions, replicationFactor, configs: kept(retentionMs, 6 * HOUR_MS) },
    { name: names.backfill, partitions, replicationFactor, configs: kept(retentionMs, 6 * HOUR_MS) },
    { name: names.rejected, partitions, replicationFactor, configs: kept(retentionMs, 6 * HOUR_MS) },
    { name: names.rollups, partitions, replicationFactor, configs: kept(DAY_MS, HOUR_MS) },
    // One partition each: all of it is read by every service, and one order is simpler than many.
    { name: names.progress, partitions: 1, replicationFactor, configs: newest(HOUR_MS) },
    { name: names.control, partitions: 1, replicationFactor, configs: newest(6 * HOUR_MS) },
    { name: names.decisions, partitions: 1, replicationFactor, configs: kept(retentionMs, 6 * HOUR_MS) },
    { name: names.audit, partitions: 1, replicationFactor, configs: kept(AUDIT_MS, 24 * HOUR_MS) },
  ];
}

function common(replicationFactor: number): TopicSpec['configs'] {
  return {
    'message.timestamp.type': 'LogAppendTime',
    'min.insync.replicas': String(Math.max(1, replicationFactor - 1)),
    'unclean.leader.election.enable': 'false',
  };
}

/** Creates the topics that are missing; an existing one keeps its partitions and configuration. */
export async function ensureTidegateTopics(admin: LogAdmin, options: TidegateTopicOptions): Promise<void> {
  await admin.ensureTopics(tidegateTopics(options));
}
