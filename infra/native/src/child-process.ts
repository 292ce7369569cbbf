import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { forgetProcess, OWNER_MARK, recordProcess, sendSignal } from './process-record.ts';

/** Where processes of one data folder leave their logs and records. */
export interface ProcessHome {
  readonly dataDir: string;
  readonly logDir: string;
  readonly runDir: string;
}

export interface LaunchOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly account?: { readonly uid: number; readonly gid: number } | undefined;
  /** The signal that asks for an orderly end. */
  readonly stopSignal?: NodeJS.Signals;
}

export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Where in the file this run begins: its length before, in bytes. */
  readonly logFrom: number;
  readonly isAlive: () => boolean;
  /** Resolves when it ends, however it ends. */
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Asks for an orderly end and waits; after `graceMs` (default 30 s) it is killed. */
  stop(graceMs?: number): Promise<void>;
  kill(signal?: NodeJS.Signals): Promise<void>;
}

/**
 * Starts a process in a session of its own, so that Ctrl-C in the terminal reaches only the supervisor, which then stops
 * everything in order. Output is appended to a log file; pid and start time are on disk before anything else happens.
 */
export function launchProcess(home: ProcessHome, options: LaunchOptions): RunningProcess {
  const logFile = join(home.logDir, `${options.name}.log`);
  const logFrom = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  const stopSignal = options.stopSignal ?? 'SIGTERM';
  const child = spawnLogged(logFile, home.dataDir, options);
  const { pid } = child;
  let isAlive = pid !== undefined;
  if (pid !== undefined) recordProcess(home.runDir, { name: options.name, pid, stopSignal });
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    const end = (code: number | null, signal: NodeJS.Signals | null): void => {
      isAlive = false;
      forgetProcess(home.runDir, options.name);
      resolve({ code, signal });
    };
    child.once('error', () => end(127, null));
    child.once('exit', end);
  });
  const send = (signal: NodeJS.Signals): void => {
    if (isAlive && pid !== undefined) sendSignal(pid, signal);
  };
  return {
    name: options.name,
    pid: pid ?? -1,
    logFile,
    logFrom,
    isAlive: () => isAlive,
    exited,
    async stop(graceMs = 30_000) {
      send(stopSignal);
      const timer = new AbortController();
      const killer = delay(graceMs, undefined, { signal: timer.signal }).then(
        () => send('SIGKILL'),
        () => undefined,
      );
      await exited;
      timer.abort();
      await killer;
    },
    async kill(signal = 'SIGKILL') {
      send(signal);
      await exited;
    },
  };
}

function spawnLogged(logFile: string, dataDir: string, options: LaunchOptions): ChildProcess {
  const log = openSync(logFile, 'a', 0o600);
  try {
    return spawn(options.command, [...options.args], {
      stdio: ['ignore', log, log],
      detached: true,
      env: { ...process.env, ...options.env, [OWNER_MARK]: dataDir },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...options.account,
    });
  } finally {
    closeSync(log);
  }
}
