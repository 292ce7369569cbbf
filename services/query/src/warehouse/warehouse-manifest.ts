/** What a whole export consists of; written last (docs/design/warehouse-exports.md). */
import { toIsoDate, toIsoUtc } from '@tidegate/core';
import type { CompleteThrough, WarehouseFile } from '@tidegate/postgres';
import { pieceOf } from './warehouse-plan.ts';
import type { WarehousePlan, WarehouseTable } from './warehouse-plan.ts';

export interface ManifestOf {
  readonly exportId: string;
  readonly tenant: string;
  readonly plan: WarehousePlan;
  readonly files: readonly WarehouseFile[];
  readonly complete: CompleteThrough;
  readonly nowMs: number;
}

/** The folder of an export, within the store. */
export function folderOf(tenant: string, exportId: string): string {
  return `exports/${tenant}/${exportId}`;
}

export function manifestKeyOf(tenant: string, exportId: string): string {
  return `${folderOf(tenant, exportId)}/manifest.json`;
}

export function encodeManifest({ exportId, tenant, plan, files, complete, nowMs }: ManifestOf): Buffer {
  const folder = `${folderOf(tenant, exportId)}/`;
  const shown = files.map(({ key, piece, rows, bytes, sha256 }) => {
    const of = pieceOf(plan, piece);
    return { path: key.slice(folder.length), table: of?.table.name ?? '', date: toIsoDate(of?.day ?? 0), rows, bytes, sha256 };
  });
  const tables = plan.tables.map((table) => ({
    ...tableView(table),
    rows: sumOf(shown.filter((file) => file.table === table.name)),
    complete_through: isoOf(complete[table.name] ?? null),
  }));
  const head = {
    v: 1,
    export_id: exportId,
    tenant,
    format: plan.format,
    from: toIsoDate(plan.fromDay),
    to: toIsoDate(plan.toDay),
    zone: 'UTC',
  };
  return Buffer.from(`${JSON.stringify({ ...head, generated_at: toIsoUtc(nowMs), rows: sumOf(shown), tables, files: shown }, null, 1)}\n`);
}

function tableView(table: WarehouseTable): Readonly<Record<string, unknown>> {
  if (table.kind === 'events') return { name: table.name, kind: table.kind, type: table.type };
  const { name, kind, metric, version, groupBy, grain } = table;
  return { name, kind, metric, metric_version: version, group_by: groupBy, grain };
}

function sumOf(files: readonly { readonly rows: number }[]): number {
  return files.reduce((sum, { rows }) => sum + rows, 0);
}

function isoOf(ms: number | null): string | null {
  return ms === null ? null : toIsoUtc(ms);
}
