/** Who had to do with what is held about the person; by the pack whose route it was, newest first. */
import { toIsoUtc } from '@tidegate/core';
import { decodeJson } from '@tidegate/http';
import type { AuditReader } from '@tidegate/postgres';
import type { RegisteredPack } from '../registry.ts';
import type { ExportedPerson, ExportRow } from './section.ts';

const PAGE_ROWS = 500;

export function createAuditRows(accesses: Pick<AuditReader, 'list'>, packs: readonly RegisteredPack[], person: ExportedPerson) {
  const packOf = new Map(packs.flatMap((pack) => routesOf(pack).map((route) => [route, pack.compiled.pack])));
  let read: Promise<readonly ExportRow[]> | null = null;
  return {
    /** Null: of routes that are no pack's. */
    async *of(pack: string | null): AsyncGenerator<readonly ExportRow[]> {
      // Accesses to one person are few: they are read once, and looked through by pack.
      read ??= readAll(accesses, person);
      const rows = (await read).filter(({ route }) => (packOf.get(String(route)) ?? null) === pack);
      if (rows.length > 0) yield rows;
    },
  };
}

/** As the audit names them. */
function routesOf({ views, writes }: RegisteredPack): readonly string[] {
  const routes = [...views.values(), ...writes.values()].flatMap(({ route }) => route ?? []);
  return routes.map(({ method, path }) => `${method} ${path}`);
}

async function readAll(accesses: Pick<AuditReader, 'list'>, { tenant, subject, signal }: ExportedPerson): Promise<readonly ExportRow[]> {
  const rows: ExportRow[] = [];
  const any = { sinceMs: null, untilMs: null, actor: null, action: null, resource: null };
  for (let beforeNo: number | null = null; ;) {
    signal.throwIfAborted();
    const page = await accesses.list({ tenant, subject, ...any, beforeNo, rowsMax: PAGE_ROWS });
    for (const { record, no, keptAtMs } of page) {
      const said = decodeJson(Buffer.from(record));
      const { tenant: _tenant, subject: _subject, ...told } = said.ok ? (said.value as Record<string, unknown>) : {};
      rows.push({ no, kept_at: toIsoUtc(keptAtMs), ...told });
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_ROWS) return rows;
    beforeNo = last.no;
  }
}
