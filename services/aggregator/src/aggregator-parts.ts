import type { CanonicalReader } from '@tidegate/core';
import type { GroupMember, LogAdmin, LogClient, LogProducer, TopicNames } from '@tidegate/kafka';
import type { DataStore } from '@tidegate/postgres';
import type { Clock, Random } from '@tidegate/runtime';
import type { Logger, Metrics, Tracing } from '@tidegate/telemetry';
import type { Announcer } from './announce.ts';
import type { BackfillShare } from './backfill-share.ts';
import type { Fault } from './fault-points.ts';
import type { FollowGrowth } from './follow-growth.ts';
import type { FlushSize } from './flush-size.ts';
import type { Instruments } from './instruments.ts';
import type { Liveness } from './liveness.ts';
import type { LogProbe } from './log-probe.ts';
import type { Registry } from './registry.ts';
import type { StreamTally } from './stream-tally.ts';
import type { TakeOverLimits } from './take-over.ts';

/** What an aggregator is made with: the outside systems behind their ports, limits, and what a test replaces. */
export interface AggregatorDeps {
  readonly client: LogClient;
  readonly store: DataStore;
  readonly topics: TopicNames;
  readonly groupId: string;
  readonly sessionTimeoutMs: number;
  readonly limits: TakeOverLimits & {
    readonly flushPauseMinMs: number;
    readonly flushPauseMaxMs: number;
    /** What rejected rows of one tenant, day and partition may take. */
    readonly rejectedBytesMax: number;
    /** How often partitions without new records tell where they stand. */
    readonly idleMs: number;
    /** No coarse cells of a partition are made sooner after its take-over. */
    readonly sealDelayMs: number;
    /** A bucket is closed so long after its end: from then on it is sealed, and changes of it are restatements. */
    readonly closedAfterS: number;
    /** How much of the time recounts take, 0 to 1; 0: only those that are asked for. */
    readonly recountShare: number;
    /** A metric version is recounted again so long after it was. */
    readonly recountEveryMs: number;
    /** How often it is looked for rows of entities that are past their time. */
    readonly rowRetentionLookMs: number;
    /** How often it is looked for recounts that were asked for. */
    readonly recountLookMs: number;
  };
  /** What of the limits goes by the partition count; absent: nothing. */
  readonly limitsFor?: (partitions: number) => TakeOverLimits;
  readonly reader: CanonicalReader;
  readonly seal: (tenant: string, original: Uint8Array) => Uint8Array;
  readonly newToken: () => Uint8Array;
  readonly fault: Fault;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  /** A fault after which the process must not go on. */
  readonly onFatal: (event: string, error: unknown) => void;
}

/** What the parts, made one after another, know of each other. */
export interface SharedState {
  isStopping: boolean;
  member: GroupMember | null;
}

/** The parts that stand on ports alone; ownership, flush loop and slab handler are joined from them. */
export interface AggregatorParts {
  readonly deps: AggregatorDeps;
  readonly shared: SharedState;
  readonly producer: LogProducer;
  readonly admin: LogAdmin;
  readonly growth: FollowGrowth;
  readonly probe: LogProbe;
  readonly registry: Registry;
  readonly announcer: Announcer;
  readonly instruments: Instruments;
  readonly tally: StreamTally;
  readonly liveness: Liveness;
  readonly share: BackfillShare;
  readonly flushSize: FlushSize;
  /** A pause within work that goes on; it counts as a turn of the loop. */
  readonly pause: (ms: number) => Promise<void>;
}
