import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Of what is made on the way; as the process makes them where absent. */
export interface WriteModes {
  readonly folder?: number;
  readonly file?: number;
}

/** Writes a file that is there whole or not at all: beside its place, flushed to the disk, then renamed. Missing folders are made. */
export async function writeWhole(path: string, bytes: Uint8Array, modes: WriteModes = {}): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: modes.folder });
  const file = await open(`${path}.part`, 'w', modes.file);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.part`, path);
  await syncFolder(folder);
}

/** A rename is on the disk once its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
