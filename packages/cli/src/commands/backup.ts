import { appendFile, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BackupFile, KeptBackup } from '@tidegate/archive';
import type { Command } from 'commander';
import { s3Objects } from '../s3-objects.ts';
import { numberText, tableView } from '../table-view.ts';
import { CommandFailure, type Terminal } from '../terminal.ts';

/** As backup.sh names and ends them: without the sums a folder is no backup. */
const NAME = /^\d{8}T\d{6}Z$/;
const FILES = ['roles.sql.enc', 'database.dump.enc', 'SHA256SUMS'];
const KEEP = 14;

/** Dumps that backup.sh wrote, to and from an object store: BACKUP_S3_*. They are encrypted before they come here. */
export function addBackup(program: Command, terminal: Terminal): void {
  const backup = program.command('backup').description('Encrypted dumps of Postgres, in an object store.');
  backup
    .command('push <folder>')
    .description('Put the newest dump of the folder into the store, and take the oldest there away.')
    .option('--keep <n>', `dumps that stay in the store; default ${KEEP}`, Number, KEEP)
    .action(async (folder: string, { keep }: { readonly keep: number }) => {
      if (!Number.isInteger(keep) || keep < 1) throw new CommandFailure('--keep is a whole number above 0.');
      const { store, place } = await openStore(terminal);
      const name = await newestOf(folder);
      const gone = await store.push(name, { files: await Promise.all(FILES.map((file) => fileOf(folder, name, file))), keep });
      terminal.stdout.write(`${name} is in ${place}\n`);
      for (const one of gone) terminal.stdout.write(`${one.name} was taken away\n`);
    });
  backup
    .command('pull <folder>')
    .description('Bring a dump from the store into a folder, for restore.sh.')
    .option('--name <name>', 'another than the newest')
    .action(async (folder: string, { name }: { readonly name?: string }) => {
      const { store, place } = await openStore(terminal);
      const found = (await store.list()).findLast((one) => name === undefined || one.name === name);
      if (found === undefined) throw new CommandFailure(`${place} has no ${name === undefined ? 'backup' : `backup ${name}`}.`);
      // Under its name only once it is whole.
      const stage = join(folder, 'unfinished');
      await rm(stage, { recursive: true, force: true });
      await mkdir(stage, { recursive: true, mode: 0o700 });
      await store.pull(found, (file, piece) => appendFile(join(stage, file), piece, { mode: 0o600 }));
      await rename(stage, join(folder, found.name));
      terminal.stdout.write(`${join(folder, found.name)}\n`);
    });
  backup
    .command('list')
    .description('What is in the store.')
    .action(async () => {
      const all = await (await openStore(terminal)).store.list();
      const columns = ['backup', 'bytes'].map((name) => ({ name, type: 'string' }));
      const text =
        all.length === 0 ? 'There is no backup.' : tableView({ columns, rows: all.map((one) => [one.name, numberText(bytesOf(one))]) });
      terminal.stdout.write(`${text}\n`);
    });
}

async function openStore(terminal: Terminal) {
  const { createBackupStore } = await import('@tidegate/archive');
  const s3 = await s3Objects(terminal, 'BACKUP');
  if (s3 === null) throw new CommandFailure('BACKUP_S3_ENDPOINT is not set.');
  return { store: createBackupStore(s3.objects), place: s3.place };
}

async function newestOf(folder: string): Promise<string> {
  for (const name of (await readdir(folder))
    .filter((one) => NAME.test(one))
    .toSorted()
    .toReversed()) {
    if ((await readdir(join(folder, name))).includes('SHA256SUMS')) return name;
  }
  throw new CommandFailure(`${folder} holds no whole backup.`);
}

async function fileOf(folder: string, backup: string, name: string): Promise<BackupFile> {
  const path = join(folder, backup, name);
  return {
    name,
    bytes: (await stat(path)).size,
    async read(from, to) {
      const file = await open(path);
      try {
        const { buffer, bytesRead } = await file.read(Buffer.alloc(to - from), 0, to - from, from);
        if (bytesRead < to - from) throw new Error(`${path} became shorter while it was read`);
        return buffer;
      } finally {
        await file.close();
      }
    },
  };
}

function bytesOf({ files }: KeptBackup): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}
