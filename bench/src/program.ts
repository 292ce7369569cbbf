import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';

/** A process that answers, as a bench sees it. */
export interface Serving {
  readonly port: number;
  readonly pid: number;
}

export interface Program extends Serving {
  stop(): Promise<void>;
}

/** A program of this package, in a process of its own; it is up when it has printed its port. */
export async function startProgram(file: string, env: Readonly<Record<string, string>>): Promise<Program> {
  const { REDIS_URL: _, ...inherited } = process.env;
  const child: ChildProcess = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...inherited, ...env } });
  const ended = once(child, 'exit');
  const printed = child.stdout === null ? [] : await Promise.race([once(child.stdout, 'data'), ended]);
  const port = Number(printed[0]);
  if (child.exitCode !== null || !(port > 0)) throw new Error(`${basename(file)} did not start`);
  return {
    port,
    pid: child.pid ?? 0,
    async stop() {
      if (child.kill('SIGTERM')) await ended;
    },
  };
}
