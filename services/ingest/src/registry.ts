import type { CompiledPack } from '@tidegate/core';
import { compilePack, EventTypes, parsePackRecord } from '@tidegate/core';
import type { LogClient, TableRecord } from '@tidegate/kafka';
import { followTable } from '@tidegate/kafka';
import type { Logger } from '@tidegate/telemetry';
import { z } from 'zod';
import { decodeJson } from './json.ts';

/** What control.v1 has told: which event types each tenant has, and how many partitions there are. */
export interface Registry {
  /** Replaced as a whole when a pack of the tenant changes, so a request keeps the one that it began with. */
  typesOf(tenant: string): EventTypes;
  /** 0 until it is known. */
  partitions(): number;
  /** Whether the topic was read to the end that it had at the start, and the number of partitions is known. */
  isReady(): boolean;
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

export interface RegistryOptions {
  readonly client: LogClient;
  readonly topic: string;
  readonly log: Logger;
}

const CONTROL_RECORD = z.object({ version: z.number().int(), value: z.unknown() });
const PARTITION_COUNT = z.object({ count: z.number().int().min(1) });
const NO_TYPES = new EventTypes([]);
const decoder = new TextDecoder();

/** Follows control.v1. A value is taken only if its version is greater, and each stands alone. */
export function followRegistry({ client, topic, log }: RegistryOptions): Registry {
  const versions = new Map<string, number>();
  const packs = new Map<string, Map<string, CompiledPack>>();
  const types = new Map<string, EventTypes>();
  let partitions = 0;
  let isRead = false;

  function take(record: TableRecord): void {
    const key = decoder.decode(record.key);
    const [kind, tenant, name] = key.split('/');
    if (tenant === undefined || name === undefined || record.value === null) return;
    if (kind !== 'pack' && kind !== 'partitions') return;
    const read = CONTROL_RECORD.safeParse(decodeJson(record.value));
    if (!read.success) return log.error('control_record_unreadable', { detail: { offset: record.offset } });
    if (read.data.version <= (versions.get(key) ?? 0)) return;
    versions.set(key, read.data.version);
    if (kind === 'pack') takePack({ tenant, name }, read.data.value);
    else takePartitions(read.data.value);
  }

  function takePartitions(value: unknown): void {
    const read = PARTITION_COUNT.safeParse(value);
    if (read.success) partitions = read.data.count;
  }

  function takePack({ tenant, name }: { tenant: string; name: string }, value: unknown): void {
    const ofTenant = packs.get(tenant) ?? new Map<string, CompiledPack>();
    packs.set(tenant, ofTenant);
    if (value === null) ofTenant.delete(name);
    else {
      const record = parsePackRecord(value);
      if (!record.ok) return log.error('pack_record_unreadable', { detail: { faults: record.fault.length } });
      const { version, source, metrics } = record.value;
      ofTenant.set(name, compilePack({ tenant, version, metricVersions: metrics, pack: source }));
      log.info('pack_in_force', { detail: { version } });
    }
    types.set(tenant, new EventTypes(ofTenant.values()));
  }

  const table = followTable({ client, topic, onRecord: take, onError: (error) => log.warn('control_topic_read_failed', { error }) });
  const ready = table.ready.then(() => {
    isRead = true;
  });
  return {
    typesOf: (tenant) => types.get(tenant) ?? NO_TYPES,
    partitions: () => partitions,
    isReady: () => isRead && partitions > 0,
    ready,
    close: () => table.close(),
  };
}
