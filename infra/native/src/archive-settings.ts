import { join } from 'node:path';
import { given, type Environment } from './home.ts';

interface ArchiveOptions {
  readonly dataDir: string;
  readonly env?: Environment;
}

/** Where raw days are archived and read again: a folder beside the data, created by the first run, where the environment names none. */
export function archiveSettings({ dataDir, env = process.env }: ArchiveOptions): Readonly<Record<string, string>> {
  return given(env['ARCHIVE_FOLDER']) === undefined ? { ARCHIVE_FOLDER: join(dataDir, 'archive') } : {};
}
