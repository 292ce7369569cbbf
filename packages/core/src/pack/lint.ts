import type { Fault } from '../fault/fault.ts';
import { compareExact, parseExact } from '../event/exact-number.ts';
import { lintInsights } from '../insight/compile-insight.ts';
import { compileLimits, lintReach, SHIPPED_LAYER } from '../limit/limits-tree.ts';
import { TYPE_DIMENSION } from './event-members.ts';
import { namesOfEvents } from './event-names.ts';
import { lintEntities } from './lint-entities.ts';
import { lintSourceOf } from './lint-entity-metrics.ts';
import { lintMeasure } from './lint-measures.ts';
import { eventsOf } from './metric-events.ts';
import { isUnreadable, lintPersonFields, lintPersonMappings } from './lint-persons.ts';
import { lintUse } from './lint-use.ts';
import { lintRetention } from './retention.ts';
import { segmentEntries } from './segment.ts';
import { compilePack } from './compile.ts';
import { namedExperiments, namedFunnels } from './named-journeys.ts';
import { faultOfQuestion } from '../view/lint-query.ts';
import { lintViews } from '../view/lint-views.ts';
import { lintWrites } from '../write/lint-writes.ts';
import type { EventTypeSource, FieldSource, MetricSource, PackSource } from './schema.ts';

/** Rules of a pack that its schema cannot say. */

const NUMERIC: ReadonlySet<string> = new Set(['integer', 'decimal', 'number']);
const DIMENSIONAL: ReadonlySet<string> = new Set(['string', 'enum', 'boolean', 'integer']);
const TEXTUAL: ReadonlySet<string> = new Set(['string', 'enum']);
const LENGTHY: ReadonlySet<string> = new Set(['string', 'string_list']);
const TREATED: ReadonlySet<string> = new Set(['hash', 'pseudonymise']);

type Report = (path: string, message: string) => void;

export function lintPack(pack: PackSource): readonly Fault[] {
  const faults: Fault[] = [];
  const report: Report = (path, message) => faults.push({ code: 'pack_invalid', path, message });
  lintAliases(pack, report);
  for (const [type, event] of Object.entries(pack.events)) {
    lintEvent(event, (path, message) => report(`events.${type}.${path}`, message));
    lintPersonFields(event, (path, message) => report(`events.${type}.${path}`, message));
  }
  lintUse(pack, report);
  for (const [name, metric] of Object.entries(pack.metrics)) {
    lintMetric(pack, metric, (path, message) => report(`metrics.${name}.${path}`, message));
  }
  lintEntities(pack, report);
  lintRetention(pack, report);
  lintSegment(pack, (path, message) => report(`segment.${path}`, message));
  lintPersonMappings(pack, (path, message) => report(`segment.${path}`, message));
  faults.push(...lintLimits(pack));
  // Questions are planned over what the pack compiles to, which it does only without a fault.
  return faults.length > 0 ? faults : [...lintQuestions(pack), ...lintInsights(pack)];
}

function lintQuestions(pack: PackSource): readonly Fault[] {
  const { views = {}, writes = {} } = pack;
  const journeys = [
    ...namedFunnels(pack).map((one) => ({ ...one, section: 'funnels' })),
    ...namedExperiments(pack).map((one) => ({ ...one, section: 'experiments' })),
  ];
  if (Object.keys(views).length + Object.keys(writes).length + journeys.length === 0) return [];
  const about = {
    ...compilePack({ tenant: '', version: 1, metricVersions: {}, pack }),
    insights: new Set(Object.keys(pack.insights ?? {})),
  };
  return [
    ...lintViews({ pack: pack.pack, views, cache: pack.cache, about }),
    ...lintWrites({ pack: pack.pack, writes, views, about }),
    ...journeys.flatMap(({ section, name, question }): Fault[] => {
      const fault = faultOfQuestion({ ...question, last: '30d' }, about);
      return fault === null ? [] : [{ code: 'pack_invalid', path: `${section}.${name}.${fault.path}`, message: fault.message }];
    }),
  ];
}

function lintAliases(pack: PackSource, report: Report): void {
  const names = namesOfEvents(pack);
  for (const [type, { aliases = [] }] of Object.entries(pack.events)) {
    for (const alias of aliases) {
      if (names.indexOf(alias) !== names.lastIndexOf(alias)) report(`events.${type}.aliases`, 'holds a name that stands twice in the pack');
    }
  }
}

/** New policies and classes of a pack bear its name, so that two packs never speak of the same one. */
function lintLimits({ pack, limits }: PackSource): readonly Fault[] {
  if (limits === undefined) return [];
  const names = [...Object.keys(limits.policies), ...limits.classes.map((one) => one.class)];
  const foreign = names.filter((name) => !name.startsWith(`${pack}.`) && !Object.hasOwn(SHIPPED_LAYER.policies, name));
  const compiled = compileLimits([SHIPPED_LAYER, { source: 'limits', ...limits }]);
  const faults: Fault[] = [
    ...foreign.map((): Fault => ({
      code: 'limits_invalid',
      path: 'limits',
      message: 'names of new policies and classes begin with the name of the pack and a dot',
    })),
    ...lintReach(limits, 'limits'),
    ...(compiled.ok ? [] : compiled.fault),
  ];
  return faults.map((fault) => ({ ...fault, code: 'pack_invalid' }));
}

function lintSegment(pack: PackSource, report: Report): void {
  for (const [key, { type, fields = {} }] of segmentEntries(pack.segment)) {
    const path = key.replace(' ', '.');
    const event = pack.events[type];
    if (event === undefined) report(`${path}.type`, 'is no event type of this pack');
    const unknown = Object.keys(fields).filter((field) => event !== undefined && !Object.hasOwn(event.fields, field));
    for (const field of unknown) report(`${path}.fields.${field}`, 'is no field of the event type');
  }
}

function lintEvent(event: EventTypeSource, report: Report): void {
  if (event.key !== undefined) lintKey(event, event.key, report);
  for (const [name, field] of Object.entries(event.fields)) {
    const at: Report = (path, message) => report(`fields.${name}${path}`, message);
    lintTypeMembers(field, at);
    lintSensitivity(field, at);
    for (const member of BY_ANOTHER) lintByAnother(event, field[member], (path, message) => at(`.${member}${path}`, message));
    if (field.dimension === true && !DIMENSIONAL.has(field.type)) {
      at('.dimension', 'only string, enum, boolean and integer fields may be dimensions');
    }
  }
}

function lintKey(event: EventTypeSource, key: string, report: Report): void {
  const field = event.fields[key];
  if (field === undefined) report('key', 'names a field that the event type does not declare');
  else if (!TEXTUAL.has(field.type) && field.type !== 'integer') report('key', 'must name a string, enum or integer field');
  else if (field.optional === true) report('key', 'must name a field that is not optional');
}

function lintTypeMembers(field: FieldSource, report: Report): void {
  lintBounds(field, report);
  if (field.scale_max !== undefined && field.type !== 'decimal') report('.scale_max', 'belongs to decimal fields only');
  if ((field.type === 'enum') !== (field.values !== undefined)) report('.values', 'an enum field has values, other fields have none');
  if (field.values_by !== undefined && field.type !== 'string') report('.values_by', 'belongs to string fields only');
  if (field.format !== undefined && field.type !== 'string') report('.format', 'belongs to string fields only');
  if (field.max_length !== undefined && !LENGTHY.has(field.type)) report('.max_length', 'belongs to string fields only');
}

function lintBounds(field: FieldSource, report: Report): void {
  const bounds = [field.min, field.max].flatMap((bound) => bound ?? []);
  const isBounded = bounds.length > 0 || field.bounds_by !== undefined;
  if (isBounded && !NUMERIC.has(field.type)) report('', 'bounds belong to numbers only');
  const [low, high] = bounds.map(parseExact);
  if (low === null || high === null) report('', 'has a bound with more digits than can be held exactly');
  else if (low !== undefined && high !== undefined && compareExact(low, high) > 0) report('.min', 'is greater than max');
}

function lintSensitivity(field: FieldSource, report: Report): void {
  const isTreated = TREATED.has(field.action ?? '');
  if (isTreated && field.type !== 'string') report('.action', 'only string fields can be hashed or pseudonymised');
  if (field.dimension === true) lintDimensionAction(field, isTreated, report);
}

function lintDimensionAction(field: FieldSource, isTreated: boolean, report: Report): void {
  const isGone = isUnreadable(field);
  if (isGone && field.action !== 'seal') report('.dimension', 'a field that is dropped or refused cannot be a dimension');
  const names = field.sensitive === 'id' || field.sensitive === 'pii';
  if (names && !isGone && !isTreated)
    report('.dimension', 'a field that names a person may be a dimension only when hashed or pseudonymised');
}

/** Members that say what a field may be beside each value of another. */
const BY_ANOTHER = ['bounds_by', 'values_by'] as const;

function lintByAnother(event: EventTypeSource, said: FieldSource[(typeof BY_ANOTHER)[number]], report: Report): void {
  if (said === undefined) return;
  const by = event.fields[said.field];
  if (by === undefined || !TEXTUAL.has(by.type)) {
    report('.field', 'must name a string or enum field of the event type');
    return;
  }
  for (const value of Object.keys(said.of)) {
    if (by.values !== undefined && !by.values.includes(value)) report(`.of.${value}`, 'is no value of that enum');
  }
}

function lintMetric(pack: PackSource, metric: MetricSource, report: Report): void {
  const events = lintSourceOf(pack, metric, report);
  const types = metric.over === undefined ? eventsOf(pack, metric) : [];
  if (events.length < types.length) report('events', 'names an event type that the pack does not declare');
  if (new Set(types).size < types.length) report('events', 'names an event type twice');
  const find = (name: string): readonly FieldSource[] => events.flatMap((event) => event.fields[name] ?? []);
  lintDimensions(metric, find, report);
  for (const name of Object.keys(metric.where ?? {})) lintCondition(find(name), (message) => report(`where.${name}`, message));
  lintMeasures(metric, events, report);
  lintSets(metric, report);
}

function lintField(found: readonly FieldSource[], report: (message: string) => void): void {
  if (found.length === 0) report('names a field that none of the events declares');
  if (new Set(found.map((field) => field.type)).size > 1) report('has different types in the events of the metric');
}

function lintCondition(found: readonly FieldSource[], report: (message: string) => void): void {
  lintField(found, report);
  if (found.some(isUnreadable)) report('names a field that is dropped, refused or sealed: derive from it what is needed');
}

function lintDimensions(metric: MetricSource, find: (name: string) => readonly FieldSource[], report: Report): void {
  for (const [index, name] of metric.dimensions.entries()) {
    const path = `dimensions[${String(index)}]`;
    if (name === 'subject') report(path, 'subject is no dimension: name it in sets');
    else if (name === TYPE_DIMENSION) lintTypeDimension(metric, (message) => report(path, message));
    else lintField(find(name), (message) => report(path, message));
    if (find(name).some((field) => field.dimension !== true)) report(path, 'names a field that is not marked `dimension: true`');
    if (metric.dimensions.indexOf(name) !== index) report(path, 'stands twice');
  }
  for (const name of Object.keys(metric.values_per_day ?? {})) {
    if (!metric.dimensions.includes(name)) report(`values_per_day.${name}`, 'is no dimension of the metric');
  }
}

/** A row is what several events made it. */
function lintTypeDimension({ over }: MetricSource, report: (message: string) => void): void {
  if (over !== undefined) report('is of events, and the metric is over rows');
}

function lintMeasures(metric: MetricSource, events: readonly EventTypeSource[], report: Report): void {
  if (Object.keys(metric.measures).length === 0) report('measures', 'a metric needs a measure');
  for (const [name, measure] of Object.entries(metric.measures)) {
    lintMeasure(measure, events, (path, message) => report(`measures.${name}.${path}`, message));
  }
}

function lintSets(metric: MetricSource, report: Report): void {
  const seen = new Set<string>();
  for (const [index, set] of (metric.sets ?? []).entries()) {
    const path = `sets[${String(index)}]`;
    for (const name of set) {
      if (name !== 'subject' && !metric.dimensions.includes(name)) report(path, 'holds a name that is no dimension of the metric');
    }
    const normal = [...new Set(set)].toSorted().join(' ');
    if (new Set(set).size < set.length) report(path, 'holds a dimension twice');
    if (seen.has(normal)) report(path, 'stands twice');
    seen.add(normal);
  }
}
