import type { Tidegate } from '@tidegate/native';
import type { Client } from '@tidegate/sdk';
import type { TcpProxy } from '@tidegate/testkit';
import { auditRefuses } from './audit.ts';
import { clocks } from './clocks.ts';
import type { DrillOptions, DrillReport } from './drill.ts';
import { failover } from './failover.ts';
import { migration } from './migration.ts';
import { replayLog } from './replayed-log.ts';
import { restore } from './restore.ts';
import { aggregatorKills, brokerDown, brokerPause, rebalanceStorm } from './single-faults.ts';
import { slowPostgres } from './slow-postgres.ts';
import { streamDrill, type StreamDrillOptions } from './stream-drill.ts';

/** The system a drill runs on. */
export interface Ground {
  readonly tidegate: Tidegate;
  readonly client: Client;
  readonly folder: string;
  /** Stands before Postgres. */
  readonly proxy: TcpProxy;
  readonly database: GroundDatabase;
}

/** The server of Postgres behind the proxy. */
export interface GroundDatabase {
  /** Its own address, past the proxy; the name of the database is that of the address that was given. */
  url(): string;
  /** A server that a drill has started is stopped after the services. */
  keep(server: { stop(): Promise<void> }): void;
  /** From here on the proxy, which was cut, leads there. */
  moveTo(serverUrl: string): Promise<void>;
}

/** A drill that runs on a system with three aggregators which somebody has started. */
export type GroundDrill = (options: DrillOptions, ground: Ground) => Promise<DrillReport>;

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

type Act = (ground: Ground, durationMs: number) => StreamDrillOptions['act'];

/** `minutes`: how long it goes on where the caller does not say. */
function onStream(drill: string, of: { readonly minutes: number; readonly poisonShare?: number; readonly act: Act }): GroundDrill {
  const { minutes: usual, act, ...rest } = of;
  return (options, ground) =>
    streamDrill({ ...options, ...ground, ...rest, drill, act: act(ground, (options.minutes ?? usual) * MINUTE_MS) });
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const GROUND_DRILLS = {
  'aggregator-kills': onStream('aggregator-kills', {
    minutes: 2,
    act: (_ground, durationMs) => (scene) =>
      aggregatorKills(scene, { durationMs, kills: Math.max(1, Math.round((durationMs / MINUTE_MS) * 25)) }),
  }),
  'broker-pause': onStream('broker-pause', { minutes: 0.5, act: (_ground, forMs) => (scene) => brokerPause(scene, { forMs }) }),
  'broker-down': onStream('broker-down', { minutes: 5, act: (_ground, forMs) => (scene) => brokerDown(scene, { forMs }) }),
  poison: onStream('poison', {
    minutes: 1,
    poisonShare: 0.3,
    act: (_ground, durationMs) => async () => {
      await wait(durationMs);
      return {};
    },
  }),
  duplicates: onStream('duplicates', { minutes: 1, act: (_ground, durationMs) => (scene) => replayLog(scene, { durationMs }) }),
  'rebalance-storm': onStream('rebalance-storm', {
    minutes: 2,
    act: (_ground, durationMs) => (scene) => rebalanceStorm(scene, { durationMs, everyMs: SECOND_MS }),
  }),
  'slow-postgres': onStream('slow-postgres', {
    minutes: 1,
    act:
      ({ proxy }, durationMs) =>
      (scene) =>
        slowPostgres(scene, { proxy, durationMs, statementMs: 2 * SECOND_MS }),
  }),
  audit: onStream('audit', { minutes: 1, act: (_ground, durationMs) => (scene) => auditRefuses(scene, { durationMs }) }),
  migration: onStream('migration', { minutes: 1, act: (ground, durationMs) => (scene) => migration(scene, ground, { durationMs }) }),
  failover: onStream('failover', { minutes: 1, act: (ground, durationMs) => (scene) => failover(scene, ground, { durationMs }) }),
  restore: onStream('restore', { minutes: 1, act: (ground, durationMs) => (scene) => restore(scene, ground, { durationMs }) }),
  clocks: (options, { client }) => clocks({ ...options, client }),
} as const satisfies Readonly<Record<string, GroundDrill>>;
