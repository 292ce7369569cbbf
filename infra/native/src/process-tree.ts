import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The process and all that it has started and that still run. */
export function treeOf(pid: number): readonly number[] {
  return pid <= 0 ? [] : [pid, ...childrenOf(pid).flatMap(treeOf)];
}

function childrenOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(join(`/proc/${pid}/task`, task, 'children'), 'utf8')
        .trim()
        .split(' ')
        .filter(Boolean)
        .map(Number),
    );
  } catch {
    return []; // gone
  }
}

/** Sends each of them the signal; returns those that were there. */
export function signalAll(pids: readonly number[], name: NodeJS.Signals): readonly number[] {
  return pids.filter((pid) => {
    try {
      return process.kill(pid, name);
    } catch {
      return false; // gone
    }
  });
}
