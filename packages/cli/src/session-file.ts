/** The session of whoever signed in on this machine: a file that its owner alone may read. */
import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { Environment } from './terminal.ts';
import { CommandFailure } from './terminal.ts';

const STORED = z.object({
  /** The only one that the tokens are shown to. */
  gateway: z.string(),
  access_token: z.string(),
  access_ends_ms: z.number(),
  refresh_token: z.string(),
});

export type StoredSession = z.infer<typeof STORED>;

const OTHERS = 0o077;
const LOCK_EVERY_MS = 25;
const LOCK_WITHIN_MS = 10_000;
/** Older than that, whoever made it is gone: a refresh takes well under a second. */
const LOCK_STALE_MS = 5_000;

/** `TIDEGATE_SESSION_FILE`, else in the user's folder of settings; null where there is none. */
export function sessionPath({
  TIDEGATE_SESSION_FILE: own = '',
  XDG_CONFIG_HOME: settings = '',
  HOME: home = '',
}: Environment): string | null {
  if (own !== '') return own;
  if (settings !== '') return join(settings, 'tidegate', 'session.json');
  return home === '' ? null : join(home, '.config', 'tidegate', 'session.json');
}

/** Null: nobody signed in. @throws CommandFailure where others may read the file, or it is none of ours */
export function readSession(path: string): StoredSession | null {
  let text: string;
  try {
    if ((statSync(path).mode & OTHERS) !== 0) throw new CommandFailure(`Others may read ${path}: sign out, or chmod 600 it.`);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && Reflect.get(error, 'code') === 'ENOENT') return null;
    throw error;
  }
  const read = STORED.safeParse(fromJson(text));
  if (!read.success) throw new CommandFailure(`${path} holds no session: remove it and sign in again.`);
  return read.data;
}

/** Whole or not at all: by a file beside it that takes its place. */
export function writeSession(path: string, session: StoredSession): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, `${JSON.stringify(session, null, 2)}\n`, { mode: 0o600 });
  // A file that was left there keeps its own mode.
  chmodSync(fresh, 0o600);
  renameSync(fresh, path);
}

export function removeSession(path: string): void {
  rmSync(path, { force: true });
}

/**
 * One process at a time: two that use one refresh token look like a thief to the gateway, which ends the session. A lock whose
 * process died is broken after a while.
 */
export async function withSessionLock<T>(path: string, action: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`;
  const untilMs = performance.now() + LOCK_WITHIN_MS;
  while (!tryLock(lock)) {
    if (performance.now() > untilMs) throw new CommandFailure(`Another command holds ${lock}.`);
    await pause(LOCK_EVERY_MS);
  }
  try {
    return await action();
  } finally {
    rmSync(lock, { force: true });
  }
}

function tryLock(lock: string): boolean {
  try {
    closeSync(openSync(lock, 'wx', 0o600));
    return true;
  } catch (error) {
    if (!(error instanceof Error) || Reflect.get(error, 'code') !== 'EEXIST') throw error;
    if (ageMs(lock) > LOCK_STALE_MS) rmSync(lock, { force: true });
    return false;
  }
}

function ageMs(path: string): number {
  return Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
