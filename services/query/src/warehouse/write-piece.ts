/**
 * One piece of an export, written from its beginning: a table of a day, in as many files as it needs.
 *
 * | the process dies after             | what the next attempt finds                                      |
 * |------------------------------------|------------------------------------------------------------------|
 * | 1 what an earlier attempt left goes | the piece without files, or with rows of objects that are gone   |
 * | 2 the row of an object             | a row, and no object: both go with step 1                        |
 * | 3 the object                       | both, and they go with step 1                                    |
 * | 4 the row says what it holds       | the same                                                         |
 */
import { toIsoDate } from '@tidegate/core';
import { createHash } from 'node:crypto';
import type { ObjectStore } from '@tidegate/archive';
import type { WarehouseStore } from '@tidegate/postgres';
import { encodeFile } from './warehouse-file.ts';
import { folderOf } from './warehouse-manifest.ts';
import type { Piece, WarehousePlan } from './warehouse-plan.ts';
import { eventRows, rollupRows } from './warehouse-rows.ts';
import type { FileRows, WarehouseRowsDeps } from './warehouse-rows.ts';

export interface WritePieceDeps extends WarehouseRowsDeps {
  readonly objects: ObjectStore;
  readonly store: Pick<WarehouseStore, 'intend' | 'note' | 'files' | 'forgetFile' | 'erased'>;
}

export interface PieceToWrite {
  readonly exportId: string;
  readonly tenant: string;
  readonly format: WarehousePlan['format'];
  readonly piece: Piece;
  readonly signal: AbortSignal;
}

export interface PieceWritten {
  readonly rows: number;
  readonly completeMs: number | null;
}

export async function writePiece(deps: WritePieceDeps, { exportId, tenant, format, piece, signal }: PieceToWrite): Promise<PieceWritten> {
  const { table, day } = piece;
  await dropFiles(deps, exportId, piece.no);
  let [rows, part] = [0, 0];
  async function take(file: FileRows): Promise<void> {
    const key = `${folderOf(tenant, exportId)}/${table.name}/date=${toIsoDate(day)}/part-${part}.${format}`;
    const bytes = await encodeFile(format, file);
    await deps.store.intend(exportId, key, piece.no);
    await deps.objects.put(key, bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await deps.store.note(exportId, { key, rows: file.rows.length, bytes: bytes.length, sha256, subjects: file.subjects });
    [rows, part] = [rows + file.rows.length, part + 1];
  }
  // Read before the events are: whoever is erased from here on is taken out when the export is whole.
  const completeMs =
    table.kind === 'events'
      ? await eventRows(deps, { tenant, table, day, signal, without: await deps.store.erased(tenant) }, take)
      : await rollupRows(deps, { tenant, table, day, signal }, take);
  return { rows, completeMs };
}

/** Objects first: a row that is left finds its object again. */
export async function dropFiles(
  { objects, store }: Pick<WritePieceDeps, 'objects'> & { readonly store: Pick<WarehouseStore, 'files' | 'forgetFile'> },
  exportId: string,
  piece: number | null,
): Promise<void> {
  for (const { key } of await store.files(exportId, piece)) {
    await objects.delete(key);
    await store.forgetFile(exportId, key);
  }
}
