import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The folder of the checkout. */
export const repositoryRoot: string = resolve(import.meta.dirname, '../../..');

/** Where a local installation keeps everything that it makes. */
export interface Home {
  /** Data of the servers, secrets, logs and process records; private to the user. */
  readonly dataDir: string;
  /** Downloaded servers; shared by all data folders of a checkout, safe to delete. */
  readonly cacheDir: string;
}

/**
 * `TIDEGATE_HOME` moves the data folder (default `.tidegate` in the checkout); the cache lies in it unless
 * `TIDEGATE_CACHE` names another place.
 */
export function homeOf(env: Environment): Home {
  const dataDir = resolve(repositoryRoot, given(env['TIDEGATE_HOME']) ?? '.tidegate');
  return { dataDir, cacheDir: resolve(given(env['TIDEGATE_CACHE']) ?? join(dataDir, 'cache')) };
}

/** An environment variable that is set to the empty string counts as absent. */
export function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

/** Creates a folder that only its owner may enter. */
export function makePrivateFolder(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
}
