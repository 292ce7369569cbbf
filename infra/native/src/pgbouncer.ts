import { chmodSync, chownSync, cpSync, existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nobody } from './account.ts';
import { makePrivateFolder } from './home.ts';
import { launchProcess, type ProcessHome, type RunningProcess } from './child-process.ts';
import { UNPACKED, unpackDebianPackage } from './debian-package.ts';
import { cachedFolder, findFile, type CacheContext } from './package-cache.ts';
import { fillConfig } from './data-tier/config-file.ts';
import { freePort, startOnPorts } from './port.ts';
import { acceptsConnections, waitUntil } from './readiness.ts';
import { contextOf, type ServerOptions } from './servers.ts';
import { findOnPath, SetupFailure } from './tool.ts';

export interface PgBouncer {
  /** The same database, by way of the pooler. */
  through(databaseUrl: string): string;
  /** What it reads, which `stop` removes; whoever lets it run on without this process removes it then. */
  readonly folder: string;
  stop(): Promise<void>;
  kill(): Promise<void>;
  /** Again after `kill`, at the same address. */
  restart(): Promise<void>;
}

export interface PgBouncerOptions extends ServerOptions {
  /** A database of the server that it stands before; others of that server are reached by their own names. */
  readonly databaseUrl: string;
  /** Logins that it lets in, without a password. */
  readonly users: readonly string[];
  /** Sessions of the server that all clients of a login and database share. */
  readonly sessionsMax: number;
  /** Of them, how many stay open once there were clients; default 0. */
  readonly sessionsMin?: number;
  /** Default any that is free. */
  readonly choosePort?: () => Promise<number>;
}

/** A pooler of transactions on loopback, with no setting that would let state of sessions through. */
export async function startPgBouncer(options: PgBouncerOptions): Promise<PgBouncer> {
  const context = contextOf(options);
  const step = { update: context.progress.say, done: context.progress.say, fail: context.progress.say };
  const program = await providePgBouncer({ cacheDir: context.cacheDir, dataDir: options.dataDir, path: context.env['PATH'], step });
  // As root it runs under another account, which cannot enter the data folder.
  const folder =
    process.getuid?.() === 0
      ? mkdtempSync(join(tmpdir(), 'tidegate-pgbouncer-'))
      : makePrivateFolder(join(context.home.dataDir, 'pgbouncer'));
  try {
    const launchAt = (at: number): Promise<RunningProcess> => launch(context.home, { ...options, folder, program, port: at });
    const chosen = { choose: options.choosePort ?? freePort, portsOf: (at: number) => [at] };
    const { port, ...started } = await startOnPorts(chosen, async (at) => ({ port: at, running: await launchAt(at) }));
    let { running } = started;
    return {
      folder,
      through: (databaseUrl) => Object.assign(new URL(databaseUrl), { hostname: '127.0.0.1', port: String(port) }).toString(),
      kill: () => running.kill(),
      async restart() {
        running = await launchAt(port);
      },
      async stop() {
        await running.stop();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

interface Program {
  /** A program that is installed, or a folder with the program and the libraries that it needs. */
  readonly installed: string | null;
  readonly folder: string | null;
}

async function providePgBouncer(context: CacheContext): Promise<Program> {
  const installed = findOnPath('pgbouncer', context.path);
  if (installed !== null) return { installed, folder: null };
  const folder = await cachedFolder(context, 'pgbouncer', async (stage) => {
    try {
      await unpackDebianPackage(stage, 'pgbouncer', /^(libc-?ares|libevent)/);
      renameSync(findFile(join(stage, UNPACKED, 'usr/sbin'), 'pgbouncer'), join(stage, 'pgbouncer'));
    } catch (error) {
      throw new SetupFailure('PgBouncer was not found: install it (Debian: apt-get install pgbouncer).', { cause: error });
    }
  });
  return { installed: null, folder };
}

interface Launch extends PgBouncerOptions {
  readonly folder: string;
  readonly program: Program;
  readonly port: number;
}

/** It does not run as root: then it is `nobody`'s, with all that it reads where that account gets to. */
async function launch(home: ProcessHome, options: Launch): Promise<RunningProcess> {
  const { folder, program, port } = options;
  const account = process.getuid?.() === 0 ? nobody() : undefined;
  if (account === null) throw new SetupFailure('PgBouncer does not run as root and there is no account "nobody": start as another user.');
  chmodSync(folder, 0o755);
  const own = placed(program, account === undefined ? null : join(folder, 'program'));
  const [config, users] = [join(folder, 'pgbouncer.ini'), join(folder, 'users.txt')];
  writeFileSync(users, options.users.map((user) => `"${user}" ""\n`).join(''));
  writeFileSync(config, configOf(options, users));
  if (account !== undefined) for (const file of [config, users]) chownSync(file, account.uid, account.gid);
  const running = launchProcess(home, {
    name: 'pgbouncer',
    command: own === null ? (program.installed ?? '') : join(own, 'pgbouncer'),
    args: [config],
    cwd: folder,
    account,
    // At once: SIGTERM. SIGINT would wait for clients.
    stopSignal: 'SIGTERM',
    ...(own === null ? {} : { env: { LD_LIBRARY_PATH: libraryFolder(own) } }),
  });
  await waitUntil({ what: 'PgBouncer', process: running, withinMs: 20_000, isReady: () => acceptsConnections(running, port) });
  return running;
}

/** The folder of a program that is not installed: that of the cache, or a copy where that is asked. */
function placed({ folder }: Program, copy: string | null): string | null {
  if (folder === null || copy === null) return folder;
  if (!existsSync(copy)) cpSync(folder, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

/** `usr/lib/<architecture>` of what was unpacked. */
function libraryFolder(program: string): string {
  const library = findFile(join(program, UNPACKED), 'libevent-2.1.so.7');
  return library.slice(0, library.lastIndexOf('/'));
}

function configOf({ databaseUrl, sessionsMax, sessionsMin = 0, port }: Launch, users: string): string {
  const { hostname: host, port: given } = new URL(databaseUrl);
  const serverPort = given === '' ? '5432' : given;
  return fillConfig('pgbouncer.ini', { host, serverPort, port, users, poolSize: sessionsMax, poolSizeMin: sessionsMin });
}
