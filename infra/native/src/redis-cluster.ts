import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { launchProcess, type ProcessHome, type RunningProcess } from './child-process.ts';
import { fillConfig } from './data-tier/config-file.ts';
import { makePrivateFolder } from './home.ts';
import { freePort, startOnPorts } from './port.ts';
import { waitUntil } from './readiness.ts';
import { findRedis, type ServerOptions } from './servers.ts';

const MASTERS = 3;
const SLOTS = 16_384;
const WITHIN_MS = 30_000;

export interface RedisCluster {
  /** `127.0.0.1:<port>` of each node: the masters, each with a third of the slots, then a replica of each where there are some. */
  readonly nodes: readonly string[];
  /** Ends a node as a crash does. */
  kill(node: string): Promise<void>;
  /** Again, after it was killed: it knows the others, and takes the place that they leave it. */
  start(node: string): Promise<void>;
  stop(): Promise<void>;
}

export interface RedisClusterOptions extends ServerOptions {
  /** Of each master; default none. */
  readonly replicas?: 0 | 1;
  /** A port near to a usual one; default any that is free. */
  readonly choosePort?: (usual: number) => Promise<number>;
}

interface Ports {
  readonly port: number;
  readonly bus: number;
}

/** Three Redis servers that are one cluster, and a replica of each where that is asked. */
export async function startRedisCluster(options: RedisClusterOptions): Promise<RedisCluster> {
  const { home, binary } = await findRedis(options);
  const { replicas = 0, choosePort = freePort } = options;
  const choose = async (): Promise<Ports[]> => {
    const ports: Ports[] = [];
    for (let node = 0; node < MASTERS * (1 + replicas); node += 1)
      ports.push({ port: await choosePort(5000 + node), bus: await choosePort(15_000 + node) });
    return ports;
  };
  const portsOf = (ports: readonly Ports[]): number[] => ports.flatMap(({ port, bus }) => [port, bus]);
  return startOnPorts({ choose, portsOf }, async (ports) => {
    const running = new Map<string, RunningProcess>();
    const stop = async (): Promise<void> => void (await Promise.all([...running.values()].map((one) => one.stop())));
    try {
      for (const at of ports) {
        // A node that finds what another start left would know nodes that are gone.
        await rm(join(folderOf(home, at), 'nodes.conf'), { force: true });
        running.set(addressOf(at), launchNode(home, binary, at));
      }
      await joinNodes(ports, [...running.values()]);
    } catch (error) {
      await stop();
      throw error;
    }
    return {
      nodes: ports.map(addressOf),
      stop,
      kill: async (node) => running.get(node)?.kill(),
      async start(node) {
        const at = ports.find((one) => addressOf(one) === node);
        if (at === undefined) throw new Error(`${node} is no node of the cluster`);
        const process = launchNode(home, binary, at);
        running.set(node, process);
        await waitUntil({ what: 'a node of Redis Cluster', process, withinMs: WITHIN_MS, isReady: () => isAlone(at.port) });
      },
    };
  });
}

function addressOf({ port }: Ports): string {
  return `127.0.0.1:${port}`;
}

function folderOf(home: ProcessHome, { port }: Ports): string {
  return makePrivateFolder(join(home.dataDir, `redis-${port}`));
}

function launchNode(home: ProcessHome, binary: string, at: Ports): RunningProcess {
  const folder = folderOf(home, at);
  const config = join(folder, 'redis.conf');
  writeFileSync(config, fillConfig('redis.conf', { ...at, folder }), { mode: 0o600 });
  return launchProcess(home, { name: `redis-${at.port}`, command: binary, args: [config], cwd: folder });
}

/** Whether the server at the port, and no other, answers. */
async function isAlone(port: number): Promise<boolean> {
  const name = randomUUID();
  return (await say(port, `ECHO ${name}`)).includes(name);
}

async function joinNodes(ports: readonly Ports[], started: readonly RunningProcess[]): Promise<void> {
  const until = async (what: string, isReady: (port: number) => Promise<boolean>): Promise<void> => {
    for (const [at, { port }] of ports.entries()) {
      const process = started[at];
      if (process !== undefined) await waitUntil({ what, process, withinMs: WITHIN_MS, isReady: () => isReady(port) });
    }
  };
  await until('a node of Redis Cluster', isAlone);
  const masters = ports.slice(0, MASTERS);
  const share = Math.ceil(SLOTS / MASTERS);
  for (const [at, { port }] of masters.entries()) {
    await say(port, `CLUSTER ADDSLOTSRANGE ${at * share} ${Math.min(SLOTS, (at + 1) * share) - 1}`);
    // Else two nodes may believe to be of the same age, and the slots of one be another's for a while.
    await say(port, `CLUSTER SET-CONFIG-EPOCH ${at + 1}`);
  }
  const [first] = ports;
  for (const { port, bus } of ports.slice(1)) await say(first?.port ?? 0, `CLUSTER MEET 127.0.0.1 ${port} ${bus}`);
  const isWhole = async (port: number): Promise<boolean> => {
    const info = await say(port, 'CLUSTER INFO');
    return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${ports.length}`);
  };
  await until('Redis Cluster', isWhole);
  for (const [at, { port }] of ports.slice(MASTERS).entries()) {
    const id = /[0-9a-f]{40}/.exec(await say(masters[at]?.port ?? 0, 'CLUSTER MYID'))?.[0] ?? '';
    await say(port, `CLUSTER REPLICATE ${id}`);
  }
  const isReplica = (port: number): boolean => ports.slice(MASTERS).some((one) => one.port === port);
  const isInPlace = async (port: number): Promise<boolean> =>
    !isReplica(port) || (await say(port, 'INFO replication')).includes('master_link_status:up');
  await until('a replica of Redis Cluster', isInPlace);
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
