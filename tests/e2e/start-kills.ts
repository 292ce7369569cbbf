import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import { markedProcesses } from '@tidegate/native';
import { createSeededRandom } from '@tidegate/testkit';
import { spawnStart, type StartProcess } from './start-process.ts';

export interface StartKillsOptions {
  readonly home: string;
  readonly moments: number;
  readonly seed: number;
  /** Kills fall between 0 and this long after the start: about the time that a start takes. */
  readonly windowMs: number;
}

export interface StartKills {
  /** How long after its start each supervisor was killed, in ms. */
  readonly killedAtMs: readonly number[];
  /** Processes that the kills left behind, all of them. */
  readonly leftBehind: readonly number[];
  /** The start after the last kill: up, with its line. */
  readonly last: StartProcess;
}

/**
 * Kills the supervisor with SIGKILL at seeded moments of its start, one start after the other, then starts once more and
 * waits until the system is ready. Shared by the end-to-end test and the drill.
 */
export async function killStarts(options: StartKillsOptions): Promise<StartKills> {
  const random = createSeededRandom(options.seed);
  const killedAtMs: number[] = [];
  const leftBehind = new Set<number>();
  for (let moment = 0; moment < options.moments; moment++) {
    const atMs = Math.round(random() * options.windowMs);
    const start = spawnStart(options.home, []);
    await Promise.race([delay(atMs), start.exited]);
    const supervisor = supervisorOf(start);
    // The supervisor first: its launcher would ask it to stop in order, and that is not this test.
    if (supervisor !== null) process.kill(supervisor, 'SIGKILL');
    start.child.kill('SIGKILL');
    await start.exited;
    killedAtMs.push(atMs);
    for (const pid of markedProcesses(options.home)) leftBehind.add(pid);
  }
  const last = spawnStart(options.home, []);
  await last.line;
  return { killedAtMs, leftBehind: [...leftBehind], last };
}

/** The process that the launcher runs, once there is one. */
function supervisorOf(start: StartProcess): number | null {
  const children = start.child.pid === undefined ? [] : childrenOf(start.child.pid);
  return children.find((pid) => readText(`/proc/${pid}/cmdline`).includes('infra/native/src/start.ts')) ?? null;
}

function childrenOf(pid: number): readonly number[] {
  const tasks = `/proc/${pid}/task`;
  try {
    return readdirSync(tasks).flatMap((task) =>
      readText(join(tasks, task, 'children'))
        .trim()
        .split(' ')
        .filter(Boolean)
        .map(Number),
    );
  } catch {
    return [];
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
