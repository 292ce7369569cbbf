import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunningProcess } from './child-process.ts';
import { listensOn } from './socket-owner.ts';

export interface Readiness {
  readonly what: string;
  readonly process: RunningProcess;
  readonly withinMs: number;
  readonly isReady: () => Promise<boolean>;
}

/** Polls until the process is ready; fails at once when it ends, and kills it when the time is over. */
export async function waitUntil(readiness: Readiness): Promise<void> {
  const deadlineMs = performance.now() + readiness.withinMs;
  while (performance.now() < deadlineMs) {
    if (!readiness.process.isAlive()) {
      throw new Error(`${readiness.what} ended while starting (log: ${readiness.process.logFile}): ${lastWords(readiness.process)}`);
    }
    if (await readiness.isReady().catch(() => false)) return;
    await delay(25);
  }
  await readiness.process.kill();
  throw new Error(`${readiness.what} was not ready within ${readiness.withinMs / 1000} s (log: ${readiness.process.logFile})`);
}

/** Whether the process, and not another one that was faster, accepts connections on the loopback port. */
export async function acceptsConnections({ pid }: RunningProcess, port: number): Promise<boolean> {
  return listensOn(pid, port) !== false && canConnect(port);
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1000, () => end(false));
    socket.once('error', () => end(false));
    socket.once('connect', () => end(true));
  });
}

/** What a person would look for at the end of a log: the last error, else the last lines. */
export function lastWords(process: RunningProcess): string {
  const lines = linesOf(process).slice(-60);
  return (errorIn(lines) ?? lines.slice(-3).join(' | ')).slice(-500);
}

/** The last error in the log of this run; empty where there is none. */
export function lastError(process: RunningProcess): string {
  return errorIn(linesOf(process))?.slice(-500) ?? '';
}

function errorIn(lines: readonly string[]): string | undefined {
  return lines.findLast((line) => /^\S*Error\b|did not start|FATAL|ERROR/.test(line));
}

function linesOf({ logFile, logFrom }: RunningProcess): readonly string[] {
  try {
    return readFileSync(logFile).subarray(logFrom).toString('utf8').trimEnd().split('\n');
  } catch {
    return [];
  }
}
