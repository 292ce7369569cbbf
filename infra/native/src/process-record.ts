import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** What is written down about a process, so that a later start can end it if its supervisor was killed. */
export interface ProcessRecord {
  readonly name: string;
  readonly pid: number;
  /** Start time in clock ticks since boot; with the boot id it tells this process from a later one with the same pid. */
  readonly startTicks: string;
  readonly bootId: string;
  readonly stopSignal: NodeJS.Signals;
}

/** Carried in the environment of every process that is started, with the data folder as value. */
export const OWNER_MARK = 'TIDEGATE_OWNER';

/** Services go first, servers after them, the owner of truth last. */
const STOP_ORDER = [
  'nginx',
  'gateway',
  'ingest',
  'aggregator',
  'query',
  'pgbouncer',
  'haproxy',
  'redis',
  'kafka',
  'postgres',
  'patroni',
  'etcd',
];

export function recordProcess(runDir: string, of: { name: string; pid: number; stopSignal: NodeJS.Signals }): void {
  const startTicks = startTicksOf(of.pid);
  if (startTicks === null) return;
  mkdirSync(runDir, { recursive: true, mode: 0o700 });
  const path = recordPath(runDir, of.name);
  const record: ProcessRecord = { ...of, startTicks, bootId: bootId() };
  writeFileSync(`${path}.new`, JSON.stringify(record), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

export function forgetProcess(runDir: string, name: string): void {
  rmSync(recordPath(runDir, name), { force: true });
}

/**
 * Ends what an earlier run left: the recorded processes in the order of a stop, then any process that carries this data
 * folder in its environment (killed between its birth and its record). Returns the names of what was ended.
 */
export async function endLeftovers(dataDir: string, runDir: string): Promise<readonly string[]> {
  const ended: string[] = [];
  for (const record of readRecords(runDir)) {
    if (isRunning(record)) {
      await endProcess(record.pid, record.stopSignal, () => isRunning(record));
      ended.push(record.name);
    }
    forgetProcess(runDir, record.name);
  }
  for (const pid of markedProcesses(dataDir)) {
    const startTicks = startTicksOf(pid);
    if (startTicks === null) continue;
    await endProcess(pid, 'SIGTERM', () => startTicksOf(pid) === startTicks);
    ended.push(`process ${pid}`);
  }
  return ended;
}

function readRecords(runDir: string): readonly ProcessRecord[] {
  const records: ProcessRecord[] = [];
  for (const file of listFolder(runDir)) {
    if (!file.endsWith('.json')) continue;
    try {
      records.push(toRecord(JSON.parse(readFileSync(join(runDir, file), 'utf8'))));
    } catch {
      rmSync(join(runDir, file), { force: true });
    }
  }
  const rank = (record: ProcessRecord): number => STOP_ORDER.indexOf(record.name.replace(/-\d+$/, ''));
  return records.toSorted((a, b) => rank(a) - rank(b));
}

function toRecord(value: unknown): ProcessRecord {
  if (typeof value !== 'object' || value === null) throw new Error('not a process record');
  const { name, pid, startTicks, bootId: boot, stopSignal } = value as Partial<ProcessRecord>;
  if (typeof name !== 'string' || typeof pid !== 'number' || typeof startTicks !== 'string' || typeof boot !== 'string') {
    throw new Error('not a process record');
  }
  return { name, pid, startTicks, bootId: boot, stopSignal: stopSignal ?? 'SIGTERM' };
}

/** The same process as recorded, not another one that was given its number. */
export function isRunning(record: Pick<ProcessRecord, 'pid' | 'startTicks' | 'bootId'>): boolean {
  return record.bootId === bootId() && startTicksOf(record.pid) === record.startTicks;
}

async function endProcess(pid: number, signal: NodeJS.Signals, isAlive: () => boolean): Promise<void> {
  for (const [send, withinMs] of [
    [signal, 15_000],
    ['SIGKILL', 10_000],
  ] as const) {
    if (!isAlive()) return;
    sendSignal(pid, send);
    const deadlineMs = performance.now() + withinMs;
    while (isAlive() && performance.now() < deadlineMs) await delay(25);
  }
}

/** Sends a signal; a process that is gone already is no error. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** Field 22 of /proc/PID/stat; null when there is no such process or it is a zombie. */
export function startTicksOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name stands in parentheses and may hold blanks: the fields are counted after the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

/** Processes that belong to a data folder, by the mark in their environment. */
export function markedProcesses(dataDir: string): readonly number[] {
  const mark = `${OWNER_MARK}=${dataDir}`;
  return listFolder('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => readEnvironment(name).includes(mark))
    .map(Number);
}

function readEnvironment(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function listFolder(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return 'unknown';
  }
}

function recordPath(runDir: string, name: string): string {
  return join(runDir, `${name}.json`);
}
