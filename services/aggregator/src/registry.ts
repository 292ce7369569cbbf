import type { CompiledEntity, CompiledMeasure, CompiledMetric, FoldPlan, MetricVersion } from '@tidegate/core';
import { followTable } from '@tidegate/kafka';
import type { FollowedTable, LogClient, TableRecord } from '@tidegate/kafka';
import type { Erasure } from '@tidegate/postgres';
import type { Logger } from '@tidegate/telemetry';
import type { AdoptedVersions, AgingEntity, EntityProjection } from './known-packs.ts';
import { createKnownPacks } from './known-packs.ts';
import type { PackRetention } from './retention-plan.ts';
import { createToldErasures } from './told-erasures.ts';

/** The packs as control.v1 has told them. */
export interface Registry {
  /** The plan in force for a partition that has adopted these versions; null where no metric counts the type. */
  planOf(tenant: string, eventType: string, adopted: AdoptedVersions): FoldPlan | null;
  /** How such a partition projects an entity's rows. */
  projectionOf(entity: CompiledEntity, adopted: AdoptedVersions): EntityProjection;
  /** Whether the pack that judged an event is here: the newest version of the type's pack is at least `packVersion`. */
  knows(tenant: string, eventType: string, packVersion: number): boolean;
  /** Measures of a metric version that any pack told since the start has named, in state order. */
  measuresOf(series: MetricVersion): readonly CompiledMeasure[];
  /** The metric version itself; null where no pack told since the start has named it. */
  metricOf(series: MetricVersion): CompiledMetric | null;
  /** Versions that are being made from raw events, of all packs in force, and the rows of every entity. */
  making(): readonly CompiledMetric[];
  /** Versions that packs in force have folded or made. */
  counted(): readonly CompiledMetric[];
  /** Whether a pack in force has the version folded or made. */
  isWanted(version: MetricVersion): boolean;
  /** Entities that packs of a tenant in force have rows of. */
  entitiesOf(tenant: string): readonly CompiledEntity[];
  /** Persons who are erased, or are to be, as the topic tells. */
  erasures(): readonly Erasure[];
  /** Entities of packs in force whose rows have a time. */
  agingEntities(): readonly AgingEntity[];
  /** How long each pack in force keeps what. */
  retentions(): readonly PackRetention[];
  /** Whether any metric version that was told since the start keeps minutes. */
  hasMinutes(): boolean;
  /**
   * Reads the topic anew, to the end that it has now, for an event whose type no pack declares. Ingest knew the pack, so it
   * was told before the event: where the type is not found even so, a later version of its pack left it out or the pack was
   * deleted, and compaction took what was told before. From then on the type is known, to be counted by no metric.
   */
  lookUp(tenant: string, eventType: string, packVersion: number): void;
  /** Resolves when what is known of packs has changed next. */
  changed(): Promise<void>;
  /** See `ControlReader`. */
  knownThroughMs(): number;
  /** Resolves when the topic has been read to the end that it had at the start. */
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

export interface RegistryOptions {
  readonly client: LogClient;
  readonly topic: string;
  readonly log: Logger;
}

/** Follows control.v1. */
export function followRegistry({ client, topic, log }: RegistryOptions): Registry {
  const packs = createKnownPacks(log);
  const erasures = createToldErasures();
  let change = Promise.withResolvers<void>();

  function tellChange(): void {
    const waiting = change;
    change = Promise.withResolvers();
    waiting.resolve();
  }

  const onRecord = (record: TableRecord): void => {
    erasures.take(record);
    if (packs.take(record)) tellChange();
  };
  const onError = (error: Error): void => log.warn('control_topic_read_failed', { error });
  const follow = (): FollowedTable => followTable({ client, topic, onRecord, onError });
  const table = follow();
  const lookUps = createLookUps(follow);
  return {
    planOf: packs.planOf,
    projectionOf: packs.projectionOf,
    knows: packs.knows,
    measuresOf: packs.measuresOf,
    metricOf: packs.metricOf,
    making: packs.making,
    counted: packs.counted,
    isWanted: packs.isWanted,
    hasMinutes: packs.hasMinutes,
    entitiesOf: packs.entitiesOf,
    erasures: erasures.all,
    agingEntities: packs.agingEntities,
    retentions: packs.retentions,
    lookUp(tenant, type, packVersion) {
      if (packs.hasType(tenant, type)) return;
      lookUps.begin(() => {
        if (packs.hasType(tenant, type)) return;
        packs.giveUp(tenant, type, packVersion);
        log.warn('event_type_in_no_pack', { detail: { pack_version: packVersion } });
        tellChange();
      });
    },
    changed: () => change.promise,
    knownThroughMs: packs.knownThroughMs,
    ready: table.ready,
    close: async () => {
      await Promise.all([table.close(), lookUps.close()]);
    },
  };
}

interface LookUps {
  /** Calls `onEnd` when a new reading has come to the end. */
  begin(onEnd: () => void): void;
  close(): Promise<void>;
}

function createLookUps(follow: () => FollowedTable): LookUps {
  const running = new Set<FollowedTable>();
  const end = async (table: FollowedTable): Promise<void> => {
    if (running.delete(table)) await table.close();
  };
  return {
    begin(onEnd) {
      const table = follow();
      running.add(table);
      void table.ready.then(async () => {
        onEnd();
        await end(table);
      });
    },
    close: async () => {
      await Promise.all([...running].map(end));
    },
  };
}
