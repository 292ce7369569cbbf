/** Dumps of Postgres in an object store (docs/operations/backup.md): their files cut into pieces, and a list of those that are whole. */
import { z } from 'zod';
import type { ObjectStore } from './object-store.ts';

const LIST = 'backups/list.json';
const PIECE_BYTES = 64 * 1_024 * 1_024;

const kept = z.strictObject({
  name: z.string(),
  files: z.array(z.strictObject({ name: z.string(), bytes: z.int().min(0), pieces: z.int().min(0) })),
});
/** `whole`: backups, oldest first. `going`: what is being written or deleted, whose objects are no backup. */
const list = z.strictObject({ v: z.literal(1), whole: z.array(kept), going: z.array(kept) });

export type KeptBackup = z.output<typeof kept>;

/** A file of a backup, on the disk of whoever pushes it. */
export interface BackupFile {
  readonly name: string;
  readonly bytes: number;
  read(from: number, to: number): Promise<Uint8Array>;
}

export interface BackupStore {
  list(): Promise<readonly KeptBackup[]>;
  /**
   * From when it resolves the backup is one; before, whatever breaks off, it is none and the next push takes its pieces away.
   * The newest `keep` stay. Returns those that went; a backup that is there already is left as it is.
   */
  push(name: string, of: { readonly files: readonly BackupFile[]; readonly keep: number }): Promise<readonly KeptBackup[]>;
  /** Its pieces, file by file, in order. @throws Error where one is missing or shorter than it was */
  pull(backup: KeptBackup, write: (file: string, piece: Uint8Array) => Promise<void>): Promise<void>;
}

/** One push at a time: the job that pushes never overlaps. `pieceBytes`: for tests. */
export function createBackupStore(objects: ObjectStore, pieceBytes = PIECE_BYTES): BackupStore {
  async function readList(): Promise<z.output<typeof list>> {
    const bytes = await objects.get(LIST);
    if (bytes === null) return { v: 1, whole: [], going: [] };
    const read = list.safeParse(JSON.parse(Buffer.from(bytes).toString()));
    // Written over, it would lose what it lists.
    if (!read.success) throw new Error(`${LIST} of the object store cannot be read`);
    return read.data;
  }
  const writeList = (whole: readonly KeptBackup[], going: readonly KeptBackup[]): Promise<void> =>
    objects.put(LIST, Buffer.from(JSON.stringify({ v: 1, whole, going })));

  async function clear(going: readonly KeptBackup[]): Promise<void> {
    for (const backup of going) for (const key of keysOf(backup)) await objects.delete(key);
  }

  async function pushFile(key: (at: number) => string, { bytes, read }: BackupFile): Promise<void> {
    for (let at = 0; at * pieceBytes < bytes; at++) {
      await objects.put(key(at), await read(at * pieceBytes, Math.min(bytes, (at + 1) * pieceBytes)));
    }
  }

  return {
    list: async () => (await readList()).whole,
    async push(name, { files, keep }) {
      const { whole, going } = await readList();
      if (whole.some((one) => one.name === name)) return [];
      const making = {
        name,
        files: files.map((file) => ({ name: file.name, bytes: file.bytes, pieces: Math.ceil(file.bytes / pieceBytes) })),
      };
      await clear(going);
      // Listed before the first of its pieces is there, so that none is ever left behind.
      await writeList(whole, [making]);
      for (const file of files) await pushFile((at) => keyOf(name, file.name, at), file);
      const all = [...whole, making].toSorted((a, b) => (a.name < b.name ? -1 : 1));
      const gone = all.slice(0, Math.max(0, all.length - keep));
      await writeList(all.slice(gone.length), gone);
      if (gone.length === 0) return [];
      await clear(gone);
      await writeList(all.slice(gone.length), []);
      return gone;
    },
    async pull({ name, files }, write) {
      for (const file of files) {
        let bytes = 0;
        for (let at = 0; at < file.pieces; at++) {
          const piece = await objects.get(keyOf(name, file.name, at));
          if (piece === null) throw new Error(`a piece of ${file.name} is not in the object store`);
          bytes += piece.length;
          await write(file.name, piece);
        }
        if (bytes !== file.bytes) throw new Error(`${file.name} has ${bytes} bytes in the object store, and had ${file.bytes}`);
      }
    },
  };
}

function keysOf({ name, files }: KeptBackup): readonly string[] {
  return files.flatMap((file) => Array.from({ length: file.pieces }, (_, at) => keyOf(name, file.name, at)));
}

function keyOf(name: string, file: string, at: number): string {
  return `backups/${name}/${file}/${String(at).padStart(6, '0')}`;
}
