import type { LogClient, RecordSlab } from '@tidegate/kafka';
import type { AuditKeeper, AuditPosition } from '@tidegate/postgres';
import { pause, retry } from '@tidegate/runtime';
import type { Logger, Metrics } from '@tidegate/telemetry';
import { arrivalsOf } from './audit-arrivals.ts';

export interface KeepAuditDeps {
  readonly client: Pick<LogClient, 'createReader' | 'createAdmin'>;
  readonly topic: string;
  readonly keeper: AuditKeeper;
  readonly signal: AbortSignal;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Least time between two fetches; default 250 ms. What comes within it goes to Postgres in one transaction. */
  readonly paceMs?: number;
}

export interface KeepingAudit {
  close(): Promise<void>;
}

/** The topic has one: all records of a gateway in the order in which it numbered them. */
const PARTITION = 0;
const PACE_MS = 250;
const BACKOFF = { firstMs: 50, capMs: 2_000 } as const;
const PRUNE_EVERY_MS = 60_000;
const PRUNED_MAX = 10_000;

/**
 * Copies audit.v1 into the chains in Postgres, each record once. Every instance of the service tries: the position in Postgres
 * moves in the transaction that keeps what lies before it, so whoever is not where that is stops and goes there. The log keeps
 * all of it for as long as Postgres does, so a keeper that is late, or a database that is away, loses nothing.
 */
export function keepAudit(deps: KeepAuditDeps): KeepingAudit {
  const { client, topic, keeper, signal, log } = deps;
  const onError = (error: unknown): void => log.warn('audit_keeping_failed', { error });
  let expected: AuditPosition = { topicId: '', nextOffset: 0 };
  /** Of the topic that is there now. */
  let topicId = '';
  let going: Promise<void> = Promise.resolve();

  const reader = client.createReader({
    onError,
    paceMs: deps.paceMs ?? PACE_MS,
    onSlab: createTake(deps, {
      expected: () => expected,
      nextOf: ({ nextOffset }) => ({ topicId, nextOffset }),
      moveTo: (position) => (expected = position),
      goOn,
    }),
    // Records were gone before they were kept, or the log is shorter than it was: what there is goes on.
    onOutOfRange: ({ requested, startOffset, endOffset }) => {
      log.error('audit_log_gap', { detail: { requested, startOffset, endOffset } });
      goOn(startOffset);
    },
  });

  /** Reads on where Postgres says; a topic that was made anew from its start. */
  async function begin(fromOffset: number): Promise<void> {
    const onRetry = (error: unknown): void => onError(error);
    const found = await retry(async () => ({ position: await keeper.readPosition(), topicId: await idOf(deps) }), {
      ...{ ...BACKOFF, signal, onRetry },
    });
    topicId = found.topicId;
    expected = found.position;
    const isSame = expected.topicId === topicId;
    if (!signal.aborted) reader.assign(topic, PARTITION, Math.max(fromOffset, isSame ? expected.nextOffset : 0));
  }

  function goOn(fromOffset = 0): void {
    reader.unassign(topic, PARTITION);
    going = going.then(() => begin(fromOffset)).catch((error: unknown) => (signal.aborted ? undefined : onError(error)));
  }

  goOn();
  const pruning = pruneAll(deps);
  return {
    async close() {
      await going;
      await reader.close();
      await pruning;
    },
  };
}

async function idOf({ client, topic }: KeepAuditDeps): Promise<string> {
  const admin = client.createAdmin();
  try {
    const description = await admin.describeTopic(topic);
    if (description === null) throw new Error(`topic ${topic} does not exist yet`);
    return description.topicId;
  } finally {
    await admin.close();
  }
}

interface Place {
  /** Where Postgres was when this instance last knew. */
  readonly expected: () => AuditPosition;
  readonly nextOf: (slab: RecordSlab) => AuditPosition;
  readonly moveTo: (position: AuditPosition) => void;
  readonly goOn: () => void;
}

function createTake({ keeper, metrics, log }: KeepAuditDeps, place: Place): (slab: RecordSlab) => Promise<void> {
  const kept = metrics.counter('audit_chained_total');
  const missing = metrics.counter('audit_missing_total');
  const unreadable = metrics.counter('audit_unreadable_total');
  const lag = metrics.gauge('audit_chain_lag_records');
  const degraded = metrics.gauge('degraded', { reason: 'audit_chain' });
  degraded.set(0);
  return async function take(slab) {
    const arrivals = arrivalsOf(slab);
    const next = place.nextOf(slab);
    lag.set(slab.endOffset - (slab.offsets[0] ?? slab.endOffset));
    try {
      const outcome = await keeper.keep({ expected: place.expected(), next, arrivals });
      degraded.set(0);
      if (outcome.kind === 'moved') return place.goOn();
      place.moveTo(next);
      lag.set(slab.endOffset - slab.nextOffset);
      kept.inc(outcome.records);
      unreadable.inc(arrivals.filter(({ isUnreadable }) => isUnreadable === true).length);
      missing.inc(outcome.missing);
      if (outcome.missing > 0) log.error('audit_records_missing', { detail: { records: outcome.missing } });
    } catch (error) {
      // The same records are delivered again: whether they were kept, the position says.
      degraded.set(1);
      throw error;
    }
  };
}

async function pruneAll({ keeper, signal, log }: KeepAuditDeps): Promise<void> {
  while (!signal.aborted) {
    await pause(PRUNE_EVERY_MS, signal).catch(() => undefined);
    if (signal.aborted) return;
    await keeper.prune(PRUNED_MAX).catch((error: unknown) => log.warn('audit_pruning_failed', { error }));
  }
}
