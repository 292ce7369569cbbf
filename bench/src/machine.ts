import { readFileSync, readdirSync } from 'node:fs';

/** USER_HZ of Linux; the unit of /proc times. */
const TICKS_PER_SECOND = 100;

/** Seconds of processor time that all cores have been busy since boot (user, nice, system, irq, softirq, steal). */
export function machineBusySeconds(): number {
  const line = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0] ?? '';
  const [, user = '0', nice = '0', system = '0', , , irq = '0', softirq = '0', steal = '0'] = line.split(/\s+/);
  return [user, nice, system, irq, softirq, steal].reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_PER_SECOND;
}

/** Seconds of processor time of this process alone. */
export function ownSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

interface ProcessTimes {
  readonly pid: number;
  readonly parent: number;
  readonly seconds: number;
}

/**
 * Seconds of processor time of a process and all that descend from it. Children that have ended and were waited for are in
 * their parent's figure, so a difference of two readings misses nothing that such a child did.
 */
export function treeSeconds(root: number): number {
  const all = readAll();
  const members = new Set([root]);
  for (let grew = true; grew;) {
    grew = false;
    for (const one of all) {
      if (members.has(one.parent) && !members.has(one.pid)) grew = members.add(one.pid) !== undefined;
    }
  }
  return all.reduce((sum, one) => (members.has(one.pid) ? sum + one.seconds : sum), 0);
}

function readAll(): readonly ProcessTimes[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readOne(Number(name)));
}

function readOne(pid: number): readonly ProcessTimes[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command may hold spaces and parentheses; everything after the last ')' is plain fields, from the state on.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index] ?? 0), 0);
    return [{ pid, parent: Number(fields[1] ?? 0), seconds: ticks / TICKS_PER_SECOND }];
  } catch {
    return []; // ended between the listing and the reading
  }
}

/** One window of measurement over a process tree. */
export interface CpuWindow {
  /** Ends the window: seconds that the tree used, and cores that processes outside it used on average. */
  end(): { readonly treeSeconds: number; readonly outsideCores: number; readonly elapsedSeconds: number };
}

export function startCpuWindow(root: number, nowMs: () => number): CpuWindow {
  const startedMs = nowMs();
  const busy = machineBusySeconds();
  const tree = treeSeconds(root);
  return {
    end() {
      const elapsedSeconds = (nowMs() - startedMs) / 1_000;
      const used = treeSeconds(root) - tree;
      const outside = machineBusySeconds() - busy - used;
      return { treeSeconds: used, outsideCores: Math.max(0, outside / elapsedSeconds), elapsedSeconds };
    },
  };
}
