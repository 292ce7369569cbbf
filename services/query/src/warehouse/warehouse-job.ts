/**
 * The job `warehouse.export` (docs/design/warehouse-exports.md).
 *
 * | the process dies after      | what the next attempt finds                                                              |
 * |-----------------------------|------------------------------------------------------------------------------------------|
 * | 1 begin: the plan           | the plan as it was; no manifest, whatever an earlier attempt wrote                       |
 * | 2 a piece                   | the cursor before it: the piece is written from its beginning                            |
 * | 3 `advance`                 | the cursor behind it                                                                     |
 * | 4 the manifest              | a whole export whose job goes on: the manifest is written again, with the same files     |
 * | 5 the row says that it is whole | the same                                                                             |
 */
import { decodeExactly } from '@tidegate/http';
import type { CompleteThrough, DeclaredJob, WarehouseStore } from '@tidegate/postgres';
import { declareJob, JobFault } from '@tidegate/postgres';
import { z } from 'zod';
import type { RegisteredPack } from '../registry.ts';
import { encodeManifest, manifestKeyOf } from './warehouse-manifest.ts';
import { pieceOf, piecesCount, planExport, readPlan } from './warehouse-plan.ts';
import type { WarehouseWish } from './warehouse-plan.ts';
import { leastOf } from './warehouse-rows.ts';
import { writePiece } from './write-piece.ts';
import type { WritePieceDeps } from './write-piece.ts';

export const WAREHOUSE_JOB = 'warehouse.export';

const WISH_SCHEMA = z.object({
  v: z.literal(1),
  ...{ tenant: z.string(), format: z.enum(['parquet', 'csv', 'ndjson']), fromDay: z.int(), toDay: z.int() },
  ...{ events: z.array(z.string()), rollups: z.array(z.string()), grain: z.enum(['hour', 'day']) },
});
const CURSOR_SCHEMA = z.object({ done: z.int(), rows: z.int(), complete: z.record(z.string(), z.number().nullable()) });

export interface WarehouseJobDeps extends Omit<WritePieceDeps, 'store'> {
  readonly store: WritePieceDeps['store'] & Pick<WarehouseStore, 'begin' | 'end'>;
  readonly packsOf: (tenant: string) => readonly RegisteredPack[];
  readonly nowMs: () => number;
  readonly keepDays: number;
}

export function wishText({ tenant, format, fromDay, toDay, events, rollups, grain }: WarehouseWish): string {
  return JSON.stringify({ v: 1, tenant, format, fromDay, toDay, events, rollups, grain });
}

export function createWarehouseJob(deps: WarehouseJobDeps): DeclaredJob {
  const { objects, store, packsOf, nowMs, keepDays } = deps;
  return declareJob({
    name: WAREHOUSE_JOB,
    keepS: keepDays * 86_400,
    readParams: (text) => WISH_SCHEMA.parse(decodeExactly(text)),
    async run({ id: exportId, params: { tenant, ...wish }, cursor, signal, advance }) {
      const planned = JSON.stringify(planExport({ tenant, ...wish }, packsOf(tenant)));
      const plan = readPlan(decodeExactly(await store.begin(exportId, tenant, planned)));
      await objects.delete(manifestKeyOf(tenant, exportId));
      const total = piecesCount(plan);
      const begun = CURSOR_SCHEMA.safeParse(cursor);
      let { done, rows, complete } = begun.success ? begun.data : { done: 0, rows: 0, complete: {} as CompleteThrough };
      for (; done < total; done += 1) {
        await advance({ progress: { done, total, rows }, cursor: { done, rows, complete } });
        const piece = pieceOf(plan, done);
        if (piece === undefined) break;
        const written = await writePiece(deps, { exportId, tenant, format: plan.format, piece, signal });
        const { name } = piece.table;
        rows += written.rows;
        complete = { ...complete, [name]: name in complete ? leastOf([complete[name] ?? null, written.completeMs]) : written.completeMs };
      }
      await advance({ progress: { done, total, rows }, cursor: { done, rows, complete } });
      const files = await store.files(exportId, null);
      await objects.put(manifestKeyOf(tenant, exportId), encodeManifest({ exportId, tenant, plan, files, complete, nowMs: nowMs() }));
      if ((await store.end(exportId, complete, keepDays)) === null) throw new JobFault('not_found');
      return JSON.stringify({ export_id: exportId, files: files.length, rows, manifest: manifestKeyOf(tenant, exportId) });
    },
  });
}
