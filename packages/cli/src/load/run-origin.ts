import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';

/** What a figure was measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memory_gib: number;
  readonly kernel: string;
  readonly node: string;
}

export function describeMachine(): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model ?? 'unknown',
    cores: all.length,
    memory_gib: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
  };
}

/** The commit of the working directory, with `+changes` where files differ from it; null where there is no repository. */
export function commitName(): string | null {
  const run = (args: readonly string[]): string =>
    execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const dirty = run(['status', '--porcelain', '--untracked-files=no']) === '' ? '' : '+changes';
    return run(['rev-parse', '--short=12', 'HEAD']) + dirty;
  } catch {
    return null;
  }
}
