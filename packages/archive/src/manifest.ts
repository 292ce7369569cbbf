/** What a round of a day's archive consists of. Written last: with it the round is complete. */
import { createHash } from 'node:crypto';
import { z } from 'zod';

const FILE_SCHEMA = z.object({
  key: z.string(),
  tenant: z.string(),
  /** First digit of the pseudonyms of the persons whose events are in it; `-`: events of nobody. */
  group: z.string(),
  rows: z.int().min(0),
  /** Of the file as it is stored, sealed. */
  bytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
const MANIFEST_SCHEMA = z.object({
  v: z.literal(1),
  day: z.iso.date(),
  round: z.int().min(1),
  rows: z.int().min(0),
  files: z.array(FILE_SCHEMA),
  /** Keys that this manifest took the place of: they are deleted, or are to be. */
  replaced: z.array(z.string()).optional(),
});

/** What was read is not what was written, or nothing here opens it. */
export class ArchiveDamaged extends Error {
  override readonly name = 'ArchiveDamaged';
}

export type ManifestFile = z.output<typeof FILE_SCHEMA>;
export type Manifest = z.output<typeof MANIFEST_SCHEMA>;

export function encodeManifest(manifest: Manifest): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(manifest, null, 1)}\n`);
}

/** @throws ArchiveDamaged where the bytes are not those that were written */
export function decodeManifest(bytes: Uint8Array, expected: Uint8Array): Manifest {
  if (Buffer.compare(sha256(bytes), expected) !== 0) {
    throw new ArchiveDamaged('the manifest is not the one that was written: its SHA-256 differs');
  }
  return MANIFEST_SCHEMA.parse(JSON.parse(new TextDecoder().decode(bytes)) as unknown);
}

export function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
