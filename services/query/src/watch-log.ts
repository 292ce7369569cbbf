/** Asks now and then what no topic tells: where the logs end, how often it is kept, and whether accepted events are gone. */
import type { LogAdmin, LogClient, TopicNames } from '@tidegate/kafka';
import type { ReadStore } from '@tidegate/postgres';
import type { Freshness } from './freshness.ts';

export interface WatchLogDeps {
  readonly client: LogClient;
  readonly topics: Pick<TopicNames, 'events' | 'backfill'>;
  readonly primary: Pick<ReadStore, 'readGaps'>;
  readonly freshness: Freshness;
  /** Told at each look: there may be more than at the last. */
  readonly onPartitions: (count: number) => void;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onError: (error: unknown) => void;
  readonly signal: AbortSignal;
}

export interface WatchedLog {
  /** Null until the brokers have told. */
  replicationFactor(): number | null;
  /** Rejects where the brokers do not answer. */
  check(): Promise<void>;
  close(): Promise<void>;
}

const EVERY_MS = 1_000;
/** Gaps are found at take-overs, which progress tells of; this often they are asked for in any case. */
const GAPS_EVERY = 10;

export function watchLog(deps: WatchLogDeps): WatchedLog {
  const { client, topics, freshness, signal } = deps;
  const admin: LogAdmin = client.createAdmin();
  let replicationFactor: number | null = null;
  /** How many take-overs the known gaps are younger than; below any count until they were read once. */
  let askedAfter = -1;

  async function askEnds(): Promise<void> {
    const description = await admin.describeTopic(topics.events);
    if (description === null) throw new Error(`topic ${topics.events} does not exist yet`);
    replicationFactor = description.replicationFactor;
    deps.onPartitions(description.partitions);
    const partitions = Array.from({ length: description.partitions }, (_, partition) => partition);
    const [live, backfill] = await Promise.all([admin.offsets(topics.events, partitions), admin.offsets(topics.backfill, partitions)]);
    freshness.takeEnds({ live, backfill });
  }

  async function askGaps(): Promise<void> {
    const takeOvers = freshness.takeOvers();
    freshness.takeGaps(await deps.primary.readGaps());
    askedAfter = takeOvers;
  }

  async function watch(): Promise<void> {
    for (let round = 0; !signal.aborted; round += 1) {
      await askEnds().catch(deps.onError);
      if (round % GAPS_EVERY === 0 || askedAfter < freshness.takeOvers()) await askGaps().catch(deps.onError);
      await deps.pause(EVERY_MS, signal).catch(() => undefined);
    }
  }

  const watching = watch();
  return {
    replicationFactor: () => replicationFactor,
    check: async () => void (await admin.describeTopic(topics.events)),
    async close() {
      await watching;
      await admin.close();
    },
  };
}
