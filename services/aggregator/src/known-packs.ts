import { compilePack, foldPlansOf, parsePackRecord } from '@tidegate/core';
import type { CompiledMeasure, FoldPlan, SeriesEntry } from '@tidegate/core';
import type { TableRecord } from '@tidegate/kafka';
import type { Logger } from '@tidegate/telemetry';
import { z } from 'zod';

export type MetricName = Pick<SeriesEntry, 'tenant' | 'metric' | 'version'>;

/** What control.v1 has told of packs so far. */
export interface KnownPacks {
  /** Takes a record in; true when it changed something. Each stands alone and replaces an earlier one of its key only by a greater version. */
  take(record: TableRecord): boolean;
  /** No pack declares the type: events that were judged by this version or an earlier one are counted by no metric. */
  giveUp(tenant: string, eventType: string, packVersion: number): void;
  hasType(tenant: string, eventType: string): boolean;
  planOf(tenant: string, eventType: string): FoldPlan | null;
  knows(tenant: string, eventType: string, packVersion: number): boolean;
  measuresOf(series: MetricName): readonly CompiledMeasure[];
}

interface KnownPack {
  readonly version: number;
  readonly plans: ReadonlyMap<string, FoldPlan>;
  readonly types: ReadonlySet<string>;
}

const CONTROL_RECORD = z.object({ version: z.number().int(), value: z.unknown() });
const NO_PLANS: ReadonlyMap<string, FoldPlan> = new Map();
const decoder = new TextDecoder();

export function createKnownPacks(log: Logger): KnownPacks {
  const packs = new Map<string, KnownPack>();
  const versions = new Map<string, number>();
  /** By tenant, then by type: two look-ups an event and no string made for them. */
  const byTenant = new Map<string, Map<string, KnownPack>>();
  const measures = new Map<string, readonly CompiledMeasure[]>();

  const packOf = (tenant: string, type: string): KnownPack | undefined => byTenant.get(tenant)?.get(type);

  function setPack(tenant: string, type: string, pack: KnownPack): void {
    const types = byTenant.get(tenant);
    if (types === undefined) byTenant.set(tenant, new Map([[type, pack]]));
    else types.set(type, pack);
  }

  function takePack({ key, tenant, value }: PackTold): void {
    const record = parsePackRecord(value);
    if (!record.ok) return log.error('pack_record_unreadable', { detail: { faults: record.fault.length } });
    const { version, source, metrics } = record.value;
    const pack = compilePack({ tenant, version, metricVersions: metrics, pack: source });
    const known = { version, plans: foldPlansOf(pack), types: new Set(pack.eventTypes.keys()) };
    dropPlans({ key, tenant });
    packs.set(key, known);
    for (const type of known.types) setPack(tenant, type, known);
    for (const metric of pack.metrics.values()) measures.set(`${tenant} ${metric.metric} ${metric.version}`, metric.measures);
    log.info('pack_in_force', { detail: { version, metrics: pack.metrics.size } });
  }

  /**
   * Events of types that their pack leaves out now, or whose pack is deleted, are kept as raw events: the types stay known,
   * the plans go. A type that has moved to another pack since is that one's.
   */
  function dropPlans({ key, tenant }: Pick<PackTold, 'key' | 'tenant'>): void {
    const known = packs.get(key);
    if (known === undefined) return;
    for (const type of known.types) if (packOf(tenant, type) === known) setPack(tenant, type, { ...known, plans: NO_PLANS });
  }

  return {
    take(record) {
      const told = readPackRecord(record);
      if (told === null) return false;
      if (told === 'unreadable') {
        log.error('control_record_unreadable', { detail: { offset: record.offset } });
        return false;
      }
      if (told.version <= (versions.get(told.key) ?? 0)) return false;
      versions.set(told.key, told.version);
      if (told.value === null) dropPlans(told);
      else takePack(told);
      return true;
    },
    giveUp: (tenant, type, version) => setPack(tenant, type, { version, plans: NO_PLANS, types: new Set([type]) }),
    hasType: (tenant, type) => packOf(tenant, type) !== undefined,
    planOf: (tenant, type) => packOf(tenant, type)?.plans.get(type) ?? null,
    knows: (tenant, type, packVersion) => (packOf(tenant, type)?.version ?? -1) >= packVersion,
    measuresOf({ tenant, metric, version }) {
      const found = measures.get(`${tenant} ${metric} ${version}`);
      if (found === undefined) throw new Error(`metric ${metric} version ${version} is in no pack that was told`);
      return found;
    },
  };
}

interface PackTold {
  readonly key: string;
  readonly tenant: string;
  readonly version: number;
  /** Null: the pack is deleted. */
  readonly value: unknown;
}

/** Null: not about a pack. */
function readPackRecord({ key: keyBytes, value }: TableRecord): PackTold | 'unreadable' | null {
  const key = decoder.decode(keyBytes);
  const [kind, tenant] = key.split('/');
  if (kind !== 'pack' || tenant === undefined || value === null) return null;
  const read = CONTROL_RECORD.safeParse(parseJson(decoder.decode(value)));
  return read.success ? { key, tenant, version: read.data.version, value: read.data.value } : 'unreadable';
}

function parseJson(text: string): unknown {
  try {
    return z.json().parse(decodeJson(text));
  } catch {
    return undefined;
  }
}

function decodeJson(text: string): unknown {
  // oxlint-disable-next-line -- the one place where this service reads JSON text; zod judges the result.
  return JSON.parse(text);
}
