/** `GET /v1/events/stats`: how the stream of a tenant's events goes, from what the owners of partitions tell beside their commits. */
import { lagQuantileMs, toIsoUtc } from '@tidegate/core';
import type { Exchange } from '@tidegate/http';
import { invalidRequest, sendJson, sendProblem, STREAM_QUERY } from '@tidegate/http';
import type { TallyReader, TallySum } from '@tidegate/postgres';
import type { Registry } from './registry.ts';

export interface EventStatsDeps {
  readonly tallies: TallyReader;
  readonly registry: Pick<Registry, 'packs'>;
  readonly nowMs: () => number;
}

const MINUTE_MS = 60_000;

export function createReadEventStats({ tallies, registry, nowMs }: EventStatsDeps): (exchange: Exchange) => Promise<void> {
  return async function readEventStats(exchange) {
    const { caller, query, response, context } = exchange;
    const asked = STREAM_QUERY.safeParse(Object.fromEntries(query));
    if (!asked.success) return sendProblem(response, invalidRequest(asked.error), context);
    const { minutes } = asked.data;
    const now = nowMs();
    // So many whole minutes, of which the last goes on.
    const sinceMs = Math.floor(now / MINUTE_MS) * MINUTE_MS - (minutes - 1) * MINUTE_MS;
    const [sums, rejected] = await Promise.all([
      tallies.sums(caller.tenant, { sinceMs, nowMs: now }),
      tallies.rejectedSince(caller.tenant, sinceMs),
    ]);
    const declared = registry.packs(caller.tenant).flatMap(({ source }) => Object.keys(source.events));
    const types = typesOf(sums, declared);
    const total = types.reduce((sum, one) => sum + one.total, 0);
    sendJson(exchange, {
      types,
      events_per_second: Math.round((100 * total) / ((now - sinceMs) / 1_000)) / 100,
      rejected,
      duplicates: sums.find(({ what }) => what === 'copies')?.events ?? 0,
      lag_ms: lagOf(sums),
      minutes,
      generated_at: toIsoUtc(now),
    });
  };
}

/** The busiest first; declared types of which nothing came stand behind them. */
function typesOf(sums: readonly TallySum[], declared: readonly string[]) {
  const counted = sums
    .filter(({ what }) => what === 'type')
    .map(({ name, events, lastHour, lastAtMs }) => {
      return { event_type: name, total: events, last_hour: lastHour, last_at: toIsoUtc(lastAtMs) as string | null };
    });
  const known = new Set(counted.map(({ event_type }) => event_type));
  const silent = [...new Set(declared)].filter((type) => !known.has(type));
  return [...counted, ...silent.map((event_type) => ({ event_type, total: 0, last_hour: 0, last_at: null }))].toSorted(
    (a, b) => b.total - a.total || (a.event_type < b.event_type ? -1 : 1),
  );
}

function lagOf(sums: readonly TallySum[]) {
  const classes = new Map(sums.filter(({ what }) => what === 'lag').map(({ name, events }) => [Number(name), events]));
  const at = (p: number): number | null => {
    const ms = lagQuantileMs(classes, p);
    return ms === null ? null : Math.round(ms * 10) / 10;
  };
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
