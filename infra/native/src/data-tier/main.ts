import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { createCertificate } from '@tidegate/testkit';
import { homeOf } from '../home.ts';
import { isPortFree, nextFreePort } from '../port.ts';
import { endLeftovers } from '../process-record.ts';
import { createProgress, type Progress } from '../progress.ts';
import { startRedisCluster } from '../redis-cluster.ts';
import { processHome } from '../servers.ts';
import { startDatabaseTier } from './database-tier.ts';
import { startNginx } from './nginx.ts';
import { readTier, removeTier, writeTier } from './tier-record.ts';

/** `npm run data-tier -- up|status|down`: see docs/operations/data-tier.md. */

const GATEWAY_PORT = 8000;
const dataDir = join(homeOf(process.env).dataDir, 'data-tier');
const file = join(dataDir, 'tier.json');

async function main(command: string | undefined): Promise<number> {
  const progress = createProgress({ stream: process.stderr, nowMs: () => performance.now() });
  try {
    if (command === 'up') await up(progress);
    else if (command === 'status') await status();
    else if (command === 'down') await down(progress);
    else process.stderr.write('npm run data-tier -- up|status|down\n');
    return ['up', 'status', 'down'].includes(command ?? '') ? 0 : 2;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\nLogs are in ${dataDir}/logs.\n`);
    return 1;
  } finally {
    progress.close();
  }
}

async function up(progress: Progress): Promise<void> {
  if (existsSync(file)) {
    process.stderr.write('It is up already, or was not ended by `down`:\n');
    return status();
  }
  const { runDir } = processHome(dataDir);
  await endLeftovers(dataDir, runDir);
  const of = { dataDir, progress, choosePort: nextFreePort };
  const started: { stop(): Promise<void> }[] = [];
  try {
    const database = await startDatabaseTier(of);
    started.push(database);
    const redis = await startRedisCluster({ ...of, replicas: 1 });
    started.push(redis);
    const nginx = await startNginx({ ...of, certificate: createCertificate(Date.now()), gatewayPorts: [GATEWAY_PORT] });
    const { ports } = database;
    writeTier(file, {
      parts: [
        { name: 'etcd', port: ports.etcd, what: 'who is the primary' },
        ...database.patroni.members.map(({ name, ports: { port, rest } }) => ({ name, port, what: `Postgres; its Patroni at ${rest}` })),
        { name: 'haproxy primary', port: ports.primary, what: 'whoever is the primary' },
        { name: 'haproxy standby', port: ports.standby, what: 'a standby that follows' },
        { name: 'pgbouncer', port: Number(new URL(database.pooledUrl).port), what: 'transactions, to the primary' },
        ...redis.nodes.map((node, at) => ({ name: `redis-${at + 1}`, port: portOf(node), what: 'a node of Redis Cluster' })),
        { name: 'nginx http', port: nginx.ports.http, what: 'sends to where TLS is spoken' },
        { name: 'nginx https', port: nginx.ports.https, what: `TLS 1.3, before the gateway at ${GATEWAY_PORT}` },
      ],
      settings: {
        DATABASE_URL: database.pooledUrl,
        DATABASE_POOLER: 'transaction',
        DATABASE_DIRECT_URL: database.primaryUrl,
        DATABASE_REPLICA_URL: database.standbyUrl,
        REDIS_CLUSTER: redis.nodes.slice(0, 3).join(','),
      },
      folders: [database.pooler.folder],
    });
  } catch (error) {
    for (const one of started.toReversed()) await one.stop();
    throw error;
  }
  await status();
}

async function status(): Promise<void> {
  const tier = readTier(file);
  if (tier === null) {
    process.stdout.write('Nothing runs: npm run data-tier -- up\n');
    return;
  }
  const { parts, settings } = tier;
  for (const { name, port, what } of parts) {
    const state = (await isPortFree(port)) ? 'down' : 'up';
    process.stdout.write(`${state.padEnd(5)}127.0.0.1:${String(port).padEnd(6)}${name.padEnd(17)}${what}\n`);
  }
  process.stdout.write(
    `\n${Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join('')}`,
  );
}

async function down(progress: Progress): Promise<void> {
  const step = progress.step('Stopping');
  const ended = await endLeftovers(dataDir, processHome(dataDir).runDir);
  removeTier(file);
  step.done(ended.join(', '));
}

function portOf(node: string): number {
  return Number(node.slice(node.lastIndexOf(':') + 1));
}

const code = await main(process.argv[2]);
// What was started goes on without this process.
process.exit(code);
