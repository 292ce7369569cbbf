import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '@tidegate/runtime';
import type { ObjectStore } from './object-store.ts';

/** Objects as files of a folder, for the account that writes them alone. */
export function createFolderStore(folder: string): ObjectStore {
  return {
    put: (key, bytes) => writeWhole(join(folder, key), bytes, { folder: 0o700, file: 0o600 }),
    async get(key) {
      try {
        return await readFile(join(folder, key));
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
        throw error;
      }
    },
    delete: (key) => rm(join(folder, key), { force: true }),
  };
}
