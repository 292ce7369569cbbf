import { toIsoDate } from '@tidegate/core';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Archive, ObjectStore } from '@tidegate/archive';
import type { ArchiveInfo, ArchiveStore } from '@tidegate/postgres';
import { s3Objects } from '../s3-objects.ts';
import { numberText, tableView } from '../table-view.ts';
import { CommandFailure, directDatabaseUrl, printJson, requireSetting, setting, type Terminal } from '../terminal.ts';

const DAY_MS = 86_400_000;
const DEFAULT_FOLDER = 'tidegate-archive';
/** No raw day is dropped sooner (the dedup window and a day), so none has to be archived sooner. */
const AFTER_DAYS = 8;
const KEEP_DAYS = 7;

const HOUR_MS = 3_600_000;
/** A timer of the platform can wait for 596. */
const HOURS_MAX = 500;

interface RunFlags {
  readonly day?: string;
  readonly afterDays: number;
}

interface Opened {
  readonly store: ArchiveStore;
  readonly archive: Archive;
  readonly place: string;
}

/** Raw days in an object store: ARCHIVE_S3_* or a folder. It needs DATABASE_URL of an owner of the schema, and FIELD_KEYS. */
export function addArchive(program: Command, terminal: Terminal): void {
  const archive = program.command('archive').description('Raw days as sealed Parquet files, in an object store or a folder.');
  archive
    .command('run')
    .description('Archive closed days that are in no archive, oldest first; from then on retention may drop them.')
    .option('--day <date>', 'this one alone, also where it was restored for a while')
    .option('--after-days <n>', `days that ended so long ago; default ${AFTER_DAYS}`, Number, AFTER_DAYS)
    .option('--every <hours>', 'stay, and do it again so often, until it is stopped', Number)
    .action(async ({ every, ...flags }: RunFlags & { readonly every?: number }) => {
      const run = (): Promise<void> => withArchive(terminal, (opened) => runDays(terminal, opened, flags));
      await (every === undefined ? run() : runEvery(terminal, every, run));
    });
  archive
    .command('restore <date>')
    .description('Bring the rows of a dropped day back.')
    .option('--keep-days <n>', `keep them so long; default ${KEEP_DAYS}`, Number, KEEP_DAYS)
    .action(async (date: string, { keepDays }: { readonly keepDays: number }) => {
      await withArchive(terminal, async ({ archive: opened }) => {
        const outcome = await opened.restore(dayOf(date), keepDays);
        if (outcome.kind === 'absent') throw new CommandFailure(`${date} is not archived.`);
        if (outcome.kind === 'present') throw new CommandFailure(`The rows of ${date} are there.`);
        terminal.stdout.write(`${date} restored: ${numberText(outcome.rows)} rows, kept for ${keepDays} days\n`);
      });
    });
  archive
    .command('list')
    .description('What is archived.')
    .option('--json', 'as JSON')
    .action(async ({ json }: { readonly json?: boolean }) => {
      const { createArchiveStore } = await import('@tidegate/postgres');
      const store = createArchiveStore({ databaseUrl: directDatabaseUrl(terminal) });
      try {
        const rows = (await store.list()).map(view);
        if (json === true) printJson(terminal, rows);
        else terminal.stdout.write(`${rows.length === 0 ? 'Nothing is archived.' : listText(rows)}\n`);
      } finally {
        await store.close();
      }
    });
}

/** A timer where nothing else is one. A run that fails is told and waits for its next time: what is not archived stays in Postgres. */
async function runEvery({ stderr, signal }: Terminal, hours: number, run: () => Promise<void>): Promise<void> {
  if (!(hours > 0 && hours <= HOURS_MAX)) throw new CommandFailure(`--every is a number of hours above 0, at most ${HOURS_MAX}.`);
  while (signal?.aborted !== true) {
    try {
      await run();
    } catch (error) {
      // What was asked wrongly is as wrong the next time.
      if (error instanceof CommandFailure) throw error;
      stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    }
    await rest(hours * HOUR_MS, signal);
  }
}

/** Resolves when the time is over, or at once where it is stopped. */
function rest(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end, { once: true });
    if (signal?.aborted === true) end();
  });
}

async function runDays(terminal: Terminal, { store, archive, place }: Opened, flags: RunFlags): Promise<void> {
  const asked = flags.day === undefined ? null : dayOf(flags.day);
  // Its last instant lies so many days back.
  const upTo = asked ?? Math.floor(Date.now() / DAY_MS - flags.afterDays) - 1;
  const days = (await store.daysToArchive(upTo, asked !== null)).filter((day) => asked === null || day === asked);
  if (days.length === 0) terminal.stdout.write('Nothing to archive: no such day is closed and in no archive.\n');
  else terminal.stdout.write(`to ${place}\n`);
  for (const day of days) {
    if (terminal.signal?.aborted === true) return;
    const outcome = await archive.run(day);
    terminal.stdout.write(
      `${toIsoDate(day)} ${outcome.kind === 'changed' ? 'left for the next run: rows went away meanwhile' : ranText(outcome)}\n`,
    );
  }
  const { persons, rows, files } = await archive.erase();
  if (persons > 0) terminal.stdout.write(`erased: ${persons} persons, ${numberText(rows)} of their events from ${files} files\n`);
  // A run of one day is no turn of the timer.
  if (asked === null) await store.noteRun();
}

function ranText({ rows, files, bytes }: { readonly rows: number; readonly files: number; readonly bytes: number }): string {
  return `archived: ${numberText(rows)} rows in ${numberText(files)} files of ${numberText(bytes / 1e6)} MB`;
}

async function withArchive(terminal: Terminal, work: (opened: Opened) => Promise<void>): Promise<void> {
  const { createArchive } = await import('@tidegate/archive');
  const { createArchiveStore } = await import('@tidegate/postgres');
  const { archiveSealers, text } = await import('@tidegate/runtime');
  const keys = text.keys().parse(requireSetting(terminal, 'FIELD_KEYS'));
  const { objects, place } = await openObjects(terminal);
  const store = createArchiveStore({ databaseUrl: directDatabaseUrl(terminal) });
  try {
    await work({ store, archive: createArchive({ store, objects, sealersOf: archiveSealers(keys) }), place });
  } finally {
    await store.close();
  }
}

async function openObjects(terminal: Terminal): Promise<{ readonly objects: ObjectStore; readonly place: string }> {
  const s3 = await s3Objects(terminal, 'ARCHIVE');
  if (s3 !== null) return s3;
  const { createFolderStore } = await import('@tidegate/archive');
  const folder = resolve(setting(terminal, 'ARCHIVE_FOLDER') ?? DEFAULT_FOLDER);
  return { objects: createFolderStore(folder), place: folder };
}

function dayOf(date: string): number {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(date) ? Date.parse(date) / DAY_MS : Number.NaN;
  if (Number.isNaN(day)) throw new CommandFailure('A day is a date such as 2026-11-29.');
  return day;
}

interface ListedRound {
  readonly day: string;
  readonly round: number;
  readonly rows: number;
  readonly files: number;
  readonly bytes: number;
  readonly raw_day: string;
  readonly archived_at: string;
  readonly restored_until: string | null;
}

function view({ day, round, rows, files, bytes, state, archivedAtMs, restoredUntilMs }: ArchiveInfo): ListedRound {
  const restored = restoredUntilMs === null ? null : new Date(restoredUntilMs).toISOString();
  return {
    ...{ day: toIsoDate(day), round, rows, files, bytes, raw_day: state },
    ...{ archived_at: new Date(archivedAtMs).toISOString(), restored_until: restored },
  };
}

function listText(rows: readonly ListedRound[]): string {
  const columns = ['day', 'round', 'rows', 'files', 'bytes', 'raw_day', 'archived_at', 'restored_until'] as const;
  return tableView({
    columns: columns.map((name) => ({ name, type: 'string' })),
    rows: rows.map((row) => columns.map((name) => row[name])),
  });
}
