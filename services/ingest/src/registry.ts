import type { CompiledPack } from '@tidegate/core';
import { compilePack, EventTypes, markedFields, parsePackRecord } from '@tidegate/core';
import type { ControlTold, LogClient, TableRecord } from '@tidegate/kafka';
import { createControlReader, followTable } from '@tidegate/kafka';
import type { Logger } from '@tidegate/telemetry';
import { z } from 'zod';

/** What control.v1 has told: which event types each tenant has, and how many partitions there are. */
export interface Registry {
  /** Replaced as a whole when a pack of the tenant changes, so a request keeps the one that it began with. */
  typesOf(tenant: string): EventTypes;
  /** Whether events about the person are refused: erased, or to be erased. */
  isErased(tenant: string, pseudonym: string): boolean;
  /** 0 until it is known. */
  partitions(): number;
  /** Partitions are being made more: nothing new is taken until that is done (docs/design/partition-growth.md). */
  isGrowing(): boolean;
  /** Whether the topic was read to the end that it had at the start, and the number of partitions is known. */
  isReady(): boolean;
  readonly ready: Promise<void>;
  /** See `ControlReader`. */
  knownThroughMs(): number;
  close(): Promise<void>;
}

export interface RegistryOptions {
  readonly client: LogClient;
  readonly topic: string;
  readonly log: Logger;
}

const PARTITION_COUNT = z.object({ count: z.number().int().min(1), growing_to: z.number().int().optional() });
const NO_TYPES = new EventTypes([]);

/** Follows control.v1. */
export function followRegistry({ client, topic, log }: RegistryOptions): Registry {
  const reader = createControlReader();
  const packs = new Map<string, Map<string, CompiledPack>>();
  const types = new Map<string, EventTypes>();
  const erased = new Set<string>();
  let partitions = 0;
  let isGrowing = false;
  let isRead = false;

  function take(record: TableRecord): void {
    const told = reader.read(record);
    if (told === null) return;
    if (told === 'unreadable') return log.error('control_record_unreadable', { detail: { offset: record.offset } });
    if (told.kind === 'pack') takePack(told);
    else if (told.kind === 'partitions') takePartitions(told.value);
    else if (told.kind === 'erased') erased.add(`${told.tenant}/${told.name}`);
  }

  function takePartitions(value: unknown): void {
    const read = PARTITION_COUNT.safeParse(value);
    if (!read.success) return;
    partitions = read.data.count;
    isGrowing = read.data.growing_to !== undefined;
  }

  function takePack({ tenant, name, value }: ControlTold): void {
    const ofTenant = packs.get(tenant) ?? new Map<string, CompiledPack>();
    packs.set(tenant, ofTenant);
    if (value === null) ofTenant.delete(name);
    else {
      const record = parsePackRecord(value);
      if (!record.ok) return log.error('pack_record_unreadable', { detail: { faults: record.fault.length } });
      log.mark(markedFields(record.value));
      const { version, source, metrics } = record.value;
      ofTenant.set(name, compilePack({ tenant, version, metricVersions: metrics, pack: source }));
      log.info('pack_in_force', { detail: { version } });
    }
    types.set(tenant, new EventTypes(ofTenant.values()));
  }

  const table = followTable({ client, topic, onRecord: take, onError: (error) => log.warn('control_topic_read_failed', { error }) });
  const ready = table.ready.then(() => {
    isRead = true;
    log.info('control_read');
  });
  return {
    typesOf: (tenant) => types.get(tenant) ?? NO_TYPES,
    // Where nobody is erased no text is made for the question.
    isErased: (tenant, pseudonym) => erased.size > 0 && erased.has(`${tenant}/${pseudonym}`),
    partitions: () => partitions,
    isGrowing: () => isGrowing,
    isReady: () => isRead && partitions > 0,
    ready,
    knownThroughMs: reader.knownThroughMs,
    close: () => table.close(),
  };
}
