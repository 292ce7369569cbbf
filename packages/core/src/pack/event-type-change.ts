/** Whether what fits a declaration of an event type fits the one that takes its place, and means the same by it. */
import { compareExact, parseExact } from '../event/exact-number.ts';
import type { Fault } from '../fault/fault.ts';
import type { EventTypeSource, FieldSource } from './schema.ts';

interface Rule<T> {
  readonly path: string;
  readonly isKept: (before: T, after: T) => boolean;
  readonly message: string;
}

const OF_TYPES: readonly Rule<EventTypeSource>[] = [
  {
    path: 'subject',
    isKept: (before, after) => after.subject === before.subject || after.subject === 'optional',
    message: 'stays as it is, or becomes optional',
  },
  {
    path: 'key',
    isKept: (before, after) => after.key === before.key,
    message: 'stays as it is: events of one thing lie in one partition by it',
  },
  {
    path: 'unknown_members',
    isKept: (before, after) => before.unknown_members === 'refuse' || after.unknown_members === 'drop',
    message: 'were taken before',
  },
  {
    path: 'aliases',
    isKept: (before, after) => isWithin(before.aliases ?? [], after.aliases ?? []),
    message: 'may be added, and none goes',
  },
];

const same = (path: 'type' | 'unit' | 'bounds_by' | 'values_by' | 'sensitive' | 'derive'): Rule<FieldSource> => ({
  path,
  isKept: (before, after) => JSON.stringify(before[path]) === JSON.stringify(after[path]),
  message: 'stays as it is',
});
const rising = (path: 'max' | 'max_length' | 'scale_max'): Rule<FieldSource> => ({
  path,
  isKept: (before, after) => isWider(before[path], after[path], 1),
  message: 'may rise, or go',
});

const OF_FIELDS: readonly Rule<FieldSource>[] = [
  ...(['type', 'unit', 'bounds_by', 'values_by', 'sensitive', 'derive'] as const).map(same),
  // One that feeds a figure is kept without saying so.
  { path: 'action', isKept: (before, after) => (before.action ?? 'keep') === (after.action ?? 'keep'), message: 'stays as it is' },
  {
    path: 'optional',
    isKept: (before, after) => before.optional !== true || after.optional === true,
    message: 'was not asked of senders before',
  },
  {
    path: 'dimension',
    isKept: (before, after) => before.dimension !== true || after.dimension === true,
    message: 'is what figures are grouped by',
  },
  { path: 'values', isKept: (before, after) => isWithin(before.values, after.values), message: 'may be added, and none goes' },
  { path: 'format', isKept: (before, after) => after.format === undefined || after.format === before.format, message: 'may go' },
  { path: 'min', isKept: (before, after) => isWider(before.min, after.min, -1), message: 'may fall, or go' },
  ...(['max', 'max_length', 'scale_max'] as const).map(rising),
];

/**
 * Senders of the type change nothing, and figures of before stay comparable: fields stay what they are, and new ones are optional;
 * bounds, lengths and allowed values widen. How a field is treated stays: nobody was told that it would be kept otherwise.
 */
export function incompatibilities(before: EventTypeSource, after: EventTypeSource): readonly Fault[] {
  const ofFields = Object.entries(before.fields).flatMap(([name, field]) => {
    const next = after.fields[name];
    if (next === undefined) return [faultAt(`fields.${name}`, 'is sent by those who knew it: no field goes')];
    return broken(OF_FIELDS, field, next).map(({ path, message }) => faultAt(`fields.${name}.${path}`, message));
  });
  const added = Object.entries(after.fields).filter(([name]) => before.fields[name] === undefined);
  const asked = added.filter(([, { optional, action, derive }]) => optional !== true && derive === undefined && action !== 'drop');
  return [
    ...broken(OF_TYPES, before, after).map(({ path, message }) => faultAt(path, message)),
    ...ofFields,
    ...asked.map(([name]) => faultAt(`fields.${name}.optional`, 'a new field is optional')),
  ];
}

function broken<T>(rules: readonly Rule<T>[], before: T, after: T): readonly Rule<T>[] {
  return rules.filter(({ isKept }) => !isKept(before, after));
}

function faultAt(path: string, message: string): Fault {
  return { code: 'event_type_incompatible', path, message };
}

type Bound = string | number | undefined;

/** Whether a bound lets through at least what the one before did; `sign`: 1 of an upper one. None is no bound. */
function isWider(before: Bound, after: Bound, sign: 1 | -1): boolean {
  if (after === undefined || after === before) return true;
  const [was, is] = [parseExact(String(before)), parseExact(String(after))];
  return was !== null && is !== null && compareExact(is, was) * sign >= 0;
}

/** No list of values is any value. */
function isWithin(few: readonly string[] | undefined, all: readonly string[] | undefined): boolean {
  return all === undefined || few?.every((one) => all.includes(one)) === true;
}
