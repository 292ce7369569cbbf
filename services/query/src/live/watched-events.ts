/** The newest counted events, each told once it is counted (docs/design/live.md). */
import type { Result } from '@tidegate/core';
import type { ProblemFault } from '@tidegate/http';
import type { ChangedNames } from '../changed-names.ts';
import { eventView, recentMeta } from '../recent/recent-route.ts';
import type { AskedRecent, RecentRouteDeps } from '../recent/recent-route.ts';
import { changedKey } from './watched.ts';
import type { Watched, WatchedColumn } from './watched.ts';

export interface EventsToWatch extends RecentRouteDeps {
  /** Null: of all types. */
  readonly type: string | null;
  readonly first: AskedRecent;
  /** Anew at each asking: now moves on, and event types come. */
  readonly read: () => Result<AskedRecent, ProblemFault>;
  readonly names: Pick<ChangedNames, 'ofMetric' | 'ofEntity'>;
}

const COLUMNS: readonly WatchedColumn[] = [
  { name: 'id', type: 'string' },
  { name: 'source', type: 'string' },
  { name: 'event', type: 'object' },
];
/** Two events of one id and one source are one event. */
const KEYS = 2;

export function watchedEvents(watching: EventsToWatch): Watched {
  const { type, first, read, readRecent } = watching;
  const { tenant, subject, rowsMax } = first.ask;
  return {
    id: JSON.stringify(['events', tenant, subject, type, rowsMax]),
    keys: KEYS,
    async ask() {
      const asked = read();
      if (!asked.ok) return { ok: false, problem: asked.fault };
      const { own, ask } = asked.value;
      const found = await readRecent(ask);
      const rows = found.events.map((event) => [event.eventId, event.source, eventView(event, own)]);
      // Whoever sees everybody's events is told to have done so before there is one.
      return { ok: true, columns: COLUMNS, rows, meta: recentMeta(watching, ask, found), persons: [ask.subject ?? '*'] };
    },
    isTouchedBy: (changed) => touchedBy(watching, tenant).some((name) => changed.has(name)),
  };
}

/** What changes with such an event. One that nothing counts is found when everything is asked for again. */
function touchedBy({ registry, names, type }: EventsToWatch, tenant: string): readonly string[] {
  const isOf = (types: readonly string[]): boolean => type === null || types.includes(type);
  return registry
    .packs(tenant)
    .flatMap(({ compiled: { pack, metrics, entities } }) => [
      ...[...metrics.values()]
        .filter(({ eventTypes }) => isOf(eventTypes))
        .map(({ metric }) => changedKey(tenant, names.ofMetric(metric, null))),
      ...[...entities.values()]
        .filter(({ events }) => isOf(events))
        .map(({ entity }) => changedKey(tenant, names.ofEntity({ pack, entity }, { person: null, id: null }))),
    ]);
}
