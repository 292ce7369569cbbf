/** What becomes of the versions of a pack after it was applied: the swap to what was made, and the way back. */
import { isDeepStrictEqual } from 'node:util';
import { failed, versionName } from '@tidegate/core';
import type { PackRecord } from '@tidegate/core';
import type { PrismaClient } from '../generated/prisma/client.ts';
import { CONTROL_KEYS } from './control-records.ts';
import { applyPack, parseStored, writePackRecord } from './packs.ts';
import type { PackPlanning } from './packs.ts';
import type { ControlDatabase } from './prisma-client.ts';
import { lockTenant } from './tenants.ts';

interface MadeRow {
  readonly name: string;
  readonly partitions: number;
  readonly history_from_s: number | null;
}

/**
 * Metric versions of the pack that every partition has made become those that questions are answered from: one record.
 * Resolves to their metrics. Written under the tenant's lock, so an apply that comes between is seen; written twice by two
 * gateways it is the same record.
 */
export async function swapMade(prisma: PrismaClient, tenant: string, pack: string): Promise<readonly string[]> {
  return prisma.$transaction(async (transaction) => {
    if (!(await lockTenant(transaction, tenant))) return [];
    const stands = await transaction.controlRecord.findUnique({ where: { key: CONTROL_KEYS.pack(tenant, pack) } });
    if (stands === null || stands.value === null) return [];
    const record = parseStored(stands.value, pack);
    const made = await readMade(transaction, tenant, record);
    if (made.size === 0) return [];
    const history: Record<string, number> = { ...record.history };
    for (const [metric, historyFromS] of made) if (historyFromS !== null) history[metric] = historyFromS;
    await writePackRecord(transaction, tenant, { ...record, making: record.making.filter((metric) => !made.has(metric)), history });
    return [...made.keys()];
  });
}

/** Metrics whose newest version every partition has made, with the second from which it is whole (null: from the first event). */
async function readMade(database: ControlDatabase, tenant: string, record: PackRecord): Promise<ReadonlyMap<string, number | null>> {
  if (record.making.length === 0) return new Map();
  const partitions = await countPartitions(database);
  const byName = new Map(record.making.map((metric) => [versionName({ tenant, metric, version: record.metrics[metric] ?? 0 }), metric]));
  const rows = await database.$queryRaw<MadeRow[]>`
    SELECT name, count(*)::int4 AS partitions, max((cursor ->> 'history_from_s')::float8) AS history_from_s
    FROM partition_task
    WHERE kind = 'version' AND state = 'done' AND name = ANY (${[...byName.keys()]}::text[]) AND partition < ${partitions}::int4
    GROUP BY name`;
  const whole = rows.filter((row) => partitions > 0 && row.partitions === partitions);
  return new Map(whole.map((row) => [byName.get(row.name) ?? '', row.history_from_s]));
}

async function countPartitions(database: ControlDatabase): Promise<number> {
  const stands = await database.controlRecord.findUnique({ where: { key: CONTROL_KEYS.partitions } });
  const count: unknown = typeof stands?.value === 'object' && stands.value !== null ? Reflect.get(stands.value, 'count') : 0;
  return typeof count === 'number' ? count : 0;
}

/**
 * Applies the newest source of the pack that differs from the one in place. Metrics whose version before is folded still go
 * back to it at once; done twice, it is undone.
 */
export async function rollbackPack(prisma: PrismaClient, tenant: string, pack: string): Promise<PackPlanning> {
  const versions = await prisma.packVersion.findMany({ where: { tenant, pack }, orderBy: { version: 'desc' } });
  const [newest] = versions;
  if (newest === undefined) return failed([{ code: 'not_found', message: 'there is no such pack' }]);
  const before = versions.find(({ source }) => !isDeepStrictEqual(source, newest.source));
  if (before === undefined) return failed([{ code: 'pack_has_no_version_before', message: 'the pack was never another one' }]);
  return applyPack(prisma, tenant, before.source);
}
