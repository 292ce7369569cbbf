/** Nothing is stored of events without a stated purpose: what feeds nothing says why it is kept. */
import { fieldsOfEntities } from './lint-entities.ts';
import { eventsOf } from './metric-events.ts';
import { namedExperiments, namedFunnels } from './named-journeys.ts';
import type { EventTypeSource, MetricSource, PackSource } from './schema.ts';

type Report = (path: string, message: string) => void;

/** Members that say what a field may be beside each value of another. */
const BY_ANOTHER = ['bounds_by', 'values_by'] as const;
const NOT_STORED: ReadonlySet<string> = new Set(['drop', 'refuse']);

export function lintUse(pack: PackSource, report: Report): void {
  const used = usedFields(pack);
  for (const [type, { fields }] of Object.entries(pack.events)) {
    for (const [name, { action = 'keep', why }] of Object.entries(fields)) {
      const path = `events.${type}.fields.${name}`;
      const isStored = !NOT_STORED.has(action);
      if (why !== undefined && !isStored) report(`${path}.why`, 'belongs to a field that is kept');
      if (!isStored || why !== undefined || used.get(type)?.has(name) === true) continue;
      report(
        path,
        'feeds no metric, entity, dimension, funnel, experiment or key: remove it, drop it, or say `why` it is kept with the raw events',
      );
    }
  }
}

/** Fields that feed something, per event type. */
function usedFields(pack: PackSource): ReadonlyMap<string, Set<string>> {
  const used = new Map(
    Object.entries(pack.events).map(
      ([type, event]) => [type, new Set([...fieldsOfEvent(event), ...fieldsOfEntities(pack, type)])] as const,
    ),
  );
  for (const metric of Object.values(pack.metrics)) {
    const names = fieldsOfMetric(metric);
    for (const type of eventsOf(pack, metric)) for (const name of names) used.get(type)?.add(name);
  }
  const { views = {} } = pack;
  const ofViews = Object.values(views).flatMap(({ queries }) => Object.values(queries));
  const named = [...namedFunnels(pack), ...namedExperiments(pack)].map(({ question }) => question);
  for (const journey of [...named, ...ofViews]) {
    for (const { event, fields } of stepsOf(journey)) for (const name of fields) used.get(event)?.add(name);
  }
  return used;
}

function fieldsOfEvent(event: EventTypeSource): readonly string[] {
  const beside = Object.values(event.fields).flatMap((field) => BY_ANOTHER.flatMap((member) => field[member]?.field ?? []));
  return event.key === undefined ? beside : [event.key, ...beside];
}

function fieldsOfMetric(metric: MetricSource): readonly string[] {
  const measured = Object.values(metric.measures).flatMap(({ field }) => (field === undefined ? [] : [field]));
  return [...metric.dimensions, ...Object.keys(metric.where ?? {}), ...measured];
}

interface Step {
  readonly event: string;
  readonly fields: readonly string[];
}

/** Steps of a question about the order of events, wherever they stand in it, with the fields that it reads of each. */
function stepsOf(question: Readonly<Record<string, unknown>>): readonly Step[] {
  const { steps, breakdown, exposed, variant = 'variant', event, value } = question;
  const [first] = Array.isArray(steps) ? (steps as unknown[]) : [];
  return [...conditionsIn(question), ...read(first, breakdown), ...read(exposed, variant), ...read(event, value)];
}

function conditionsIn(tree: unknown): readonly Step[] {
  if (typeof tree !== 'object' || tree === null) return [];
  const { where } = tree as Readonly<Record<string, unknown>>;
  const fields = typeof where === 'object' && where !== null ? Object.keys(where) : [];
  return [...fields.flatMap((field) => read(tree, field)), ...Object.values(tree).flatMap(conditionsIn)];
}

function read(step: unknown, field: unknown): readonly Step[] {
  const event = typeof step === 'object' && step !== null ? (step as Readonly<Record<string, unknown>>)['event'] : undefined;
  return typeof event === 'string' && typeof field === 'string' ? [{ event, fields: [field] }] : [];
}
