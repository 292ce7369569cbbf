import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { OWNER_MARK, sendSignal } from './process-record.ts';

/** A set-up problem that the user can mend; the message is one sentence that says what to install or to do. */
export class SetupFailure extends Error {
  override readonly name = 'SetupFailure';
}

export interface ToolRun {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The data folder that the run belongs to: a later start ends it if this one is killed. */
  readonly owner?: string;
  readonly account?: { readonly uid: number; readonly gid: number } | undefined;
  /** Called with the lines of both streams. */
  readonly onLine?: (line: string) => void;
  /** Ends the program together with what it started. */
  readonly signal?: AbortSignal | undefined;
}

/** Runs a program to its end and returns what it printed; rejects with the last lines of its output. */
export function runTool(run: ToolRun): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(run.command, [...run.args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      ...(run.cwd === undefined ? {} : { cwd: run.cwd }),
      ...run.account,
      env: { ...process.env, ...run.env, ...(run.owner === undefined ? {} : { [OWNER_MARK]: run.owner }) },
    });
    const end = (): void => {
      if (child.pid !== undefined) sendSignal(-child.pid, 'SIGTERM');
    };
    run.signal?.addEventListener('abort', end, { once: true });
    if (run.signal?.aborted === true) end();
    let output = '';
    let errors = '';
    const tell = (text: string): void => {
      for (const line of text.split('\n')) if (line.trim() !== '') run.onLine?.(line.trim());
    };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      tell(text);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
      tell(text);
    });
    child.once('error', reject);
    child.once('close', (code) => {
      run.signal?.removeEventListener('abort', end);
      if (code === 0) resolve(output);
      else reject(new Error(`${run.command} ended with ${code}: ${lastLines(errors === '' ? output : errors)}`));
    });
  });
}

/** The first file of that name on PATH that may be run. */
export function findOnPath(name: string, path: string | undefined): string | null {
  for (const folder of (path ?? '').split(delimiter)) {
    if (folder === '') continue;
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      // Not there, or not ours to run: the next folder may have it.
    }
  }
  return null;
}

/** The major version that a program prints, by the first group of `pattern`; null when it does not run. */
export function majorVersion(command: string, args: readonly string[], pattern: RegExp): number | null {
  const { stdout, stderr, status } = spawnSync(command, [...args], { encoding: 'utf8', timeout: 15_000 });
  if (status !== 0) return null;
  const found = pattern.exec(`${stdout}\n${stderr}`)?.[1];
  return found === undefined ? null : Number(found);
}

/** Bytes of all files under a folder; 0 when it is not there. */
export function folderBytes(path: string): number {
  let bytes = 0;
  try {
    for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name)).size;
    }
  } catch {
    // The downloader moves its files while we look; the next look sees them.
  }
  return bytes;
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-4).join(' | ').slice(-600);
}
