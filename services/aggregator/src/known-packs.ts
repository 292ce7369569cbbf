import { compilePack, foldPlansOf, parsePackRecord } from '@tidegate/core';
import type { CompiledMeasure, CompiledMetric, FoldPlan, SeriesEntry } from '@tidegate/core';
import { createControlReader } from '@tidegate/kafka';
import type { ControlTold, TableRecord } from '@tidegate/kafka';
import type { Logger } from '@tidegate/telemetry';

export type MetricName = Pick<SeriesEntry, 'tenant' | 'metric' | 'version'>;

/** What control.v1 has told of packs so far. */
export interface KnownPacks {
  /** Takes a record in; true when it changed what is known of packs. */
  take(record: TableRecord): boolean;
  /** No pack declares the type: events that were judged by this version or an earlier one are counted by no metric. */
  giveUp(tenant: string, eventType: string, packVersion: number): void;
  hasType(tenant: string, eventType: string): boolean;
  planOf(tenant: string, eventType: string): FoldPlan | null;
  knows(tenant: string, eventType: string, packVersion: number): boolean;
  measuresOf(series: MetricName): readonly CompiledMeasure[];
  /** Null: no pack that was told names this version of the metric. */
  metricOf(series: MetricName): CompiledMetric | null;
  /** See `ControlReader`. */
  knownThroughMs(): number;
}

interface KnownPack {
  readonly version: number;
  readonly plans: ReadonlyMap<string, FoldPlan>;
  readonly types: ReadonlySet<string>;
}

const NO_PLANS: ReadonlyMap<string, FoldPlan> = new Map();

export function createKnownPacks(log: Logger): KnownPacks {
  const packs = new Map<string, KnownPack>();
  const reader = createControlReader();
  /** By tenant, then by type: two look-ups an event and no string made for them. */
  const byTenant = new Map<string, Map<string, KnownPack>>();
  const metrics = new Map<string, CompiledMetric>();
  const metricOf = ({ tenant, metric, version }: MetricName): CompiledMetric | null =>
    metrics.get(`${tenant} ${metric} ${version}`) ?? null;

  const packOf = (tenant: string, type: string): KnownPack | undefined => byTenant.get(tenant)?.get(type);

  function setPack(tenant: string, type: string, pack: KnownPack): void {
    const types = byTenant.get(tenant);
    if (types === undefined) byTenant.set(tenant, new Map([[type, pack]]));
    else types.set(type, pack);
  }

  function takePack({ key, tenant, value }: ControlTold): void {
    const record = parsePackRecord(value);
    if (!record.ok) return log.error('pack_record_unreadable', { detail: { faults: record.fault.length } });
    const { version, source, metrics: metricVersions } = record.value;
    const pack = compilePack({ tenant, version, metricVersions, pack: source });
    const known = { version, plans: foldPlansOf(pack), types: new Set(pack.eventTypes.keys()) };
    dropPlans({ key, tenant });
    packs.set(key, known);
    for (const type of known.types) setPack(tenant, type, known);
    for (const metric of pack.metrics.values()) metrics.set(`${tenant} ${metric.metric} ${metric.version}`, metric);
    log.info('pack_in_force', { detail: { version, metrics: pack.metrics.size } });
  }

  /**
   * Events of types that their pack leaves out now, or whose pack is deleted, are kept as raw events: the types stay known,
   * the plans go. A type that has moved to another pack since is that one's.
   */
  function dropPlans({ key, tenant }: Pick<ControlTold, 'key' | 'tenant'>): void {
    const known = packs.get(key);
    if (known === undefined) return;
    for (const type of known.types) if (packOf(tenant, type) === known) setPack(tenant, type, { ...known, plans: NO_PLANS });
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
    giveUp: (tenant, type, version) => setPack(tenant, type, { version, plans: NO_PLANS, types: new Set([type]) }),
    hasType: (tenant, type) => packOf(tenant, type) !== undefined,
    planOf: (tenant, type) => packOf(tenant, type)?.plans.get(type) ?? null,
    knows: (tenant, type, packVersion) => (packOf(tenant, type)?.version ?? -1) >= packVersion,
    measuresOf(series) {
      const found = metricOf(series);
      if (found === null) throw new Error(`metric ${series.metric} version ${series.version} is in no pack that was told`);
      return found.measures;
    },
    metricOf,
    knownThroughMs: reader.knownThroughMs,
  };
}
