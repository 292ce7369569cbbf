import { planFaults } from './fault-plan.ts';
import { injectFaults } from './faults.ts';
import type { Scene } from './stream-drill.ts';

export interface ExactlyOnceOptions {
  readonly durationMs: number;
  /** How often an aggregator is killed; other faults stand in a ratio to it. */
  readonly kills: number;
  /** Clears the installation's keys in Redis. */
  readonly emptyRedis: () => Promise<void>;
}

/** Kills and pauses aggregators, ingest, Kafka and Postgres and empties Redis, at seeded moments. */
export async function faultsOfAllKinds(scene: Scene, options: ExactlyOnceOptions): Promise<Readonly<Record<string, number>>> {
  const { tidegate, random } = scene;
  const aggregators = tidegate.services.names.filter((name) => name.startsWith('aggregator'));
  const plan = planFaults({ random, durationMs: options.durationMs, aggregators, kills: options.kills });
  const done = await injectFaults(plan, { ...scene, emptyRedis: options.emptyRedis, durationMs: options.durationMs });
  const times = (prefix: string): number =>
    [...done].filter(([what]) => what.startsWith(prefix)).reduce((sum, [, count]) => sum + count, 0);
  return {
    kills: times('kill aggregator'),
    ingest_kills: times('kill ingest'),
    pauses: times('pause'),
    kafka_restarts: times('kill kafka'),
    postgres_restarts: times('kill postgres'),
    redis_flushes: times('empty redis'),
  };
}
