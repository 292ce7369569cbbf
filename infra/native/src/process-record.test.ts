import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endLeftovers, OWNER_MARK, recordProcess, startTicksOf } from './process-record.ts';

const folders: string[] = [];
const children: ChildProcess[] = [];
let dataDir = '';
let runDir = '';

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'tidegate-run-'));
  runDir = join(dataDir, 'run');
  folders.push(dataDir);
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A process that does nothing, with the mark of a data folder or without one. */
function idle(mark: Record<string, string> = {}): number {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore', env: { ...process.env, ...mark } });
  children.push(child);
  if (child.pid === undefined) throw new Error('no process');
  return child.pid;
}

describe('what an earlier run left', () => {
  it('is ended by its record, services before servers, and its records are gone', async () => {
    const [postgres, gateway] = [idle(), idle()];
    recordProcess(runDir, { name: 'postgres', pid: postgres, stopSignal: 'SIGINT' });
    recordProcess(runDir, { name: 'gateway', pid: gateway, stopSignal: 'SIGTERM' });
    expect(await endLeftovers(dataDir, runDir)).toEqual(['gateway', 'postgres']);
    expect([startTicksOf(postgres), startTicksOf(gateway)]).toEqual([null, null]);
    expect(readdirSync(runDir)).toEqual([]);
  });

  it('is ended by the mark in its environment where it was killed before its record', async () => {
    const [marked, foreign] = [idle({ [OWNER_MARK]: dataDir }), idle({ [OWNER_MARK]: `${dataDir}-other` })];
    // The environment of a process can be read once it has replaced its parent's image.
    await expect.poll(() => readFileSync(`/proc/${marked}/environ`, 'utf8')).toContain(dataDir);
    expect(await endLeftovers(dataDir, runDir)).toEqual([`process ${marked}`]);
    expect(startTicksOf(marked)).toBeNull();
    expect(startTicksOf(foreign)).not.toBeNull();
  });

  it('is not another process that was given the recorded number later', async () => {
    const innocent = idle();
    recordProcess(runDir, { name: 'redis', pid: innocent, stopSignal: 'SIGTERM' });
    const file = join(runDir, 'redis.json');
    const record = JSON.parse(readFileSync(file, 'utf8')) as { startTicks: string };
    writeFileSync(file, JSON.stringify({ ...record, startTicks: String(Number(record.startTicks) - 1) }));
    expect(await endLeftovers(dataDir, runDir)).toEqual([]);
    expect(startTicksOf(innocent)).not.toBeNull();
  });

  it('does not keep a start from going on where a record is damaged', async () => {
    recordProcess(runDir, { name: 'kafka', pid: process.pid, stopSignal: 'SIGTERM' });
    writeFileSync(join(runDir, 'kafka.json'), '{"name":');
    expect(await endLeftovers(dataDir, runDir)).toEqual([]);
    expect(readdirSync(runDir)).toEqual([]);
  });
});
