import { isDeepStrictEqual } from 'node:util';
import type { EventTypeDefinition, Fault, PackRecord, PackSource, PackVersionAsk, Result } from '@tidegate/core';
import {
  compilePack,
  defineEventType,
  failed,
  namesOfEvents,
  ok,
  parsePack,
  parsePackRecord,
  planPackVersion,
  routeShape,
  segmentEntries,
  viewRoutes,
  writeRoutes,
} from '@tidegate/core';
import type { Prisma, PrismaClient } from '../generated/prisma/client.ts';
import { CONTROL_KEYS } from './control-records.ts';
import { ensureEntityTables, TableRefused } from './entity-tables.ts';
import type { ControlDatabase } from './prisma-client.ts';
import { writeRecord } from './record-writer.ts';
import { lockTenant } from './tenants.ts';

/** What applying a pack does, or would do. */
export interface PackPlan {
  readonly record: PackRecord;
  /** False: the very same pack is in place already; applying it writes nothing. */
  readonly isChange: boolean;
  /** What stands before it; null: the tenant has no such pack. */
  readonly previous: PackRecord | null;
  /** Metrics that get another version: a new one, or one that was before. */
  readonly raisedMetrics: readonly string[];
}

export type PackPlanning = Result<PackPlan, readonly Fault[]>;

/** `input` is the parsed object of a pack.yaml. Writes nothing. */
export async function planPack(prisma: PrismaClient, tenant: string, input: unknown): Promise<PackPlanning> {
  const pack = parsePack(input);
  return pack.ok ? plan(prisma, tenant, pack.value) : pack;
}

/**
 * Puts a pack in place: version rows, control record and announcement in one transaction, planned under the tenant's lock.
 */
export async function applyPack(prisma: PrismaClient, tenant: string, input: unknown): Promise<PackPlanning> {
  const pack = parsePack(input);
  return pack.ok ? applySource(prisma, tenant, () => pack) : pack;
}

/** Puts an event type into the tenant's own pack, or another compatible definition of it; made of the packs that stand under the lock. */
export async function applyEventType(prisma: PrismaClient, tenant: string, definition: EventTypeDefinition): Promise<PackPlanning> {
  return applySource(prisma, tenant, (inPlace) => defineEventType(inPlace, definition));
}

type MakeSource = (inPlace: readonly PackSource[]) => Result<PackSource, readonly Fault[]>;

async function applySource(prisma: PrismaClient, tenant: string, make: MakeSource): Promise<PackPlanning> {
  try {
    return await prisma.$transaction(async (transaction) => {
      if (!(await lockTenant(transaction, tenant))) return failed([{ code: 'not_found', message: 'there is no such tenant' }]);
      const pack = make((await readPacks(transaction, tenant)).map(({ source }) => source));
      if (!pack.ok) return pack;
      const planned = await plan(transaction, tenant, pack.value);
      if (planned.ok && planned.value.isChange) await write(transaction, tenant, planned.value.record);
      return planned;
    });
  } catch (error) {
    if (error instanceof TableRefused) return failed([error.fault]);
    throw error;
  }
}

/** The packs in place, by name. */
export async function readPacks(database: ControlDatabase, tenant: string): Promise<readonly PackRecord[]> {
  const packs = await database.pack.findMany({ where: { tenant }, orderBy: { pack: 'asc' } });
  const records = await database.controlRecord.findMany({
    where: { key: { in: packs.map(({ pack }) => CONTROL_KEYS.pack(tenant, pack)) } },
  });
  const byKey = new Map(records.map(({ key, value }) => [key, value]));
  return packs.flatMap(({ pack }) => {
    const value = byKey.get(CONTROL_KEYS.pack(tenant, pack)) ?? null;
    return value === null ? [] : [parseStored(value, pack)];
  });
}

/** Only `writePackRecord` fills these rows, with what `parsePack` gave. */
export function parseStored(value: unknown, pack: string): PackRecord {
  const read = parsePackRecord(value);
  if (!read.ok) throw new Error(`pack ${pack} of the database does not follow the pack format`);
  return read.value;
}

async function plan(database: ControlDatabase, tenant: string, source: PackSource): Promise<PackPlanning> {
  const inPlace = await readPacks(database, tenant);
  const previous = inPlace.find(({ pack }) => pack === source.pack);
  const others = inPlace.filter(({ pack }) => pack !== source.pack);
  const taken = takenNames(source, others);
  if (taken.length > 0) return failed(taken);
  if (previous !== undefined && isDeepStrictEqual(toJson(previous.source), toJson(source))) {
    return ok({ record: previous, isChange: false, previous, raisedMetrics: [] });
  }
  const versions = planPackVersion({ previous: previous ?? null, source, ...(await everDeclared(database, tenant)) });
  // Versions rise through all packs of the tenant, so an event says which of two packs judged it when its type moved between them.
  const version = Math.max(0, ...inPlace.map((pack) => pack.version)) + 1;
  const record: PackRecord = { pack: source.pack, version, source, ...versions };
  // A pack that cannot be compiled must fail here, not in every service that reads the record.
  compilePack({ tenant, version: record.version, metricVersions: record.metrics, pack: source });
  const raisedMetrics = Object.keys(source.metrics).filter((name) => record.metrics[name] !== previous?.metrics[name]);
  return ok({ record, isChange: true, previous: previous ?? null, raisedMetrics });
}

/** Of all packs that the tenant ever had, in all their versions: a number is never given out twice. */
async function everDeclared(database: ControlDatabase, tenant: string): Promise<Pick<PackVersionAsk, 'highest' | 'declared'>> {
  const versions = await database.packVersion.findMany({ where: { tenant }, select: { source: true, metrics: true } });
  const highest: Record<string, number> = {};
  const declared = new Set<string>();
  for (const { source, metrics } of versions) {
    for (const [name, version] of Object.entries(objectOf(metrics))) highest[name] = Math.max(highest[name] ?? 0, Number(version));
    for (const type of Object.keys(objectOf(objectOf(source)['events']))) declared.add(type);
  }
  return { highest, declared };
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** An event type, a metric, or a message of Segment's belongs to one pack of a tenant. */
function takenNames(source: PackSource, others: readonly PackRecord[]): readonly Fault[] {
  const faults: Fault[] = [];
  const namesOf = { events: namesOfEvents, metrics: ({ metrics }: PackSource) => Object.keys(metrics) };
  for (const kind of ['events', 'metrics'] as const) {
    const taken = new Set(others.flatMap((other) => namesOf[kind](other.source)));
    for (const name of namesOf[kind](source)) {
      if (taken.has(name))
        faults.push({ code: 'pack_invalid', path: `${kind}.${name}`, message: 'another pack of the tenant declares this name' });
    }
  }
  const mapped = new Set(others.flatMap((other) => segmentEntries(other.source.segment).map(([key]) => key)));
  for (const [key] of segmentEntries(source.segment)) {
    if (mapped.has(key))
      faults.push({
        code: 'pack_invalid',
        path: `segment.${key.replace(' ', '.')}`,
        message: 'another pack of the tenant maps these messages',
      });
  }
  return [...faults, ...takenRoutes(source, others)];
}

/** No request may fit the routes of two packs alike: which one answered would be chance. */
function takenRoutes(source: PackSource, others: readonly PackRecord[]): readonly Fault[] {
  const shapesOf = (pack: PackSource) => [
    ...viewRoutes(pack).flatMap(({ view, route }) => (route === null ? [] : [{ path: `views.${view}.route`, shape: routeShape(route) }])),
    ...writeRoutes(pack).map(({ write: name, route }) => ({ path: `writes.${name}.route`, shape: routeShape(route) })),
  ];
  const taken = new Set(others.flatMap((other) => shapesOf(other.source)).map(({ shape }) => shape));
  return shapesOf(source)
    .filter(({ shape }) => taken.has(shape))
    .map(({ path }) => ({ code: 'pack_invalid', path, message: 'another pack of the tenant has this route' }));
}

async function write(transaction: ControlDatabase, tenant: string, record: PackRecord): Promise<void> {
  const { pack, version } = record;
  await ensureEntityTables(transaction, compilePack({ tenant, version, metricVersions: record.metrics, pack: record.source }));
  await transaction.pack.upsert({
    where: { tenant_pack: { tenant, pack } },
    create: { tenant, pack, version },
    update: { version },
  });
  await transaction.packVersion.create({ data: { tenant, pack, version, source: toJson(record.source), metrics: toJson(record.metrics) } });
  await writePackRecord(transaction, tenant, record);
}

export async function writePackRecord(transaction: ControlDatabase, tenant: string, record: PackRecord): Promise<void> {
  await writeRecord(transaction, CONTROL_KEYS.pack(tenant, record.pack), toJson(record));
}

/** Members that are undefined have no place in JSON; prisma refuses them. */
function toJson(value: PackSource | PackRecord | PackRecord['metrics']): Prisma.InputJsonObject {
  return JSON.parse(JSON.stringify(value)) as Prisma.InputJsonObject;
}
