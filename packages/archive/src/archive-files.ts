/** Files of the archive and its manifests: written sealed, read back whole. */
import { readFile, writeFile } from 'node:fs/promises';
import type { ArchivedRow, ArchiveInfo } from '@tidegate/postgres';
import type { Sealer } from '@tidegate/runtime';
import { ArchiveDamaged, decodeManifest, sha256 } from './manifest.ts';
import type { Manifest, ManifestFile } from './manifest.ts';
import type { ObjectStore } from './object-store.ts';
import type { Parquet } from './parquet.ts';

export interface ArchiveFilesDeps {
  readonly objects: ObjectStore;
  /** Of a tenant; the first one seals, all of them open. */
  readonly sealersOf: (tenant: string) => readonly Sealer[];
}

/** For who reads alone. */
export interface ReadingFilesDeps extends Pick<ArchiveFilesDeps, 'sealersOf'> {
  readonly objects: Pick<ObjectStore, 'get'>;
}

/** Parquet files in the clear are here, for the user of this process alone, and nowhere else. */
export interface Workshop {
  readonly path: string;
  readonly parquet: Parquet;
}

/** An object that was named is not there (any more: a run may have written it anew). */
export class ArchiveLacks extends Error {
  override readonly name = 'ArchiveLacks';

  constructor(key: string) {
    super(`the archive lacks ${key}`);
  }
}

/** Before each file as it is stored. */
const SEALED_VERSION = 1;

interface WritingFile {
  readonly key: string;
  readonly tenant: string;
  readonly rows: readonly ArchivedRow[];
}

export async function writeOne(
  deps: ArchiveFilesDeps,
  { path, parquet }: Workshop,
  { key, tenant, rows }: WritingFile,
): Promise<Pick<ManifestFile, 'bytes' | 'sha256'>> {
  await parquet.write(path, rows);
  const [sealer] = deps.sealersOf(tenant);
  if (sealer === undefined) throw new Error('FIELD_KEYS names no key to seal the archive with');
  const sealed = Buffer.concat([Uint8Array.of(SEALED_VERSION), sealer.seal(await readFile(path))]);
  await deps.objects.put(key, sealed);
  return { bytes: sealed.length, sha256: sha256(sealed).toString('hex') };
}

/** @throws Error where the object is not the one that the manifest names, or holds other rows than it says */
export async function readFileRows(deps: ArchiveFilesDeps, { path, parquet }: Workshop, file: ManifestFile): Promise<ArchivedRow[]> {
  await openFile(deps, path, file);
  const rows = await parquet.read(path);
  if (rows.length !== file.rows) throw new Error(`${file.key} holds ${rows.length} rows, the manifest says ${file.rows}`);
  return rows;
}

/** Writes the Parquet file to the path, in the clear. @throws ArchiveDamaged where the object is not the one that the manifest names */
export async function openFile(deps: ReadingFilesDeps, path: string, file: ManifestFile): Promise<void> {
  const sealed = await deps.objects.get(file.key);
  if (sealed === null) throw new ArchiveLacks(file.key);
  if (sha256(sealed).toString('hex') !== file.sha256) {
    throw new ArchiveDamaged(`${file.key} is damaged: its SHA-256 is not the manifest's`);
  }
  if (sealed[0] !== SEALED_VERSION) throw new ArchiveDamaged(`${file.key} is of a version that this release cannot read`);
  const plain = deps
    .sealersOf(file.tenant)
    .map((sealer) => sealer.open(sealed.subarray(1)))
    .find((opened) => opened !== null);
  if (plain === undefined) throw new ArchiveDamaged(`no key of FIELD_KEYS opens ${file.key}`);
  await writeFile(path, plain, { mode: 0o600 });
}

export async function readManifest(
  { objects }: Pick<ReadingFilesDeps, 'objects'>,
  { manifestKey, manifestSha256 }: Pick<ArchiveInfo, 'manifestKey' | 'manifestSha256'>,
): Promise<Manifest> {
  const bytes = await objects.get(manifestKey);
  if (bytes === null) throw new ArchiveLacks(manifestKey);
  return decodeManifest(bytes, manifestSha256);
}
