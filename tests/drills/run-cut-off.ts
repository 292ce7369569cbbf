import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServers, type ServerAddresses } from '@tidegate/native';
import { createTcpProxy, tcpTargetOf } from '@tidegate/testkit';
import { cutOff } from './cut-off.ts';
import type { DrillOptions, DrillReport } from './drill.ts';
import { drillFolder, ownEnvironment, withGround } from './own-system.ts';
import { streamDrill } from './stream-drill.ts';

const MINUTES = 2;

/** Servers are its own, or those given. */
export async function runCutOff(
  options: DrillOptions,
  shared?: { readonly servers: ServerAddresses; readonly namespace: string },
): Promise<DrillReport> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tidegate-drill-'));
  const started =
    shared === undefined ? await startServers({ dataDir: join(dataDir, 'servers'), tuning: 'test', env: ownEnvironment() }) : null;
  try {
    const { namespace = 'tidegate' } = shared ?? {};
    return await amongProxies(options, { dataDir: join(dataDir, 'services'), namespace, servers: started ?? shared?.servers });
  } finally {
    await started?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

interface Among {
  readonly dataDir: string;
  readonly namespace: string;
  readonly servers: ServerAddresses | undefined;
}

/** Before ingest, query and Redis; the ground has one before Postgres. */
async function amongProxies(options: DrillOptions, { servers, ...at }: Among): Promise<DrillReport> {
  if (servers === undefined) throw new Error('no servers');
  const { minutes = MINUTES, folder = drillFolder('cut-off', options.seed) } = options;
  const redis = await createTcpProxy(tcpTargetOf(servers.redisUrl));
  // Where the services listen is known when they start.
  const [ingest, query] = await Promise.all([tcpTargetOf(servers.redisUrl), tcpTargetOf(servers.redisUrl)].map(createTcpProxy));
  if (ingest === undefined || query === undefined) throw new Error('no proxies');
  const before = { ingest, query };
  const redisUrl = new URL(servers.redisUrl);
  redisUrl.port = String(redis.port);
  try {
    return await withGround(
      {
        ...{ ...at, folder, servers: { ...servers, redisUrl: redisUrl.href } },
        front(service, [{ port } = { port: 0 }]) {
          if (service === 'gateway') return `http://127.0.0.1:${port}`;
          before[service].leadTo({ host: '127.0.0.1', port });
          return `http://127.0.0.1:${before[service].port}`;
        },
      },
      (ground) =>
        streamDrill({
          ...{ ...options, ...ground, drill: 'cut-off' },
          act: (scene) => cutOff(scene, { links: { ...before, redis, postgres: ground.proxy }, durationMs: minutes * 60_000 }),
        }),
    );
  } finally {
    for (const proxy of [redis, ingest, query]) await proxy.close();
  }
}
