import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  homeOf,
  startServers,
  startTidegate,
  type ServerAddresses,
  type Servers,
  type Tidegate,
  type TidegateOptions,
} from '@tidegate/native';
import { createClient, type Client } from '@tidegate/sdk';
import { createTcpProxy, tcpTargetOf, type TcpProxy } from '@tidegate/testkit';
import { Redis } from 'ioredis';
import { createFronts } from './balancer.ts';
import type { Ground, GroundDatabase, GroundDrill } from './catalogue.ts';
import type { Drill, DrillOptions, DrillReport } from './drill.ts';
import { faultsOfAllKinds } from './exactly-once.ts';
import { flushBoundaries } from './flush-boundaries.ts';
import { replayKills } from './replay-kills.ts';
import { rollingRestart } from './rolling-restart.ts';
import { streamDrill, type Scene } from './stream-drill.ts';

const KILLS_PER_MINUTE = 30;
const MINUTES = 1;
const REPLAY_KILLS = 30;
const REPLAY_PAUSE_MS_MAX = 1_000;
/** A drill waits for many dead members; the shipped 8 s would make it long without proving more. */
export const GROUP_SESSION_MS = '2000';

/** Kills and pauses at seeded moments, on a system of its own, servers included, so that those can be killed too. */
export function runExactlyOnce(options: DrillOptions): Promise<DrillReport> {
  const { minutes = MINUTES, folder = drillFolder('exactly-once', options.seed) } = options;
  return withTwoAggregators((tidegate, client, emptyRedis) => {
    const faults = { durationMs: minutes * 60_000, kills: Math.max(1, Math.round(minutes * KILLS_PER_MINUTE)), emptyRedis };
    const act = (scene: Scene): Promise<Readonly<Record<string, number>>> => faultsOfAllKinds(scene, faults);
    return streamDrill({ ...options, drill: 'exactly-once', tidegate, client, folder, act });
  });
}

/** Kills while the shipped sample is replayed: the answers have to be those of the file. */
export function runReplayKills(options: DrillOptions & { readonly kills?: number }): Promise<DrillReport> {
  return withTwoAggregators((tidegate, client, flushRedis) =>
    replayKills({ ...{ kills: REPLAY_KILLS, ...options }, pauseMsMax: REPLAY_PAUSE_MS_MAX, flushRedis, tidegate, client }),
  );
}

type FaultyDrill = (tidegate: Tidegate, client: Client, emptyRedis: () => Promise<void>) => Promise<DrillReport>;

function withTwoAggregators(drill: FaultyDrill): Promise<DrillReport> {
  return onOwnSystem({ aggregators: 2 }, async (tidegate, client) => {
    const redis = new Redis(tidegate.addresses.redisUrl);
    try {
      return await drill(tidegate, client, async () => void (await redis.flushall()));
    } finally {
      redis.disconnect();
    }
  });
}

export function drillFolder(drill: string, seed: number): string {
  return join(homeOf(process.env).dataDir, 'drills', `${drill}-${seed}-${new Date().toISOString().replaceAll(/[:.]/g, '')}`);
}

/** Runs a drill of the catalogue on a system of its own, with a proxy before Postgres. */
export function onOwnGround(name: string, drill: GroundDrill): Drill {
  return async (options) => {
    const { folder = drillFolder(name, options.seed) } = options;
    const dataDir = mkdtempSync(join(tmpdir(), 'tidegate-drill-'));
    const servers = await startServers({ dataDir: join(dataDir, 'servers'), tuning: 'test', env: ownEnvironment() });
    try {
      return await withGround({ dataDir: join(dataDir, 'services'), servers, folder }, (ground) => drill(options, ground));
    } finally {
      await servers.stop();
      rmSync(dataDir, { recursive: true, force: true });
    }
  };
}

export interface GroundOptions {
  /** Of the services alone: what is left in it from an earlier run is ended. */
  readonly dataDir: string;
  readonly servers: ServerAddresses & Partial<Pick<Servers, 'kafka' | 'postgres'>>;
  readonly folder: string;
  readonly namespace?: string;
  readonly front?: NonNullable<TidegateOptions['front']>;
}

/** Three aggregators on servers that run already, reached through a proxy where it is Postgres; `use` gets all of it. */
export async function withGround<T>(options: GroundOptions, use: (ground: Ground) => Promise<T>): Promise<T> {
  const { dataDir, servers, folder, namespace = 'tidegate', front } = options;
  const url = new URL(servers.databaseUrl);
  const proxy = await createTcpProxy(tcpTargetOf(servers.databaseUrl));
  url.port = String(proxy.port);
  const database = movableDatabase(proxy, servers.databaseUrl);
  try {
    const tidegate = await startTidegate({
      ...{ dataDir, namespace, packs: ['wikipedia'], tuning: 'test', aggregators: 3, settings: { GROUP_SESSION_MS } },
      servers: { ...servers, databaseUrl: url.href },
      ...(front === undefined ? {} : { front }),
    });
    try {
      const ground = { ...tidegate, kafka: servers.kafka ?? null, postgres: servers.postgres ?? null };
      const client = createClient({ gateway: tidegate.gateway, apiKey: tidegate.apiKey, patienceMs: 120_000 });
      return await use({ tidegate: ground, client, folder, proxy, database });
    } finally {
      await tidegate.stop();
    }
  } finally {
    await proxy.close();
    await database.stop();
  }
}

function movableDatabase(proxy: TcpProxy, first: string): GroundDatabase & { stop(): Promise<void> } {
  const kept: { stop(): Promise<void> }[] = [];
  let url = first;
  return {
    url: () => url,
    keep: (server) => void kept.push(server),
    async moveTo(serverUrl) {
      url = serverUrl;
      proxy.leadTo(tcpTargetOf(url));
      await proxy.restore();
    },
    stop: async () => {
      // What was kept last goes first: a server before the folder of its data.
      for (const server of kept.toReversed()) await server.stop();
    },
  };
}

export function ownEnvironment(): Readonly<Record<string, string | undefined>> {
  const { KAFKA_BROKERS: _kafka, DATABASE_URL: _database, REDIS_URL: _redis, ...env } = process.env;
  return env;
}

/** Kills at every boundary between two steps. */
export function runFlushBoundaries(options: DrillOptions): Promise<DrillReport> {
  const faultFile = join(mkdtempSync(join(tmpdir(), 'tidegate-fault-')), 'point');
  const aggregatorMain = fileURLToPath(new URL('./faulty-aggregator.ts', import.meta.url));
  return onOwnSystem({ aggregatorMain, settings: { FAULT_FILE: faultFile } }, (tidegate, client) =>
    flushBoundaries({ ...options, tidegate, client, faultFile }),
  );
}

/** Settings are known before the servers are. */
type OwnOptions = Omit<Partial<TidegateOptions>, 'settings'> & { readonly settings?: Readonly<Record<string, string>> };

async function onOwnSystem(given: OwnOptions, drill: (tidegate: Tidegate, client: Client) => Promise<DrillReport>): Promise<DrillReport> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tidegate-drill-'));
  const env = ownEnvironment();
  const settings = { ...given.settings, GROUP_SESSION_MS };
  const tidegate = await startTidegate({ packs: ['wikipedia'], tuning: 'test', env, ...given, dataDir, settings });
  try {
    const client = createClient({ gateway: tidegate.gateway, apiKey: tidegate.apiKey, patienceMs: 120_000 });
    return await drill(tidegate, client);
  } finally {
    await tidegate.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

const PRE_STOP_MS = 500;
/** As shipped: the clients of the drill keep their connections for 4 s. */
const DRAIN_LINGER_MS = '5500';

/** Two of each service, restarted one at a time; servers are its own, or those given. */
export async function runRollingRestart(
  options: DrillOptions,
  shared: Pick<TidegateOptions, 'servers' | 'namespace'> = {},
): Promise<DrillReport> {
  const { folder = drillFolder('rolling-restart', options.seed) } = options;
  const { balancers, front, close } = await createFronts();
  try {
    return await onOwnSystem({ ...shared, copies: 2, aggregators: 2, front, settings: { DRAIN_LINGER_MS } }, (tidegate, client) => {
      const restart = { balancers, apiKey: tidegate.apiKey, preStopMs: PRE_STOP_MS };
      const act = (scene: Scene): Promise<Readonly<Record<string, number>>> => rollingRestart(scene, restart);
      return streamDrill({ ...options, drill: 'rolling-restart', tidegate, client, folder, poisonShare: 0, isAlwaysServed: true, act });
    });
  } finally {
    await close();
  }
}
