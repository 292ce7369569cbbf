/** The packs in force, as control.v1 tells them. */
import { createHash } from 'node:crypto';
import { compileInsights, compileVersions, compileViews, compileWrites, markedFields, parsePackRecord } from '@tidegate/core';
import type {
  CompiledEventType,
  CompiledInsight,
  CompiledMetric,
  CompiledPack,
  CompiledView,
  CompiledWrite,
  MetricVersion,
  PackSource,
} from '@tidegate/core';
import { createControlReader } from '@tidegate/kafka';
import type { ControlTold, TableRecord } from '@tidegate/kafka';

export interface RegisteredPack {
  /** Its metrics are the versions that questions are answered from. */
  readonly compiled: CompiledPack;
  readonly source: PackSource;
  /** Versions that are being made of raw events. */
  readonly making: readonly CompiledMetric[];
  /** By name; compiled when the record came. */
  readonly views: ReadonlyMap<string, CompiledView>;
  /** Of the whole record. */
  readonly hash: string;
  readonly writes: ReadonlyMap<string, CompiledWrite>;
  readonly insights: ReadonlyMap<string, CompiledInsight>;
}

export interface WatchedInsight {
  readonly tenant: string;
  readonly insight: CompiledInsight;
}

export interface Registry {
  /** Takes one record of the control topic. */
  take(record: Pick<TableRecord, 'key' | 'value'>): void;
  /** The version that questions are answered from. */
  metric(tenant: string, metric: string): CompiledMetric | null;
  eventType(tenant: string, type: string): CompiledEventType | null;
  /** Whether the tenant has the metric, and no version of it is whole yet. */
  isFirstMaking(tenant: string, metric: string): boolean;
  /** Versions of the tenant that are being made. */
  making(tenant: string): readonly MetricVersion[];
  metrics(tenant: string): readonly CompiledMetric[];
  pack(tenant: string, pack: string): RegisteredPack | null;
  packs(tenant: string): readonly RegisteredPack[];
  view(tenant: string, pack: string, view: string): CompiledView | null;
  /** Shares of look-ups that classes aim at, by `pack.class`, of all tenants: of two that differ the greater. */
  hitAims(): ReadonlyMap<string, number>;
  /** The same as long as all packs of the tenant are, in every instance. */
  fingerprint(tenant: string): string;
  write(tenant: string, pack: string, write: string): CompiledWrite | null;
  /** Insights whose findings are looked for unasked, of all tenants. */
  watched(): readonly WatchedInsight[];
  /** See `ControlReader`. */
  knownThroughMs(): number;
}

export function createRegistry(onUnreadable: () => void, mark: (fields: Iterable<string>) => void = () => undefined): Registry {
  const reader = createControlReader();
  const packs = new Map<string, Map<string, RegisteredPack>>();
  const ofTenant = (tenant: string): readonly RegisteredPack[] => [...(packs.get(tenant)?.values() ?? [])];

  function put({ tenant, name, value }: ControlTold): void {
    const known = packs.get(tenant) ?? new Map<string, RegisteredPack>();
    packs.set(tenant, known);
    if (value === null) {
      known.delete(name);
      return;
    }
    const record = parsePackRecord(value);
    if (!record.ok) return onUnreadable();
    mark(markedFields(record.value));
    const { pack, answered, making } = compileVersions(tenant, record.value);
    known.set(name, {
      source: record.value.source,
      compiled: { ...pack, metrics: answered },
      making,
      views: compileViews(record.value.source),
      hash: createHash('sha256').update(JSON.stringify(value)).digest('base64url'),
      writes: compileWrites(record.value.source),
      insights: compileInsights(record.value.source),
    });
  }

  return {
    take(record) {
      const told = reader.read(record);
      if (told === 'unreadable') onUnreadable();
      else if (told?.kind === 'pack') put(told);
    },
    metric(tenant, metric) {
      for (const { compiled } of ofTenant(tenant)) {
        const found = compiled.metrics.get(metric);
        if (found !== undefined) return found;
      }
      return null;
    },
    eventType: (tenant, type) => ofTenant(tenant).flatMap(({ compiled }) => compiled.eventTypes.get(type) ?? [])[0] ?? null,
    isFirstMaking: (tenant, metric) =>
      ofTenant(tenant).some(({ compiled, making }) => !compiled.metrics.has(metric) && making.some((one) => one.metric === metric)),
    making: (tenant) => ofTenant(tenant).flatMap(({ making }) => making),
    metrics: (tenant) => ofTenant(tenant).flatMap(({ compiled }) => [...compiled.metrics.values()]),
    pack: (tenant, pack) => packs.get(tenant)?.get(pack) ?? null,
    packs: ofTenant,
    view: (tenant, pack, view) => packs.get(tenant)?.get(pack)?.views.get(view) ?? null,
    hitAims: () => hitAimsOf([...packs.values()].flatMap((ofTenant) => [...ofTenant.values()])),
    fingerprint: (tenant) =>
      [...(packs.get(tenant) ?? [])]
        .map(([name, { hash }]) => `${name} ${hash}`)
        .sort()
        .join('\n'),
    write: (tenant, pack, write) => packs.get(tenant)?.get(pack)?.writes.get(write) ?? null,
    watched: () => watchedOf(packs),
    knownThroughMs: reader.knownThroughMs,
  };
}

function watchedOf(packs: ReadonlyMap<string, ReadonlyMap<string, RegisteredPack>>): readonly WatchedInsight[] {
  return [...packs].flatMap(([tenant, ofTenant]) =>
    [...ofTenant.values()].flatMap(({ insights }) =>
      [...insights.values()].filter(({ everyS }) => everyS !== null).map((insight) => ({ tenant, insight })),
    ),
  );
}

function hitAimsOf(packs: readonly RegisteredPack[]): ReadonlyMap<string, number> {
  const aims = new Map<string, number>();
  for (const { pack, cache } of packs.flatMap(({ views }) => [...views.values()])) {
    if (cache === null || cache.hitAimPct === null) continue;
    const of = `${pack}.${cache.name}`;
    aims.set(of, Math.max(aims.get(of) ?? 0, cache.hitAimPct / 100));
  }
  return aims;
}
