/** Rules of metrics that are over an entity's rows instead of events. */
import { entityColumn } from './compile-entities.ts';
import { declaredIn, keptBy } from './lint-entities.ts';
import type { EntitySource, EventTypeSource, FieldSource, MeasureSource, MetricSource, PackSource } from './schema.ts';

type Report = (path: string, message: string) => void;

/** What can be taken out of a cell again. */
const TAKEN_OUT: ReadonlySet<MeasureSource['measure']> = new Set(['count', 'sum', 'avg', 'variance', 'histogram', 'quantile']);
const EXACT_ONLY: ReadonlySet<MeasureSource['measure']> = new Set(['sum', 'avg', 'variance']);

/** Where a metric counts: its events, or an entity's rows. Returns the event types of which its fields are. */
export function lintSourceOf(pack: PackSource, metric: MetricSource, report: Report): readonly EventTypeSource[] {
  const { over, at, events } = metric;
  if (over === undefined) {
    if (at !== undefined) report('at', 'belongs to metrics over an entity');
    if (events === undefined) report('events', 'a metric is over events, or over an entity');
    return (events ?? []).flatMap((type) => pack.events[type] ?? []);
  }
  if (events !== undefined) report('over', 'stands beside `events`: a metric is over one of the two');
  const entity = pack.entities?.[over];
  if (entity !== undefined) return lintOver(metric, { pack, entity }, report);
  report('over', 'names an entity that the pack does not declare');
  return [];
}

interface OverEntity {
  readonly pack: PackSource;
  readonly entity: EntitySource;
}

function lintOver({ at, measures }: MetricSource, { pack, entity }: OverEntity, report: Report): readonly EventTypeSource[] {
  if (entity.each !== undefined) report('over', 'names an entity of items of lists: views ask for figures over its rows');
  if (at !== undefined) lintAt(at, { pack, entity }, report);
  for (const [name, measure] of Object.entries(measures)) {
    lintTakenOut(measure, declaredIn(pack, entity, measure.field ?? ''), (path, message) => report(`measures.${name}.${path}`, message));
  }
  return rowsAsEvents(pack, entity);
}

function lintAt(at: string, { pack, entity }: OverEntity, report: Report): void {
  const found = keptBy(pack, entity).includes(at) ? declaredIn(pack, entity, at) : [];
  const isTime = found.every((field) => entityColumn(field) === 'date' || entityColumn(field) === 'instant');
  if (found.length === 0 || !isTime) report('at', 'must name a date or timestamp that the entity keeps');
}

function lintTakenOut({ measure }: MeasureSource, found: readonly FieldSource[], report: Report): void {
  if (!TAKEN_OUT.has(measure)) {
    report('measure', `${measure} cannot take out again what an entity no longer is: its rows answer it, or a metric over its events`);
  }
  if (EXACT_ONLY.has(measure) && found.some(({ type }) => type === 'number')) {
    report('field', `${measure} over an entity needs an integer or a decimal: what is left of doubles is not what a recount gives`);
  }
}

/** The entity's events with the fields that rows keep, so that a metric over rows is judged as one over events. */
function rowsAsEvents(pack: PackSource, entity: EntitySource): readonly EventTypeSource[] {
  const names = new Set(keptBy(pack, entity));
  return entity.events.flatMap((type) => {
    const event = pack.events[type];
    if (event === undefined) return [];
    return [{ ...event, fields: Object.fromEntries(Object.entries(event.fields).filter(([name]) => names.has(name))) }];
  });
}
