import {
  compileVersions,
  createRowFold,
  foldPlansOf,
  isSameEntity,
  markedFields,
  parsePackRecord,
  projectedEntities,
  rowsVersion,
  versionName,
} from '@tidegate/core';
import type {
  CompiledEntity,
  CompiledMeasure,
  CompiledMetric,
  EntityRetention,
  FoldPlan,
  MetricVersion,
  PackRecord,
  RowFold,
} from '@tidegate/core';
import { createControlReader } from '@tidegate/kafka';
import type { ControlTold, TableRecord } from '@tidegate/kafka';
import type { Logger } from '@tidegate/telemetry';
import type { PackRetention } from './retention-plan.ts';

/** Names of the versions that a partition has adopted while they are made; another set with each change. */
export type AdoptedVersions = Pick<ReadonlySet<string>, 'has'>;

/** All that are known: what rows count by that more than one partition writes (`shared-rows.ts`). */
export const EVERY_VERSION: AdoptedVersions = { has: () => true };

/** What control.v1 has told of packs so far. */
export interface KnownPacks {
  /** Takes a record in; true when it changed what is known of packs. */
  take(record: TableRecord): boolean;
  /** No pack declares the type: events that were judged by this version or an earlier one are counted by no metric. */
  giveUp(tenant: string, eventType: string, packVersion: number): void;
  hasType(tenant: string, eventType: string): boolean;
  /** The plan in force, for a partition that has adopted some of the versions that are being made. */
  planOf(tenant: string, eventType: string, adopted: AdoptedVersions): FoldPlan | null;
  /** How such a partition projects the entity's rows. */
  projectionOf(entity: CompiledEntity, adopted: AdoptedVersions): EntityProjection;
  knows(tenant: string, eventType: string, packVersion: number): boolean;
  measuresOf(series: MetricVersion): readonly CompiledMeasure[];
  /** Null: no pack that was told names this version of the metric. */
  metricOf(series: MetricVersion): CompiledMetric | null;
  /** Versions that are being made, of all packs in force, and the rows of every entity: a partition that has made them does so no more. */
  making(): readonly CompiledMetric[];
  /** Versions that packs in force have folded or made. */
  counted(): readonly CompiledMetric[];
  /** Whether a pack in force has the version folded or made; false of those that were given up or are retired. */
  isWanted(version: MetricVersion): boolean;
  /** Entities that packs of a tenant in force have rows of. */
  entitiesOf(tenant: string): readonly CompiledEntity[];
  /** Those of packs in force whose rows have a time. */
  agingEntities(): readonly AgingEntity[];
  /** How long each pack in force keeps what. */
  retentions(): readonly PackRetention[];
  /** Whether any metric version that was told since the start keeps minutes. */
  hasMinutes(): boolean;
  /** See `ControlReader`. */
  knownThroughMs(): number;
}

export type AgingEntity = CompiledEntity & { readonly retention: EntityRetention };

export interface EntityProjection {
  /** With every column that something looks at: its rows are read and written by it. */
  readonly entity: CompiledEntity;
  /** Versions that are folded over it; null where there are none. */
  readonly fold: RowFold | null;
}

type FoldPlans = ReadonlyMap<string, FoldPlan>;

interface KnownPack {
  readonly version: number;
  readonly folded: readonly CompiledMetric[];
  readonly making: readonly CompiledMetric[];
  /** Of each entity the version of its rows. */
  readonly rows: readonly CompiledMetric[];
  readonly plans: FoldPlans;
  readonly entities: readonly CompiledEntity[];
  readonly rowFolds: WeakMap<AdoptedVersions, Map<string, RowFold | null>>;
  /** With the adopted of those that are being made. */
  readonly plansWith: WeakMap<AdoptedVersions, FoldPlans>;
  readonly types: ReadonlySet<string>;
  /** Null: it is no pack in force. */
  readonly retention: PackRetention | null;
}

const NO_PLANS: FoldPlans = new Map();
const NOTHING_FOLDED = {
  folded: [],
  making: [],
  rows: [],
  retention: null,
  plans: NO_PLANS,
  plansWith: new WeakMap<AdoptedVersions, FoldPlans>(),
  entities: [],
  rowFolds: new WeakMap<AdoptedVersions, Map<string, RowFold | null>>(),
};

export function createKnownPacks(log: Logger): KnownPacks {
  const packs = new Map<string, KnownPack>();
  const reader = createControlReader();
  /** By tenant, then by type: two look-ups an event and no string made for them. */
  const byTenant = new Map<string, Map<string, KnownPack>>();
  const { note, ...versions } = createKnownVersions();

  const packOf = (tenant: string, type: string): KnownPack | undefined => byTenant.get(tenant)?.get(type);

  function setPack(tenant: string, type: string, pack: KnownPack): void {
    const types = byTenant.get(tenant);
    if (types === undefined) byTenant.set(tenant, new Map([[type, pack]]));
    else types.set(type, pack);
  }

  function takePack({ key, tenant, value }: ControlTold): void {
    const record = parsePackRecord(value);
    if (!record.ok) return log.error('pack_record_unreadable', { detail: { faults: record.fault.length } });
    log.mark(markedFields(record.value));
    const known = toKnownPack(tenant, record.value);
    dropPlans({ key, tenant });
    packs.set(key, known);
    for (const type of known.types) setPack(tenant, type, known);
    note(packs.values());
    log.info('pack_in_force', { detail: countsOf(known) });
  }

  /**
   * Events of types that their pack leaves out now, or whose pack is deleted, are kept as raw events: the types stay known,
   * the plans go. A type that has moved to another pack since is that one's.
   */
  function dropPlans({ key, tenant }: Pick<ControlTold, 'key' | 'tenant'>): void {
    const known = packs.get(key);
    if (known === undefined) return;
    for (const type of known.types) if (packOf(tenant, type) === known) setPack(tenant, type, { ...known, ...NOTHING_FOLDED });
    packs.delete(key);
    note(packs.values());
  }

  function planOf(tenant: string, type: string, adopted: AdoptedVersions): FoldPlan | null {
    const pack = packOf(tenant, type);
    if (pack === undefined) return null;
    return (pack.making.length === 0 ? pack.plans : plansWith(pack, adopted)).get(type) ?? null;
  }

  return {
    take(record) {
      const told = reader.read(record);
      if (told === 'unreadable') log.error('control_record_unreadable', { detail: { offset: record.offset } });
      if (told === null || told === 'unreadable' || told.kind !== 'pack') return false;
      if (told.value === null) dropPlans(told);
      else takePack(told);
      return true;
    },
    giveUp: (tenant, type, version) => setPack(tenant, type, { version, ...NOTHING_FOLDED, types: new Set([type]) }),
    hasType: (tenant, type) => packOf(tenant, type) !== undefined,
    planOf,
    projectionOf: (entity, adopted) => projectionIn(packs.values(), entity, adopted),
    knows: (tenant, type, packVersion) => (packOf(tenant, type)?.version ?? -1) >= packVersion,
    measuresOf(series) {
      const found = versions.metricOf(series);
      if (found === null) throw new Error(`metric ${series.metric} version ${series.version} is in no pack that was told`);
      return found.measures;
    },
    ...versions,
    entitiesOf: (tenant) => entitiesIn(packs.values(), tenant),
    agingEntities: () => [...packs.values()].flatMap(({ entities }) => entities.flatMap((one) => (isAging(one) ? [one] : []))),
    retentions: () => [...packs.values()].flatMap(({ retention }) => retention ?? []),
    knownThroughMs: reader.knownThroughMs,
  };
}

function countsOf({ version, folded, making }: KnownPack) {
  return { version, metrics: folded.length + making.length, making: making.length };
}

function isAging(entity: CompiledEntity): entity is AgingEntity {
  return entity.retention !== undefined;
}

function toKnownPack(tenant: string, record: PackRecord): KnownPack {
  const { pack, folded, making } = compileVersions(tenant, record);
  const metrics = [...folded, ...making];
  const entities = projectedEntities(pack, metrics);
  const types = [...pack.eventTypes.keys()];
  return {
    version: pack.version,
    ...{ folded, making, entities, types: new Set(types) },
    rows: [...pack.entities.values()].map(rowsVersion),
    ...{ plans: foldPlansOf(folded, entities), plansWith: new WeakMap(), rowFolds: new WeakMap() },
    retention: { tenant, types, rawDays: pack.rawDays, rejectedDays: pack.rejectedDays, metrics },
  };
}

interface KnownVersions extends Pick<KnownPacks, 'metricOf' | 'making' | 'counted' | 'isWanted' | 'hasMinutes'> {
  /** These packs are in force. Metric versions stay known that were in force before: events and cells of them may be under way. */
  note(packs: Iterable<KnownPack>): void;
}

function createKnownVersions(): KnownVersions {
  const metrics = new Map<string, CompiledMetric>();
  let making: readonly CompiledMetric[] = [];
  let counted: readonly CompiledMetric[] = [];
  let hasMinutes = false;
  let wanted: ReadonlySet<string> = new Set();
  return {
    note(packs) {
      const all = [...packs];
      const inForce = all.flatMap((pack) => [...pack.folded, ...pack.making]);
      const made = [...inForce, ...all.flatMap(({ rows }) => rows)];
      counted = inForce;
      for (const metric of made) metrics.set(versionName(metric), metric);
      hasMinutes ||= inForce.some(({ grains }) => grains.includes('minute'));
      making = all.flatMap((pack) => [...pack.making, ...pack.rows]);
      wanted = new Set(made.map(versionName));
    },
    metricOf: (version) => metrics.get(versionName(version)) ?? null,
    making: () => making,
    counted: () => counted,
    hasMinutes: () => hasMinutes,
    isWanted: (version) => wanted.has(versionName(version)),
  };
}

function foldedWith({ folded, making }: KnownPack, adopted: AdoptedVersions): readonly CompiledMetric[] {
  return [...folded, ...making.filter((metric) => adopted.has(versionName(metric)))];
}

function entitiesIn(packs: Iterable<KnownPack>, tenant: string): readonly CompiledEntity[] {
  return [...packs].flatMap(({ entities }) => entities.filter((entity) => entity.tenant === tenant));
}

function projectionIn(packs: Iterable<KnownPack>, entity: CompiledEntity, adopted: AdoptedVersions): EntityProjection {
  for (const pack of packs) {
    const projected = pack.entities.find((one) => isSameEntity(one, entity));
    if (projected !== undefined) return { entity: projected, fold: rowFoldWith(pack, entity, adopted) };
  }
  return { entity, fold: null };
}

/** Made once for each set. */
function rowFoldWith(pack: KnownPack, entity: CompiledEntity, adopted: AdoptedVersions): RowFold | null {
  const known = pack.rowFolds.get(adopted) ?? new Map<string, RowFold | null>();
  pack.rowFolds.set(adopted, known);
  const made = known.get(entity.entity);
  if (made !== undefined) return made;
  const fold = createRowFold(foldedWith(pack, adopted).filter(({ over }) => over !== undefined && isSameEntity(over.entity, entity)));
  known.set(entity.entity, fold);
  return fold;
}

/** Made once for each set: the folder knows a plan by its identity. */
function plansWith(pack: KnownPack, adopted: AdoptedVersions): FoldPlans {
  const known = pack.plansWith.get(adopted);
  if (known !== undefined) return known;
  const made = foldPlansOf(foldedWith(pack, adopted), pack.entities);
  pack.plansWith.set(adopted, made);
  return made;
}
