import type { MetricSource, PackSource } from './schema.ts';

/** The event types that change what a metric counts: its own, or those of the entity that it is over. */
export function eventsOf({ entities }: Pick<PackSource, 'entities'>, { events, over }: MetricSource): readonly string[] {
  if (over === undefined) return events ?? [];
  const entity = entities?.[over];
  return entity === undefined ? [] : [...entity.events, ...(entity.deleted_by ?? [])];
}
