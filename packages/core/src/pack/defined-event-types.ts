/** Event types that a tenant defines while everything runs: a pack of its own, grown by one type at a time (docs/design/defined-event-types.md). */
import { z } from 'zod';
import type { Fault, Result } from '../fault/fault.ts';
import { failed, ok } from '../fault/fault.ts';
import { incompatibilities } from './event-type-change.ts';
import { namesOfEvents } from './event-names.ts';
import { parsePack } from './parse.ts';
import type { EventTypeSource, PackSource } from './schema.ts';

/** Its name; a pack like any other. */
const DEFINED_PACK = 'custom';

export interface EventTypeDefinition {
  readonly eventType: string;
  /** `add`: it is new to the tenant. `change`: it stands, and what follows it must be compatible. */
  readonly mode: 'add' | 'change';
  /** Members of an event type as in a pack, and `metrics` over it. */
  readonly declared: unknown;
}

/** What is in it is judged with the pack that it becomes part of. */
const DECLARED_SCHEMA = z.looseObject({ metrics: z.record(z.string(), z.looseObject({})).default({}) });

/** The tenant's own pack with the event type, whole and without a fault. `inPlace`: all packs of the tenant. */
export function defineEventType(inPlace: readonly PackSource[], definition: EventTypeDefinition): Result<PackSource, readonly Fault[]> {
  const { eventType, mode } = definition;
  const own = inPlace.find(({ pack }) => pack === DEFINED_PACK) ?? EMPTY;
  const before = own.events[eventType];
  if (mode === 'change') {
    return before === undefined
      ? failed([{ code: 'not_found', message: 'no such event type was defined' }])
      : change(own, definition, before);
  }
  const isTaken = inPlace.some((pack) => namesOfEvents(pack).includes(eventType));
  return isTaken
    ? failed([{ code: 'event_type_taken', path: 'event_type', message: 'a pack of the tenant declares it' }])
    : withType(own, definition);
}

const EMPTY: PackSource = { pack: DEFINED_PACK, title: 'Defined while running', events: {}, metrics: {} };

function change(own: PackSource, definition: EventTypeDefinition, before: EventTypeSource): Result<PackSource, readonly Fault[]> {
  const next = withType(own, definition);
  const after = next.ok ? next.value.events[definition.eventType] : undefined;
  const faults = after === undefined ? [] : incompatibilities(before, after);
  return faults.length > 0 ? failed(faults) : next;
}

function withType(own: PackSource, { eventType, declared }: EventTypeDefinition): Result<PackSource, readonly Fault[]> {
  const read = DECLARED_SCHEMA.safeParse(declared);
  if (!read.success) return failed([{ code: 'pack_invalid', path: 'metrics', message: 'must be an object of metrics by name' }]);
  const { metrics, ...members } = read.data;
  const named = metricsWith(own, eventType, metrics);
  if (!named.ok) return named;
  const next = parsePack({ ...own, events: { ...own.events, [eventType]: members }, metrics: named.value });
  return next.ok ? next : failed(next.fault.map((found) => withinType(found, eventType)));
}

/** Those over other types, and these over this one. */
function metricsWith(
  own: PackSource,
  eventType: string,
  metrics: z.output<typeof DECLARED_SCHEMA>['metrics'],
): Result<object, readonly Fault[]> {
  const isOver = ({ events = [] }: PackSource['metrics'][string]): boolean => events.includes(eventType);
  const all = Object.entries(own.metrics);
  const others = Object.fromEntries(all.filter(([, metric]) => !isOver(metric)));
  const gone = all.filter(([name, metric]) => isOver(metric) && !Object.hasOwn(metrics, name));
  if (gone.length > 0) return failed(gone.map(([name]) => fault('event_type_incompatible', name, 'is asked for: no metric goes')));
  const taken = Object.keys(metrics).filter((name) => Object.hasOwn(others, name));
  if (taken.length > 0) return failed(taken.map((name) => fault('pack_invalid', name, 'is a metric of another event type')));
  const over = Object.entries(metrics).map(([name, metric]) => [name, { ...metric, events: [eventType] }]);
  return ok({ ...others, ...Object.fromEntries(over) });
}

function fault(code: Fault['code'], metric: string, message: string): Fault {
  return { code, path: `metrics.${metric}`, message };
}

/** Places in what was sent, not in the pack. */
function withinType(found: Fault, eventType: string): Fault {
  const prefix = `events.${eventType}.`;
  return found.path?.startsWith(prefix) === true ? { ...found, path: found.path.slice(prefix.length) } : found;
}
