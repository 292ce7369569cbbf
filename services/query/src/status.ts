import { freshnessOf, LATENESS_BOUNDS_S, latenessQuantileS, toIsoUtc } from '@tidegate/core';
import type { Freshness } from './freshness.ts';
import { gapPlace } from './gaps.ts';

/** `GET /v1/status`. */
export type Status = () => Promise<Readonly<Record<string, unknown>>>;

export interface StatusDeps {
  readonly freshness: Freshness;
  readonly nowMs: () => number;
  /** Copies of the events topic that the brokers keep; null while unknown. */
  readonly replicationFactor: () => number | null;
  /** Each rejects where the dependency does not answer. */
  readonly checks: Readonly<Record<string, () => Promise<unknown>>>;
  readonly versions: Readonly<Record<string, string>>;
}

export function createStatus({ freshness, nowMs, replicationFactor, checks, versions }: StatusDeps): Status {
  return async function readStatus() {
    const now = nowMs();
    const backfill = freshness.trackedBackfill();
    const held = [...freshness.tracked().values()].map((one) => ({ ...one, backfill: backfill.get(one.partition) ?? null }));
    const partitions = freshness.of(held).toSorted((a, b) => a.partition - b.partition);
    const whole = freshnessOf(partitions, now);
    const states = await Promise.all(Object.entries(checks).map(async ([name, check]) => [name, await isUp(check)] as const));
    return {
      status: whole.status,
      complete_through: isoOrNull(whole.completeThroughMs),
      lag_ms: Math.round(whole.lagMs),
      lateness: latenessOf([...freshness.tracked().values()].map(({ lateness }) => lateness)),
      backfill_pending: freshness.backfillPending(held),
      partitions: partitions.map((one) => ({
        partition: one.partition,
        next_offset: String(one.nextOffset),
        end_offset: String(freshness.ends('live').get(one.partition) ?? one.nextOffset),
        complete_through: isoOrNull(one.completeThroughMs),
        lag_ms: one.oldestUncountedMs === null ? 0 : Math.max(0, Math.round(now - one.oldestUncountedMs)),
        has_gap: one.hasGap,
        backfill: backfillView(freshness, one.partition, now),
      })),
      gaps: freshness.gaps().map((gap) => ({
        ...gapPlace(gap),
        // By whom and why is told to operators alone.
        acknowledged_at: gap.acknowledged === null ? null : toIsoUtc(gap.acknowledged.atMs),
      })),
      // One copy is safe against a crash of the process, not of the machine.
      durability: (replicationFactor() ?? 1) > 1 ? 'replicated' : 'single',
      dependencies: Object.fromEntries(states),
      versions,
      generated_at: toIsoUtc(now),
    };
  };
}

/** Of the events that the present owners have counted. */
function latenessOf(partitions: readonly (readonly number[])[]): Readonly<Record<string, unknown>> {
  const counts = Array.from({ length: LATENESS_BOUNDS_S.length + 1 }, (_, at) => partitions.reduce((sum, one) => sum + (one[at] ?? 0), 0));
  const quantile = (p: number): number | null => latenessQuantileS(counts, p);
  return {
    events: counts.reduce((sum, count) => sum + count, 0),
    at_most_s: { p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99) },
    classes: counts.map((events, at) => ({ at_most_s: LATENESS_BOUNDS_S[at] ?? null, events })),
  };
}

function backfillView(freshness: Freshness, partition: number, nowMs: number): Readonly<Record<string, unknown>> {
  const word = freshness.trackedBackfill().get(partition);
  const nextOffset = word?.nextOffset ?? 0;
  return {
    next_offset: String(nextOffset),
    end_offset: String(freshness.ends('backfill').get(partition) ?? nextOffset),
    lag_ms: Math.max(0, Math.round(nowMs - (word?.oldestUncountedMs ?? nowMs))),
  };
}

async function isUp(check: () => Promise<unknown>): Promise<'up' | 'down'> {
  try {
    await check();
    return 'up';
  } catch {
    return 'down';
  }
}

function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : toIsoUtc(ms);
}
