import { Lateness } from '@tidegate/core';
import type { Metrics } from '@tidegate/telemetry';
import type { FrozenBatch } from './frozen-batch.ts';
import { oldestBackfillMs, oldestUncountedMs } from './announce.ts';
import { eventsOf } from './open-batch.ts';
import type { EventCursor, OwnedPartition } from './owned-partition.ts';
import { committedCells } from './prepared-entities.ts';
import type { SliceReport } from './task-runner.ts';

/** What this service measures, in the words of its own steps. */
export interface Instruments {
  flushed(committed: readonly FrozenBatch[], durationMs: number): void;
  flushFailed(reason: 'fenced' | 'data' | 'server'): void;
  lookedUp(asked: number, found: number): void;
  sliced(slice: SliceReport): void;
  takenOver(): void;
  gap(partition: number, records: number): void;
  waitsForPack(isWaiting: boolean): void;
  stoppedPartition(): void;
  /** Events that belong to another partition since there are more of them. */
  forwarded(events: number): void;
}

export function createInstruments(metrics: Metrics, owned: () => readonly OwnedPartition[], nowMs: () => number): Instruments {
  const counted = metrics.counter('events_counted_total');
  const backfilled = metrics.counter('backfill_counted_total');
  const copies = metrics.counter('dedupe_copies_total');
  const forwarded = metrics.counter('events_forwarded_total');
  const cells = metrics.counter('cells_written_total');
  const folded = metrics.counter('cells_folded_total');
  const duration = metrics.histogram('flush_duration_seconds');
  const flushEvents = metrics.histogram('flush_events');
  const flushCells = metrics.histogram('flush_cells');
  const sliceDuration = metrics.histogram('task_slice_duration_seconds');
  const packWaits = metrics.gauge('degraded', { reason: 'waiting_for_pack' });
  const stopped = metrics.gauge('degraded', { reason: 'unknown_record' });
  const lateness = new Lateness();
  metrics.tally('lateness_seconds', () => ({ counts: [...lateness.counts], sum: lateness.sumMs / 1_000 }));
  metrics.onScrape(() => readGauges(metrics, owned(), nowMs()));

  return {
    flushed(committed, durationMs) {
      let events = 0;
      let written = 0;
      for (const { batch, cells: prepared, entities } of committed) {
        events += eventsOf(batch);
        backfilled.inc(batch.backfill?.events ?? 0);
        written += committedCells(prepared, entities).writes.length;
        copies.inc(batch.copies);
        if (prepared.values !== null) folded.inc(prepared.values.deltasFolded);
        lateness.take(batch.lateness);
        for (const row of batch.rejected) if (row.lane !== 'ingest') metrics.counter('events_rejected_total', { code: row.code }).inc();
      }
      counted.inc(events);
      cells.inc(written);
      duration.observe(durationMs / 1_000);
      flushEvents.observe(events);
      flushCells.observe(written);
    },
    flushFailed: (reason) => metrics.counter('flush_failures_total', { reason }).inc(),
    lookedUp(asked, found) {
      metrics.counter('dedupe_lookups_total', { result: 'copy' }).inc(found);
      metrics.counter('dedupe_lookups_total', { result: 'first' }).inc(asked - found);
    },
    sliced({ kind, result, durationMs, cells: written }) {
      metrics.counter('task_slices_total', { kind, result }).inc();
      sliceDuration.observe(durationMs / 1_000);
      cells.inc(written);
    },
    takenOver: () => metrics.counter('takeovers_total').inc(),
    gap: (partition, records) => metrics.counter('events_lost_total', { partition: String(partition) }).inc(records),
    waitsForPack: (isWaiting) => packWaits.inc(isWaiting ? 1 : -1),
    stoppedPartition: () => stopped.inc(),
    forwarded: (events) => forwarded.inc(events),
  };
}

function readGauges(metrics: Metrics, owned: readonly OwnedPartition[], nowMs: number): void {
  let identities = 0;
  let bytes = 0;
  let withoutFilter = 0;
  const spent = new Set<string>();
  for (const partition of owned) {
    const labels = { partition: String(partition.partition) };
    metrics.gauge('lag_records', labels).set(recordsBehind(partition.live));
    metrics.gauge('backfill_lag_records', labels).set(recordsBehind(partition.backfill));
    metrics.gauge('lag_seconds', labels).set(ageSeconds(oldestUncountedMs(partition), nowMs));
    metrics.gauge('backfill_lag_seconds', labels).set(ageSeconds(oldestBackfillMs(partition), nowMs));
    if (partition.completeThroughMs !== null) metrics.gauge('complete_through_seconds', labels).set(partition.completeThroughMs / 1_000);
    const size = partition.window.size();
    identities += size.identitiesInMemory;
    bytes += size.memoryBytes;
    withoutFilter += size.generationsWithoutFilter;
    for (const budget of partition.cells.spentBudgets()) spent.add(budget);
  }
  metrics.gauge('dimension_budgets_spent').set(spent.size);
  metrics.gauge('partitions_owned').set(owned.length);
  metrics.gauge('dedupe_window_identities').set(identities);
  metrics.gauge('dedupe_window_bytes').set(bytes);
  metrics.gauge('dedupe_generations_without_filter').set(withoutFilter);
  metrics.gauge('degraded', { reason: 'dedup_memory' }).set(withoutFilter > 0 ? 1 : 0);
}

function recordsBehind({ endOffset, committed }: EventCursor): number {
  return Math.max(0, endOffset - committed);
}

function ageSeconds(oldestMs: number | null, nowMs: number): number {
  return oldestMs === null ? 0 : Math.max(0, nowMs - oldestMs) / 1_000;
}
