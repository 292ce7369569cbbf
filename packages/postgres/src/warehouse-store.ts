/** Which objects exports to a warehouse have in their store (docs/design/warehouse-exports.md). */
import type pg from 'pg';
import { run } from './statements.ts';

export interface WarehouseFile {
  readonly key: string;
  /** Of which piece of the plan. */
  readonly piece: number;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** What a file holds, once it is written. */
export interface WrittenFile extends Omit<WarehouseFile, 'piece'> {
  /** Pseudonyms of those whose rows are in it. */
  readonly subjects: ReadonlySet<string>;
}

/** Instants by table, through which each is complete; null: it is not known. */
export type CompleteThrough = Readonly<Record<string, number | null>>;

export interface WarehouseExport {
  /** As `begin` was given it. */
  readonly plan: string;
  /** Null: it is not whole. */
  readonly complete: CompleteThrough | null;
  readonly expiresMs: number | null;
  readonly files: number;
  readonly rows: number;
  readonly bytes: number;
}

export interface WarehousePiece {
  readonly exportId: string;
  readonly piece: number;
}

export interface WarehouseStore {
  /** Returns the plan in force: that of the first attempt. What was whole is not any more. */
  begin(exportId: string, tenant: string, plan: string): Promise<string>;
  /** Before the object is written. */
  intend(exportId: string, key: string, piece: number): Promise<void>;
  note(exportId: string, file: WrittenFile): Promise<void>;
  /** Those of one piece, or of all; with those that are not whole. */
  files(exportId: string, piece: number | null): Promise<readonly (WarehouseFile & { readonly isWhole: boolean })[]>;
  forgetFile(exportId: string, key: string): Promise<void>;
  /** Returns when its files go; null: there is no such export any more. */
  end(exportId: string, complete: CompleteThrough, keepDays: number): Promise<number | null>;
  find(tenant: string, exportId: string): Promise<WarehouseExport | null>;
  /** Those whose files are to go. */
  toDrop(): Promise<readonly { readonly exportId: string; readonly tenant: string }[]>;
  drop(exportId: string): Promise<void>;
  /** For ten minutes, or for ten more where it is held. False: another process has it. */
  hold(exportId: string, isHeld: boolean): Promise<boolean>;
  release(exportId: string): Promise<void>;
  isMaking(tenant: string): Promise<boolean>;
  /** Pieces of whole exports that may hold the person. */
  piecesOf(tenant: string, subject: string): Promise<readonly WarehousePiece[]>;
  /** Everybody who is erased, or is to be. */
  erased(tenant: string): Promise<ReadonlySet<string>>;
}

interface FileRow {
  readonly object_key: string;
  readonly piece: number;
  readonly rows: number | null;
  readonly bytes: number | null;
  readonly sha256: string | null;
}

interface ExportRow {
  readonly plan: string;
  readonly complete: CompleteThrough | null;
  readonly expires_at_ms: number | null;
  readonly files: number;
  readonly rows: number;
  readonly bytes: number;
}

/** Pseudonyms are hexadecimal and evenly spread: their first 16 bits are a hash. */
const SUBJECT_BITS = 65_536;

export function createWarehouseStore(pool: pg.Pool): WarehouseStore {
  return {
    begin: async (exportId, tenant, plan) =>
      (await run<{ plan: string }>(pool, 'begin-warehouse-export', [exportId, tenant, plan]))[0]?.plan ?? plan,
    intend: async (exportId, key, piece) => void (await run(pool, 'insert-warehouse-file', [exportId, key, piece])),
    note: async (exportId, { key, rows, bytes, sha256, subjects }) =>
      void (await run(pool, 'note-warehouse-file', [exportId, key, rows, bytes, sha256, bitsOf(subjects)])),
    async files(exportId, piece) {
      const rows = await run<FileRow>(pool, 'list-warehouse-files', [exportId, piece]);
      return rows.map((row) => ({
        ...{ key: row.object_key, piece: row.piece, isWhole: row.sha256 !== null },
        ...{ rows: row.rows ?? 0, bytes: row.bytes ?? 0, sha256: row.sha256 ?? '' },
      }));
    },
    forgetFile: async (exportId, key) => void (await run(pool, 'delete-warehouse-file', [exportId, key])),
    async end(exportId, complete, keepDays) {
      const [row] = await run<{ expires_at_ms: number }>(pool, 'end-warehouse-export', [exportId, JSON.stringify(complete), keepDays]);
      return row?.expires_at_ms ?? null;
    },
    async find(tenant, exportId) {
      const [row] = await run<ExportRow>(pool, 'find-warehouse-export', [tenant, exportId]);
      if (row === undefined) return null;
      const { expires_at_ms: expiresMs, ...rest } = row;
      return { ...rest, expiresMs };
    },
    async toDrop() {
      const rows = await run<{ export_id: string; tenant: string }>(pool, 'list-warehouse-to-drop', []);
      return rows.map(({ export_id: exportId, tenant }) => ({ exportId, tenant }));
    },
    drop: async (exportId) => void (await run(pool, 'delete-warehouse-export', [exportId])),
    hold: async (exportId, isHeld) => (await run(pool, 'hold-warehouse-export', [exportId, isHeld])).length > 0,
    release: async (exportId) => void (await run(pool, 'release-warehouse-export', [exportId])),
    isMaking: async (tenant) => (await run(pool, 'read-warehouse-in-making', [tenant])).length > 0,
    async piecesOf(tenant, subject) {
      const rows = await run<{ export_id: string; piece: number }>(pool, 'find-warehouse-pieces', [tenant, bitOf(subject)]);
      return rows.map(({ export_id: exportId, piece }) => ({ exportId, piece }));
    },
    async erased(tenant) {
      const rows = await run<{ subject: string }>(pool, 'read-erased-subjects', [tenant]);
      return new Set(rows.map(({ subject }) => subject));
    },
  };
}

function bitOf(subject: string): number {
  return Number.parseInt(subject.slice(0, 4), 16);
}

/** As `get_bit` of Postgres counts them: from the lowest bit of the first byte. */
function bitsOf(subjects: ReadonlySet<string>): Buffer | null {
  if (subjects.size === 0) return null;
  const bits = Buffer.alloc(SUBJECT_BITS / 8);
  for (const subject of subjects) {
    const bit = bitOf(subject);
    bits.writeUInt8(bits.readUInt8(bit >> 3) | (1 << (bit & 7)), bit >> 3);
  }
  return bits;
}
