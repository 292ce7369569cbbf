import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedisServer, startServers, startTidegate } from '@tidegate/native';
import { createClient } from '@tidegate/sdk';
import { createTcpProxy, tcpTargetOf } from '@tidegate/testkit';
import { allAtOnce, type Restartable } from './all-at-once.ts';
import { createFronts } from './balancer.ts';
import type { DrillOptions, DrillReport } from './drill.ts';
import { drillFolder, GROUP_SESSION_MS, ownEnvironment } from './own-system.ts';
import { streamDrill } from './stream-drill.ts';

const MINUTES = 0.5;

/** Two of each service, and servers that are its own: Redis too, which comes back empty. */
export async function runAllAtOnce(options: DrillOptions): Promise<DrillReport> {
  const { minutes = MINUTES, folder = drillFolder('all-at-once', options.seed) } = options;
  const dataDir = mkdtempSync(join(tmpdir(), 'tidegate-drill-'));
  const part = (of: string): string => join(dataDir, of);
  const { balancers, front, close } = await createFronts();
  const redis = await startMovableRedis(part);
  try {
    const servers = await startServers({ dataDir: part('servers'), tuning: 'test', env: { ...ownEnvironment(), REDIS_URL: redis.url } });
    try {
      const started = await startTidegate({
        ...{ dataDir: part('services'), servers, packs: ['wikipedia'], tuning: 'test', copies: 2, aggregators: 2, front },
        settings: { GROUP_SESSION_MS },
      });
      const tidegate = { ...started, kafka: servers.kafka, postgres: servers.postgres };
      const client = createClient({ gateway: tidegate.gateway, apiKey: tidegate.apiKey, patienceMs: 120_000 });
      try {
        return await streamDrill({
          ...{ ...options, drill: 'all-at-once', tidegate, client, folder },
          act: (scene) => allAtOnce(scene, { balancers, redis, backlogMs: minutes * 60_000 }),
        });
      } finally {
        await tidegate.stop();
      }
    } finally {
      await servers.stop();
    }
  } finally {
    await redis.stop();
    await close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Keeps its address over its deaths. */
async function startMovableRedis(part: (of: string) => string): Promise<Restartable & { readonly url: string; stop(): Promise<void> }> {
  const start = (): ReturnType<typeof startRedisServer> => startRedisServer({ dataDir: part('redis'), log: () => undefined });
  let server = await start();
  const proxy = await createTcpProxy(tcpTargetOf(server.url));
  return {
    url: `redis://127.0.0.1:${proxy.port}`,
    async kill() {
      await server.process.kill();
      await proxy.cut();
    },
    async restart() {
      server = await start();
      proxy.leadTo(tcpTargetOf(server.url));
      await proxy.restore();
    },
    async stop() {
      await proxy.close();
      await server.process.stop();
    },
  };
}
