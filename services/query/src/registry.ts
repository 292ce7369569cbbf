/** The packs in force, as control.v1 tells them. */
import { compilePack, parsePackRecord } from '@tidegate/core';
import type { CompiledMetric, CompiledPack, PackSource } from '@tidegate/core';
import { createControlReader } from '@tidegate/kafka';
import type { ControlTold, TableRecord } from '@tidegate/kafka';

export interface RegisteredPack {
  readonly compiled: CompiledPack;
  readonly source: PackSource;
}

export interface Registry {
  /** Takes one record of the control topic. */
  take(record: Pick<TableRecord, 'key' | 'value'>): void;
  metric(tenant: string, metric: string): CompiledMetric | null;
  metrics(tenant: string): readonly CompiledMetric[];
  pack(tenant: string, pack: string): RegisteredPack | null;
  packs(tenant: string): readonly RegisteredPack[];
  /** See `ControlReader`. */
  knownThroughMs(): number;
}

export function createRegistry(onUnreadable: () => void): Registry {
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
    const { version, source, metrics } = record.value;
    known.set(name, { source, compiled: compilePack({ tenant, version, metricVersions: metrics, pack: source }) });
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
    metrics: (tenant) => ofTenant(tenant).flatMap(({ compiled }) => [...compiled.metrics.values()]),
    pack: (tenant, pack) => packs.get(tenant)?.get(pack) ?? null,
    packs: ofTenant,
    knownThroughMs: reader.knownThroughMs,
  };
}
