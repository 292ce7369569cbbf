/**
 * Takes persons who are erased out of archived rounds. A round, and what is there when the process dies after each step:
 *
 * 1. What an earlier manifest named and this one replaced is deleted. → the same.
 * 2. Each file with events of one of the persons is written anew without them, under another key. → objects that nothing names.
 * 3. A manifest of the new files, and of the keys that they replace. → the same.
 * 4. The round's row names the new manifest. → old files that the new manifest names as replaced; the next run deletes them.
 * 5. Old files and the old manifest are deleted. → done.
 *
 * Only when all rounds are done the erasure is told so: until then the next run looks through all of them again.
 */
import { randomUUID } from 'node:crypto';
import type { ArchivedRow, ArchiveInfo, ArchiveStore, ErasurePlaceWork } from '@tidegate/postgres';
import { readFileRows, readManifest, writeOne } from './archive-files.ts';
import type { ArchiveFilesDeps, Workshop } from './archive-files.ts';
import { encodeManifest, sha256 } from './manifest.ts';
import type { Manifest, ManifestFile } from './manifest.ts';

export interface EraseArchivedDeps extends ArchiveFilesDeps {
  readonly store: Pick<ArchiveStore, 'erasedPersons' | 'list' | 'replaceManifest' | 'endErasure'>;
}

export interface ArchiveErasure {
  readonly persons: number;
  readonly rows: number;
  readonly files: number;
}

export async function eraseArchived(deps: EraseArchivedDeps, workshop: Workshop): Promise<ArchiveErasure> {
  const persons = await deps.store.erasedPersons();
  const removed = new Map<string, number>();
  let files = 0;
  for (const round of persons.length === 0 ? [] : await deps.store.list())
    files += await eraseRound(deps, workshop, { round, persons, removed });
  for (const { requestId } of persons) await deps.store.endErasure(requestId, removed.get(requestId) ?? 0);
  return { persons: persons.length, rows: [...removed.values()].reduce((sum, one) => sum + one, 0), files };
}

interface Round {
  readonly round: ArchiveInfo;
  readonly persons: readonly ErasurePlaceWork[];
  /** By request. */
  readonly removed: Map<string, number>;
}

/** Returns how many files were written anew. */
async function eraseRound(deps: EraseArchivedDeps, workshop: Workshop, { round, persons, removed }: Round): Promise<number> {
  const manifest = await readManifest(deps, round);
  for (const key of manifest.replaced ?? []) await deps.objects.delete(key);
  const changed = new Map<ManifestFile, ManifestFile>();
  for (const file of manifest.files) {
    const own = persons.filter(({ tenant, subject }) => tenant === file.tenant && subject.startsWith(file.group));
    const left = own.length === 0 ? null : await without(deps, workshop, { file, persons: own, removed });
    if (left !== null) changed.set(file, await rewrite(deps, workshop, { file, left }));
  }
  if (changed.size === 0) return 0;
  const gone = [...changed.keys()].map(({ key }) => key);
  const next = { ...manifest, files: manifest.files.map((file) => changed.get(file) ?? file), replaced: [...gone, round.manifestKey] };
  await replace(deps, round, { ...next, rows: next.files.reduce((sum, { rows }) => sum + rows, 0) });
  for (const key of next.replaced) await deps.objects.delete(key);
  return changed.size;
}

interface Rewriting {
  readonly file: ManifestFile;
  readonly persons: readonly ErasurePlaceWork[];
  readonly removed: Map<string, number>;
}

/** Null: none of them is in it. */
async function without(deps: EraseArchivedDeps, workshop: Workshop, { file, persons, removed }: Rewriting): Promise<ArchivedRow[] | null> {
  const rows = await readFileRows(deps, workshop, file);
  for (const { requestId, subject } of persons) {
    const own = rows.filter((row) => row.subject === subject).length;
    removed.set(requestId, (removed.get(requestId) ?? 0) + own);
  }
  const left = rows.filter((row) => persons.every(({ subject }) => row.subject !== subject));
  return left.length === rows.length ? null : left;
}

async function rewrite(
  deps: EraseArchivedDeps,
  workshop: Workshop,
  { file, left }: { readonly file: ManifestFile; readonly left: readonly ArchivedRow[] },
): Promise<ManifestFile> {
  const key = `${file.key.replace(/(\.[0-9a-f-]{36})?\.parquet\.sealed$/, '')}.${randomUUID()}.parquet.sealed`;
  const written = { ...file, key, rows: left.length, ...(await writeOne(deps, workshop, { key, tenant: file.tenant, rows: left })) };
  await readFileRows(deps, workshop, written);
  return written;
}

async function replace({ store, objects }: EraseArchivedDeps, round: ArchiveInfo, manifest: Manifest): Promise<void> {
  const bytes = encodeManifest(manifest);
  const manifestKey = `${round.manifestKey.replace(/manifest[^/]*$/, '')}manifest-${randomUUID()}.json`;
  await objects.put(manifestKey, bytes);
  const size = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  const isReplaced = await store.replaceManifest(round, { manifestKey, manifestSha256: sha256(bytes), rows: manifest.rows, bytes: size });
  if (!isReplaced) throw new Error('another command changed the archive meanwhile: run it again');
}
