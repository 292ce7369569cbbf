import { cellOptions } from './compile-measures.ts';
import { eventsOf } from './metric-events.ts';
import { keptGrains } from './grains.ts';
import type { MetricSource, PackSource } from './schema.ts';

/**
 * What decides over a metric's cells, as canonical JSON: titles and units are left out, measures are sorted, the types of
 * the fields that it reads are part of it. Null where the pack has no such metric.
 */
export function metricDefinition(pack: PackSource, name: string): string | null {
  const metric = pack.metrics[name];
  if (metric === undefined) return null;
  const reads = new Set([...metric.dimensions, ...Object.keys(metric.where ?? {})]);
  for (const measure of Object.values(metric.measures)) if (measure.field !== undefined) reads.add(measure.field);
  if (metric.at !== undefined) reads.add(metric.at);
  const fields = eventsOf(pack, metric)
    .toSorted()
    .map((type) => [
      type,
      [...reads].toSorted().map((field) => {
        const { type: fieldType, action, derive } = pack.events[type]?.fields[field] ?? {};
        return [
          field,
          fieldType ?? null,
          action ?? 'keep',
          ...(derive === undefined
            ? []
            : [derive.from, derive.as, derive.bands ?? [], ...[derive.table, derive.cases].filter((one) => one !== undefined)]),
        ];
      }),
    ]);
  const measures = Object.entries(metric.measures).map(([name, measure]) => [
    ...[name, measure.measure, measure.field ?? null],
    ...cellOptions(measure),
  ]);
  const grains = keptGrains(metric.grains);
  return JSON.stringify({
    fields,
    where: sorted(metric.where ?? {}),
    dimensions: metric.dimensions,
    sets: (metric.sets ?? [metric.dimensions]).map((set) => set.toSorted()),
    measures: measures.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    grains,
    ...overDefinition(pack, metric),
  });
}

/** What decides over the rows of the entity that the metric is over. */
function overDefinition(pack: PackSource, { over, at }: MetricSource): object {
  const entity = over === undefined ? undefined : pack.entities?.[over];
  if (entity === undefined) return {};
  const timeOf = at === undefined ? undefined : entity.times?.[at];
  const placed = timeOf === undefined ? [at ?? null] : [at, timeOf];
  return {
    over: [
      over,
      entity.id,
      ...(entity.or_event === true ? ['or_event'] : []),
      entity.events.toSorted(),
      (entity.deleted_by ?? []).toSorted(),
      ...placed,
    ],
  };
}

function sorted(where: Readonly<Record<string, object>>): unknown {
  return Object.entries(where)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([field, condition]) => [field, Object.entries(condition).toSorted(([a], [b]) => (a < b ? -1 : 1))]);
}
