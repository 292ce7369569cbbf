import type {
  CompiledDimension,
  CompiledEventType,
  CompiledField,
  CompiledMetric,
  CompiledPack,
  CompiledSet,
  DerivedCase,
  NumberBounds,
  Where,
} from './compiled.ts';
import { compileEntities } from './compile-entities.ts';
import type { CompiledEntity } from './compiled-entity.ts';
import { compileMeasures } from './compile-measures.ts';
import { keptGrains } from './grains.ts';
import { eventsOf } from './metric-events.ts';
import { cellRetentionOf, eventRetentionOf } from './retention.ts';
import { compileSegment } from './segment.ts';
import type { EventTypeSource, FieldSource, MetricSource, PackSource } from './schema.ts';

export interface PackToCompile {
  readonly tenant: string;
  readonly version: number;
  readonly metricVersions: Readonly<Record<string, number>>;
  /** Parsed and linted (`parsePack`). */
  readonly pack: PackSource;
}

/** Turns a linted pack into the one form that the services work with. Total: whatever could be wrong is a lint. */
export function compilePack({ tenant, version, metricVersions, pack }: PackToCompile): CompiledPack {
  const eventTypes = new Map<string, CompiledEventType>();
  for (const [type, event] of Object.entries(pack.events)) eventTypes.set(type, compileEventType(type, event));
  const entities = compileEntities({ tenant, pack, eventTypes });
  const metrics = new Map<string, CompiledMetric>();
  for (const [name, metric] of Object.entries(pack.metrics)) {
    const types = eventsOf(pack, metric);
    const fields = types.flatMap((type) => eventTypes.get(type)?.fields ?? []);
    metrics.set(name, {
      tenant,
      pack: pack.pack,
      metric: name,
      version: metricVersions[name] ?? 1,
      ...(metric.title === undefined ? {} : { title: metric.title }),
      eventTypes: types,
      ...compileOver(metric, entities),
      ...(metric.where === undefined ? {} : { where: defined(metric.where) as Where }),
      dimensions: metric.dimensions.map((dimension) => compileDimension(metric, dimension, fields)),
      sets: compileSets(metric),
      grains: keptGrains(metric.grains),
      retention: cellRetentionOf(pack, metric),
      measures: compileMeasures(metric, fields),
    });
  }
  return {
    ...{ tenant, pack: pack.pack, version, title: pack.title, eventTypes, entities, metrics },
    guard: pack.privacy?.guard ?? [],
    keepsIds: pack.privacy?.mapping === true,
    segment: compileSegment(pack.segment, pack.events),
    ...eventRetentionOf(pack),
  };
}

function compileOver({ over, at }: MetricSource, entities: ReadonlyMap<string, CompiledEntity>): Pick<CompiledMetric, 'over'> {
  const entity = over === undefined ? undefined : entities.get(over);
  if (entity === undefined) return {};
  return { over: { entity, at: entity.fields.find(({ name }) => name === at) ?? null } };
}

function compileEventType(type: string, event: EventTypeSource): CompiledEventType {
  const fields = Object.entries(event.fields).map(([name, field]) => compileField(name, field));
  return {
    type,
    aliases: event.aliases ?? [],
    subject: event.subject,
    ...(event.key === undefined ? {} : { keyField: event.key }),
    unknownMembers: event.unknown_members,
    fields,
    fieldByName: new Map(fields.map((field) => [field.name, field])),
  };
}

function compileField(name: string, field: FieldSource): CompiledField {
  const { action, values, derive, bounds_by: boundsBy, values_by: valuesBy } = field;
  return {
    name,
    type: field.type,
    isOptional: field.optional === true,
    isDimension: field.dimension === true,
    action: action ?? 'keep',
    isSensitive: field.sensitive !== undefined,
    ...(derive === undefined
      ? {}
      : {
          derive: {
            from: derive.from,
            as: derive.as,
            ...defined({ bands: derive.bands, table: derive.table, cases: derive.cases?.map(compileCase) }),
          },
        }),
    ...defined({ values, valuesBy, unit: field.unit, maxLength: field.max_length, format: field.format, scaleMax: field.scale_max }),
    ...(field.min === undefined && field.max === undefined ? {} : { bounds: compileBounds(field) }),
    ...(boundsBy === undefined
      ? {}
      : {
          boundsBy: {
            field: boundsBy.field,
            of: Object.fromEntries(Object.entries(boundsBy.of).map(([value, of]) => [value, compileBounds(of)])),
          },
        }),
  };
}

function compileCase({ where, ...derived }: NonNullable<NonNullable<FieldSource['derive']>['cases']>[number]): DerivedCase {
  return { ...derived, where: defined(where) as Where };
}

function compileBounds(bounds: { min?: string | undefined; max?: string | undefined; integer?: boolean | undefined }): NumberBounds {
  return defined({ min: bounds.min, max: bounds.max, integer: bounds.integer });
}

function compileDimension(metric: MetricSource, name: string, fields: readonly CompiledField[]): CompiledDimension {
  const field = fields.find((candidate) => candidate.name === name);
  return { name, type: field?.type ?? 'string', ...defined({ values: field?.values, valuesPerDay: metric.values_per_day?.[name] }) };
}

function compileSets(metric: MetricSource): readonly CompiledSet[] {
  return (metric.sets ?? [metric.dimensions]).map((set, setNo) => ({
    setNo,
    dimensions: metric.dimensions.filter((dimension) => set.includes(dimension)),
    bySubject: set.includes('subject'),
  }));
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The same object without the members that are undefined, as exact optional members want it. */
function defined<T extends object>(members: T): Defined<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Defined<T>;
}
