import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SetupFailure } from './tool.ts';

/** Held by the one process that runs a data folder. */
export interface Lock {
  /** Tells later starts that this one is on its way out, so that they wait instead of giving up. */
  markStopping(): void;
  release(): Promise<void>;
}

type Answer = 'running' | 'stopping' | null;

const STOPPING_WITHIN_MS = 60_000;
/** A launcher that lost its parent notices within this time and begins to stop. */
const NOTICE_MS = 1_500;

/**
 * Takes the lock of a data folder: a socket, which the kernel gives free with its process however that ends, so there is no
 * stale lock. On Linux its name lies in no folder; elsewhere a socket file is used, and a dead one is replaced.
 */
export async function takeLock(dataDir: string, onWait: () => void): Promise<Lock> {
  const path = lockPath(dataDir);
  const noticedMs = performance.now() + NOTICE_MS;
  const goneMs = performance.now() + STOPPING_WITHIN_MS;
  for (;;) {
    const lock = await listen(path);
    if (lock !== null) return lock;
    const answer = await ask(path);
    if (answer === null && !path.startsWith('\0')) rmSync(path, { force: true });
    const limitMs = answer === 'stopping' ? goneMs : noticedMs;
    if (performance.now() > limitMs)
      throw new SetupFailure(`Tidegate runs already with the data folder ${dataDir}: stop it, or set TIDEGATE_HOME to another folder.`);
    if (answer === 'stopping') onWait();
    await delay(100);
  }
}

function lockPath(dataDir: string): string {
  const name = `tidegate-${createHash('sha256').update(dataDir).digest('hex').slice(0, 32)}`;
  return process.platform === 'linux' ? `\0${name}` : join(dataDir, 'lock.sock');
}

function listen(path: string): Promise<Lock | null> {
  return new Promise((resolve, reject) => {
    let state = 'running';
    const server: Server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end(state);
    });
    server.once('error', (error) => ('code' in error && error.code === 'EADDRINUSE' ? resolve(null) : reject(error)));
    server.listen(path, () => {
      // The lock alone keeps no process alive.
      server.unref();
      resolve({ markStopping: () => void (state = 'stopping'), release: () => new Promise((done) => server.close(() => done())) });
    });
  });
}

function ask(path: string): Promise<Answer> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(path);
    socket.setTimeout(1000, () => socket.destroy());
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    socket.once('error', () => resolve(null));
    socket.once('close', () => resolve(text === 'running' || text === 'stopping' ? text : null));
  });
}
