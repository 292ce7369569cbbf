import { compilePack, foldPlansOf, parsePackRecord } from '@tidegate/core';
import type { CompiledMeasure, FoldPlan, SeriesEntry } from '@tidegate/core';
import { followTable } from '@tidegate/kafka';
import type { LogClient, TableRecord } from '@tidegate/kafka';
import type { Logger } from '@tidegate/telemetry';
import { z } from 'zod';

/** The packs as control.v1 has told them. */
export interface Registry {
  /** The plan in force; null where no metric counts the type. */
  planOf(tenant: string, eventType: string): FoldPlan | null;
  /** Whether the pack that judged an event is here: the newest version of the type's pack is at least `packVersion`. */
  knows(tenant: string, eventType: string, packVersion: number): boolean;
  /** Measures of a metric version that any pack told since the start has named, in state order. */
  measuresOf(series: Pick<SeriesEntry, 'tenant' | 'metric' | 'version'>): readonly CompiledMeasure[];
  /** Resolves when the next control record has been taken in. */
  changed(): Promise<void>;
  /** Resolves when the topic has been read to the end that it had at the start. */
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

export interface RegistryOptions {
  readonly client: LogClient;
  readonly topic: string;
  readonly log: Logger;
}

interface KnownPack {
  readonly version: number;
  readonly plans: ReadonlyMap<string, FoldPlan>;
  readonly types: ReadonlySet<string>;
}

const CONTROL_RECORD = z.object({ version: z.number().int(), value: z.unknown() });
const decoder = new TextDecoder();

/** Follows control.v1. Each record stands alone and replaces an earlier one of its key only by a greater version. */
export function followRegistry({ client, topic, log }: RegistryOptions): Registry {
  const packs = new Map<string, KnownPack>();
  const versions = new Map<string, number>();
  const byType = new Map<string, KnownPack>();
  const measures = new Map<string, readonly CompiledMeasure[]>();
  let change = Promise.withResolvers<void>();

  function take(record: TableRecord): void {
    const key = decoder.decode(record.key);
    const [kind, tenant] = key.split('/');
    if (kind !== 'pack' || tenant === undefined || record.value === null) return;
    const read = CONTROL_RECORD.safeParse(parseJson(decoder.decode(record.value)));
    if (!read.success) return log.error('control_record_unreadable', { detail: { offset: record.offset } });
    if (read.data.version <= (versions.get(key) ?? 0)) return;
    versions.set(key, read.data.version);
    if (read.data.value !== null) takePack(key, tenant, read.data.value);
    else forgetPack(tenant, key);
    const waiting = change;
    change = Promise.withResolvers();
    waiting.resolve();
  }

  function takePack(key: string, tenant: string, value: unknown): void {
    const record = parsePackRecord(value);
    if (!record.ok) return log.error('pack_record_unreadable', { detail: { faults: record.fault.length } });
    const { version, source, metrics } = record.value;
    const pack = compilePack({ tenant, version, metricVersions: metrics, pack: source });
    const known = { version, plans: foldPlansOf(pack), types: new Set(pack.eventTypes.keys()) };
    packs.set(key, known);
    for (const type of known.types) byType.set(`${tenant} ${type}`, known);
    for (const metric of pack.metrics.values()) measures.set(`${tenant} ${metric.metric} ${metric.version}`, metric.measures);
    log.info('pack_in_force', { detail: { version, metrics: pack.metrics.size } });
  }

  /** Events that a deleted pack judged are still counted as raw events: their types stay known, their plans go. */
  function forgetPack(tenant: string, key: string): void {
    const known = packs.get(key);
    if (known === undefined) return;
    for (const type of known.types)
      byType.set(`${tenant} ${type}`, { version: Number.MAX_SAFE_INTEGER, plans: new Map(), types: known.types });
  }

  const table = followTable({ client, topic, onRecord: take, onError: (error) => log.warn('control_topic_read_failed', { error }) });
  return {
    planOf: (tenant, type) => byType.get(`${tenant} ${type}`)?.plans.get(type) ?? null,
    knows: (tenant, type, packVersion) => (byType.get(`${tenant} ${type}`)?.version ?? -1) >= packVersion,
    measuresOf: (series) => {
      const found = measures.get(`${series.tenant} ${series.metric} ${series.version}`);
      if (found === undefined) throw new Error(`metric ${series.metric} version ${series.version} is in no pack that was told`);
      return found;
    },
    changed: () => change.promise,
    ready: table.ready,
    close: () => table.close(),
  };
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
