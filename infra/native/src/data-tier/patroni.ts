import { chownSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isReachableByOthers, nobody, type Account } from '../account.ts';
import { launchProcess, type ProcessHome, type RunningProcess } from '../child-process.ts';
import { makePrivateFolder } from '../home.ts';
import { inUserNamespace, ownedFolder, readableTree } from '../postgres-server.ts';
import { signalAll, treeOf } from '../process-tree.ts';
import { acceptsConnections, waitUntil } from '../readiness.ts';
import { SetupFailure } from '../tool.ts';
import { fillConfig } from './config-file.ts';
import type { PatroniPackage } from './programs.ts';

const WITHIN_MS = 120_000;

export interface MemberPorts {
  readonly port: number;
  readonly rest: number;
}

/** One server of Postgres with the Patroni that starts, stops and promotes it. */
export interface Member {
  readonly name: string;
  readonly ports: MemberPorts;
  /** As if its machine lost power. */
  kill(): Promise<void>;
  /** As if its machine stood still, until `resume`. */
  pause(): void;
  resume(): void;
  /** Again, after it was killed. */
  start(): void;
  stop(): Promise<void>;
}

/** What one of the members says of all. */
export interface MemberState {
  readonly name: string;
  readonly role: string;
  readonly state: string;
}

export interface PatroniCluster {
  readonly members: readonly Member[];
  /** As told by the first that answers; empty where none does. */
  states(): Promise<readonly MemberState[]>;
  /** Hands the primary's place to a standby that has all there is. */
  switchOver(): Promise<void>;
  /** Sets a parameter of all members, by what is kept in etcd; null: as in patroni.yaml again. */
  setParameter(name: string, value: string | null): Promise<void>;
  stop(): Promise<void>;
}

export interface PatroniOptions {
  readonly home: ProcessHome;
  readonly patroni: PatroniPackage;
  readonly etcd: string;
  /** Folder of `postgres`. */
  readonly binaries: string;
  readonly ports: { readonly etcd: number; readonly etcdPeers: number; readonly members: readonly MemberPorts[] };
}

/** A store with as many members as there are ports; resolves when one is the primary and the others stream from it. */
export async function startPatroni(options: PatroniOptions): Promise<PatroniCluster> {
  const etcd = await startEtcd(options);
  const members = options.ports.members.map((ports, at) => createMember(options, `postgres-${at + 1}`, ports));
  const cluster: PatroniCluster = {
    members,
    states: () => statesOf(members),
    switchOver: () => switchOver(members),
    setParameter: (name, value) =>
      tell(members[0]?.ports.rest ?? 0, { method: 'PATCH', path: '/config', body: { postgresql: { parameters: { [name]: value } } } }),
    // Standbys first, so that nobody is promoted meanwhile.
    async stop() {
      const states = await statesOf(members);
      const isLeader = ({ name }: Member): boolean => states.some((one) => one.name === name && one.role === 'leader');
      await Promise.all(members.filter((member) => !isLeader(member)).map((member) => member.stop()));
      await Promise.all(members.filter(isLeader).map((member) => member.stop()));
      await etcd.stop(10_000);
    },
  };
  try {
    for (const member of members) member.start();
    await untilWhole(cluster);
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

/** Whether one is the primary and all others stream from it. */
export function isWhole(states: readonly MemberState[], members: number): boolean {
  const streaming = states.filter(({ role, state }) => role !== 'leader' && state === 'streaming');
  return states.some(({ role, state }) => role === 'leader' && state === 'running') && streaming.length === members - 1;
}

async function untilWhole(cluster: PatroniCluster): Promise<void> {
  const deadlineMs = performance.now() + WITHIN_MS;
  while (!isWhole(await cluster.states(), cluster.members.length)) {
    if (performance.now() > deadlineMs)
      throw new Error(`Patroni has no primary with all standbys after ${WITHIN_MS / 1_000} s: ${JSON.stringify(await cluster.states())}`);
    await delay(100);
  }
}

async function startEtcd({ home, etcd, ports }: PatroniOptions): Promise<RunningProcess> {
  const folder = makePrivateFolder(join(home.dataDir, 'etcd'));
  const [clients, peers] = [`http://127.0.0.1:${ports.etcd}`, `http://127.0.0.1:${ports.etcdPeers}`];
  const own = [`--listen-client-urls=${clients}`, `--advertise-client-urls=${clients}`];
  const ofPeers = [`--listen-peer-urls=${peers}`, `--initial-advertise-peer-urls=${peers}`, `--initial-cluster=default=${peers}`];
  const args = [`--data-dir=${join(folder, 'store')}`, ...own, ...ofPeers];
  const running = launchProcess(home, { name: 'etcd', command: etcd, args, cwd: folder });
  await waitUntil({ what: 'etcd', process: running, withinMs: WITHIN_MS, isReady: () => acceptsConnections(running, ports.etcd) });
  return running;
}

function createMember(options: PatroniOptions, name: string, ports: MemberPorts): Member {
  const { home, patroni } = options;
  const { prefix, account, binaries, packages, folder } = footingOf(options, name);
  const config = join(folder, 'patroni.yaml');
  const values = { name, folder, binaries, port: ports.port, restPort: ports.rest, etcdPort: options.ports.etcd };
  writeFileSync(config, fillConfig('patroni.yaml', values), { mode: 0o600 });
  if (account !== undefined) chownSync(config, account.uid, account.gid);
  const [command, ...args] = [...prefix, patroni.python, '-m', 'patroni', config];
  const env = { PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: '1' };
  let running: RunningProcess | null = null;
  // Postgres is no child of its Patroni: it outlives one that is killed.
  const all = (): readonly number[] => [...treeOf(running?.pid ?? 0), ...treeOf(postmasterOf(folder))];
  return {
    name,
    ports,
    start() {
      running = launchProcess(home, { name: `patroni-${name.slice(-1)}`, command, args, env, cwd: folder, account });
    },
    async kill() {
      signalAll(all(), 'SIGKILL');
      await running?.exited;
    },
    pause: () => void signalAll(all(), 'SIGSTOP'),
    resume: () => void signalAll(all(), 'SIGCONT'),
    async stop() {
      // Where it was paused: it could not end.
      signalAll(all(), 'SIGCONT');
      await running?.stop(60_000);
      signalAll(treeOf(postmasterOf(folder)), 'SIGKILL');
    },
  };
}

/** How a member is run, given who we are: as ourselves, or, since Postgres refuses root, as somebody else. */
interface Footing {
  readonly prefix: readonly string[];
  readonly account: Account | undefined;
  readonly binaries: string;
  readonly packages: string;
  readonly folder: string;
}

function footingOf({ home, binaries, patroni: { packages } }: PatroniOptions, name: string): Footing {
  const folder = makePrivateFolder(join(home.dataDir, name));
  const prefix = process.getuid?.() === 0 ? inUserNamespace() : [];
  if (prefix !== null) return { prefix, account: undefined, binaries, packages, folder };
  const account = nobody();
  if (account === null || !isReachableByOthers(folder))
    throw new SetupFailure(
      'Postgres does not run as root: start as another user, or with TIDEGATE_HOME in a folder that others can reach.',
    );
  const programs = join(readableTree(join(binaries, '../../..')), relative(join(binaries, '../../..'), binaries));
  return { prefix: [], account, binaries: programs, packages: readableTree(packages), folder: ownedFolder(folder, account) };
}

/** 0 where it does not run. */
function postmasterOf(folder: string): number {
  try {
    const pid = Number(readFileSync(join(folder, 'data/postmaster.pid'), 'utf8').split('\n')[0]);
    return readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('postgres') ? pid : 0;
  } catch {
    return 0;
  }
}

async function statesOf(members: readonly Member[]): Promise<readonly MemberState[]> {
  for (const { ports } of members) {
    const told = await fetch(`http://127.0.0.1:${ports.rest}/cluster`, { signal: AbortSignal.timeout(1_000) })
      .then(async (response) => (await response.json()) as { readonly members?: readonly MemberState[] })
      .catch(() => null);
    if (told?.members !== undefined) return told.members;
  }
  return [];
}

async function switchOver(members: readonly Member[]): Promise<void> {
  const leader = (await statesOf(members)).find(({ role }) => role === 'leader')?.name;
  const rest = members.find(({ name }) => name === leader)?.ports.rest;
  await tell(rest ?? 0, { method: 'POST', path: '/switchover', body: { leader } });
}

async function tell(port: number, { method, path, body }: { method: string; path: string; body: object }): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`Patroni answered ${response.status}: ${await response.text()}`);
}
