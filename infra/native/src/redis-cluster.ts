import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { launchProcess, type RunningProcess } from './child-process.ts';
import { makePrivateFolder } from './home.ts';
import { freePort, startOnPorts } from './port.ts';
import { waitUntil } from './readiness.ts';
import { findRedis, type ServerOptions } from './servers.ts';

const NODES = 3;
const SLOTS = 16_384;
const WITHIN_MS = 30_000;

export interface RedisCluster {
  /** `127.0.0.1:<port>` of each node; each has a third of the slots. */
  readonly nodes: readonly string[];
  stop(): Promise<void>;
}

interface Ports {
  readonly port: number;
  readonly bus: number;
}

/** Three Redis servers that are one cluster, without replicas: for tests. */
export async function startRedisCluster(options: ServerOptions): Promise<RedisCluster> {
  const { home, binary } = await findRedis(options);
  const choose = async (): Promise<Ports[]> => {
    const ports: Ports[] = [];
    for (let node = 0; node < NODES; node += 1) ports.push({ port: await freePort(), bus: await freePort() });
    return ports;
  };
  const portsOf = (ports: readonly Ports[]): number[] => ports.flatMap(({ port, bus }) => [port, bus]);
  return startOnPorts({ choose, portsOf }, async (ports) => {
    const started: RunningProcess[] = [];
    const stop = async (): Promise<void> => void (await Promise.all(started.map((one) => one.stop())));
    try {
      for (const { port, bus } of ports) {
        const cwd = makePrivateFolder(join(home.dataDir, `redis-${port}`));
        // A node that finds what another start left would know nodes that are gone.
        await rm(join(cwd, 'nodes.conf'), { force: true });
        const own = ['--bind', '127.0.0.1', '--port', String(port), '--dir', cwd, '--save', '', '--appendonly', 'no'];
        const ofCluster = ['--cluster-enabled', 'yes', '--cluster-port', String(bus), '--cluster-config-file', 'nodes.conf'];
        started.push(launchProcess(home, { name: `redis-${port}`, command: binary, args: [...own, ...ofCluster], cwd }));
      }
      await joinNodes(ports, started);
    } catch (error) {
      await stop();
      throw error;
    }
    return { nodes: ports.map(({ port }) => `127.0.0.1:${port}`), stop };
  });
}

async function joinNodes(ports: readonly Ports[], started: readonly RunningProcess[]): Promise<void> {
  const [first] = ports;
  if (first === undefined) return;
  const until = async (what: string, isReady: (port: number) => Promise<boolean>): Promise<void> => {
    for (const [at, { port }] of ports.entries()) {
      const process = started[at];
      if (process !== undefined) await waitUntil({ what, process, withinMs: WITHIN_MS, isReady: () => isReady(port) });
    }
  };
  const name = randomUUID();
  await until('a node of Redis Cluster', async (port) => (await say(port, `ECHO ${name}`)).includes(name));
  const share = Math.ceil(SLOTS / ports.length);
  for (const [at, { port }] of ports.entries()) {
    await say(port, `CLUSTER ADDSLOTSRANGE ${at * share} ${Math.min(SLOTS, (at + 1) * share) - 1}`);
    // Else two nodes may believe to be of the same age, and the slots of one be another's for a while.
    await say(port, `CLUSTER SET-CONFIG-EPOCH ${at + 1}`);
  }
  for (const { port, bus } of ports.slice(1)) await say(first.port, `CLUSTER MEET 127.0.0.1 ${port} ${bus}`);
  const isWhole = async (port: number): Promise<boolean> => {
    const info = await say(port, 'CLUSTER INFO');
    return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${ports.length}`);
  };
  await until('Redis Cluster', isWhole);
}

/** Sends one command and resolves to what the server says first; empty where it does not answer. */
function say(port: number, command: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const end = (answer: string): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1_000, () => end(''));
    socket.once('error', () => end(''));
    socket.once('connect', () => socket.write(`${command}\r\n`));
    socket.once('data', (data) => end(data.toString()));
  });
}
