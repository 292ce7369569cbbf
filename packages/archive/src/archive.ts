/**
 * Moves raw days to an object store and back (docs/design/archive.md). A run of a day, and what is there when the process dies
 * after each step:
 *
 * 1. Files: the rows of a tenant and a group of persons each, as Parquet, sealed under the tenant's key. → the raw day, and
 *    objects that nothing names; the next run writes the same keys.
 * 2. Manifest: their keys, rows and checksums. → the same.
 * 3. Each file is read back, and has its checksum and its rows. → the same.
 * 4. One transaction notes the round and marks the day archived, where the day has the rows that the files have. → the raw day
 *    and a complete archive; only now may retention drop the day.
 * 5. Rounds that were restored into the day are taken away, files first. → they are found again by the next run.
 */
import { toIsoDate } from '@tidegate/core';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArchivedRow, ArchiveInfo, ArchiveStore } from '@tidegate/postgres';
import { readFileRows, readManifest, writeOne } from './archive-files.ts';
import type { ArchiveFilesDeps, Workshop } from './archive-files.ts';
import { eraseArchived } from './erase-archived.ts';
import type { ArchiveErasure } from './erase-archived.ts';
import { decodeManifest, encodeManifest, sha256 } from './manifest.ts';
import type { ManifestFile } from './manifest.ts';
import { openParquet } from './parquet.ts';

export interface ArchiveDeps extends ArchiveFilesDeps {
  readonly store: ArchiveStore;
  readonly rowsPerFile?: number;
}

/** What became of a day. `changed`: rows went away while it was read; it is archived by the next run. */
export type ArchiveOutcome =
  { readonly kind: 'archived'; readonly rows: number; readonly files: number; readonly bytes: number } | { readonly kind: 'changed' };

export type RestoreOutcome =
  { readonly kind: 'restored'; readonly rows: number } | { readonly kind: 'present' } | { readonly kind: 'absent' };

export interface Archive {
  run(day: number): Promise<ArchiveOutcome>;
  /** Brings a dropped day back and holds it for some days. */
  restore(day: number, keepDays: number): Promise<RestoreOutcome>;
  /** Takes persons who are erased out of what is archived. */
  erase(): Promise<ArchiveErasure>;
}

const ROWS_PER_FILE = 250_000;
export function createArchive(deps: ArchiveDeps): Archive {
  return {
    run: (day) => withWorkshop((workshop) => runDay(deps, workshop, day)),
    restore: (day, keepDays) => withWorkshop((workshop) => restoreDay(deps, workshop, { day, keepDays })),
    erase: () => withWorkshop((workshop) => eraseArchived(deps, workshop)),
  };
}

async function withWorkshop<T>(work: (workshop: Workshop) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'tidegate-archive-'));
  const parquet = await openParquet();
  try {
    return await work({ path: join(folder, 'rows.parquet'), parquet });
  } finally {
    parquet.close();
    await rm(folder, { recursive: true });
  }
}

async function runDay(deps: ArchiveDeps, workshop: Workshop, day: number): Promise<ArchiveOutcome> {
  const { store, objects } = deps;
  const rounds = await store.list(day);
  const round = rounds.reduce((greatest, one) => Math.max(greatest, one.round), 0) + 1;
  const prefix = `raw/${toIsoDate(day)}/${round}`;
  const files = await writeFiles(deps, workshop, { day, prefix });
  const rows = sumOf(files, (file) => file.rows);
  const manifest = encodeManifest({ v: 1, day: toIsoDate(day), round, rows, files: [...files] });
  const manifestKey = `${prefix}/manifest.json`;
  await objects.put(manifestKey, manifest);
  for (const file of files) await readFileRows(deps, workshop, file);
  const bytes = sumOf(files, (file) => file.bytes);
  const note = { day, round, rows, files: files.length, bytes, manifestKey, manifestSha256: sha256(manifest) };
  if (!(await store.noteArchived(note))) return { kind: 'changed' };
  for (const old of rounds) if (old.restoredUntilMs !== null) await removeRound(deps, old);
  return { kind: 'archived', rows, files: files.length, bytes };
}

interface WritingDay {
  readonly day: number;
  readonly prefix: string;
}

async function writeFiles(deps: ArchiveDeps, workshop: Workshop, { day, prefix }: WritingDay): Promise<readonly ManifestFile[]> {
  const { rowsPerFile = ROWS_PER_FILE } = deps;
  const files: ManifestFile[] = [];
  let open: { readonly tenant: string; readonly group: string; readonly rows: ArchivedRow[] } = { tenant: '', group: '', rows: [] };
  async function flush(): Promise<void> {
    if (open.rows.length === 0) return;
    const { tenant, group, rows } = open;
    const part = files.filter((file) => file.tenant === tenant && file.group === group).length;
    const key = `${prefix}/${tenant}/${group}-${part}.parquet.sealed`;
    files.push({ key, tenant, group, rows: rows.length, ...(await writeOne(deps, workshop, { key, tenant, rows })) });
    open = { tenant, group, rows: [] };
  }
  await deps.store.readDay(day, async ({ tenant, group, rows }) => {
    if (tenant !== open.tenant || group !== open.group) {
      await flush();
      open = { tenant, group, rows: [] };
    }
    for (const row of rows) {
      open.rows.push(row);
      if (open.rows.length >= rowsPerFile) await flush();
    }
  });
  await flush();
  return files;
}

interface Restoring {
  readonly day: number;
  readonly keepDays: number;
}

async function restoreDay(deps: ArchiveDeps, workshop: Workshop, { day, keepDays }: Restoring): Promise<RestoreOutcome> {
  const rounds = await deps.store.list(day);
  if (rounds.length === 0) return { kind: 'absent' };
  if (rounds.some(({ state }) => state !== 'dropped')) return { kind: 'present' };
  const manifests = await Promise.all(rounds.map(async (round) => readManifest(deps, round)));
  async function* pages(): AsyncGenerator<readonly ArchivedRow[]> {
    for (const { files } of manifests) for (const file of files) yield await readFileRows(deps, workshop, file);
  }
  const kind = await deps.store.restoreDay(day, keepDays, pages());
  return kind === 'present' ? { kind } : { kind, rows: sumOf(manifests, ({ rows }) => rows) };
}

/** The manifest goes last but its row: a round that is half taken away is found and taken away again. */
async function removeRound(deps: ArchiveDeps, round: ArchiveInfo): Promise<void> {
  const bytes = await deps.objects.get(round.manifestKey);
  const files = bytes === null ? [] : decodeManifest(bytes, round.manifestSha256).files;
  for (const { key } of files) await deps.objects.delete(key);
  await deps.objects.delete(round.manifestKey);
  await deps.store.forgetRound(round);
}

function sumOf<T>(all: readonly T[], of: (one: T) => number): number {
  return all.reduce((sum, one) => sum + of(one), 0);
}
