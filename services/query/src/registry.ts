/** The packs in force, as control.v1 tells them. */
import { compilePack, parsePackRecord } from '@tidegate/core';
import type { CompiledMetric, CompiledPack, PackSource } from '@tidegate/core';
import { decodeJson } from '@tidegate/http';
import type { TableRecord } from '@tidegate/kafka';
import { z } from 'zod';

export interface RegisteredPack {
  readonly compiled: CompiledPack;
  readonly source: PackSource;
}

export interface Registry {
  /** Takes one record of the control topic; a value only if its version is greater than the one known. */
  take(record: Pick<TableRecord, 'key' | 'value'>): void;
  metric(tenant: string, metric: string): CompiledMetric | null;
  metrics(tenant: string): readonly CompiledMetric[];
  pack(tenant: string, pack: string): RegisteredPack | null;
  packs(tenant: string): readonly RegisteredPack[];
}

const RECORD_SCHEMA = z.object({ version: z.int(), value: z.unknown() });
const decoder = new TextDecoder();

export function createRegistry(onUnreadable: () => void): Registry {
  const versions = new Map<string, number>();
  const packs = new Map<string, Map<string, RegisteredPack>>();
  const ofTenant = (tenant: string): readonly RegisteredPack[] => [...(packs.get(tenant)?.values() ?? [])];

  function put(tenant: string, name: string, value: unknown): void {
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
    take({ key, value }) {
      const name = decoder.decode(key);
      const [kind, tenant, pack] = name.split('/');
      if (kind !== 'pack' || tenant === undefined || pack === undefined || value === null) return;
      const record = readRecord(value);
      if (record === null) return onUnreadable();
      if (record.version <= (versions.get(name) ?? 0)) return;
      versions.set(name, record.version);
      put(tenant, pack, record.value ?? null);
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
  };
}

function readRecord(bytes: Uint8Array): z.output<typeof RECORD_SCHEMA> | null {
  const json = decodeJson(bytes);
  const record = json.ok ? RECORD_SCHEMA.safeParse(json.value) : null;
  return record?.success === true ? record.data : null;
}
