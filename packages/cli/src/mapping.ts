import { parse } from 'yaml';
import { z } from 'zod';
import { addDays, createInstantReader, type TimeFormat } from './instant.ts';
import { NumberText } from './json-text.ts';

/** One row of a file: its columns (CSV), or the members of its object (NDJSON). */
export type Row = Readonly<Record<string, unknown>>;

const name = z.string().min(1);
const oneColumn = z.strictObject({ column: name });
const joinedColumns = z.strictObject({ columns: z.array(name).min(1), separator: z.string().max(8).default(':') });
const renamedColumn = z.strictObject({ column: name, values: z.record(name, name), otherwise: name.optional() });
const zone = z.string().default('UTC');
const fieldSchema = z.union([
  z.strictObject({
    column: name,
    type: z.enum(['string', 'integer', 'decimal', 'number', 'boolean']).default('string'),
    /** Texts that say that there is nothing. */
    absent: z.array(name).min(1).optional(),
  }),
  z.strictObject({ column: name, type: z.enum(['timestamp', 'date']), format: name.default('iso'), zone }),
  z.strictObject({ column: name, equals: z.string() }),
  renamedColumn,
  z.strictObject({ list: z.array(name).min(1) }),
  z.strictObject({ minutes: z.tuple([name, name]) }),
  joinedColumns,
  z.strictObject({ value: z.union([z.string(), z.number(), z.boolean()]) }),
  z.strictObject({ event: z.enum(['id', 'occurred_at']) }),
]);
const timeOfColumn = z.strictObject({
  column: name,
  /** The time that each text of the column means, in the format. */
  values: z.record(name, name).optional(),
  format: name.default('iso'),
  zone,
  /** Whole days of the zone that are added, below zero too. */
  add_days: oneColumn.optional(),
});
const rowCondition = z
  .strictObject({ eq: z.string().optional(), in: z.array(z.string()).min(1).optional(), exists: z.boolean().optional() })
  .refine((given) => Object.keys(given).length > 0, { message: 'name at least one of eq, in and exists' });
const mappingSchema = z.strictObject({
  event_type: z.union([name, renamedColumn]),
  /** A second file of rows beside the one that is sent; its row with the same values in these columns adds its columns. */
  join: z.strictObject({ file: name, on: z.union([name.transform((column) => [column]), z.array(name).min(1)]) }).optional(),
  where: z.record(name, rowCondition).optional(),
  id: z.union([oneColumn, joinedColumns]).optional(),
  source: z.union([name, oneColumn]).optional(),
  subject: oneColumn.optional(),
  /** A column's, or the time that the file as a whole is of. */
  occurred_at: z.union([timeOfColumn, z.strictObject({ value: z.iso.datetime() })]),
  data: z.record(z.string(), fieldSchema),
});

type Field = z.infer<typeof fieldSchema>;
type ScalarType = Exclude<Extract<Field, { type: unknown }>['type'], 'timestamp' | 'date'>;
type FieldReader = (row: Row, event: EventParts) => unknown;

/** What of an event its members may repeat. */
interface EventParts {
  readonly id: string;
  readonly occurred_at: string;
}

/** How the rows of a file become events; the format is described in `packs/README.md`. */
export type Mapping = z.infer<typeof mappingSchema>;

const NAMED_FORMATS: readonly string[] = ['iso', 'epoch_s', 'epoch_ms', 'epoch_us', 'epoch_ns'];
const NUMBER_FORMS: Readonly<Record<'integer' | 'decimal' | 'number', RegExp>> = {
  integer: /^-?(0|[1-9]\d*)$/,
  decimal: /^-?(0|[1-9]\d*)(\.\d+)?$/,
  number: /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/,
};

/** Reads a mapping file; throws with the place of every fault. */
export function parseMapping(yaml: string): Mapping {
  const read = mappingSchema.safeParse(parse(yaml));
  if (read.success) return read.data;
  throw new Error(`mapping: ${read.error.issues.map((issue) => `${issue.path.join('.') || 'top level'}: ${issue.message}`).join('; ')}`);
}

/**
 * Makes the JSON text of an event from a row, or null where the mapping's `where` does not take it; `fallbackId` is taken where
 * the mapping names no id. Throws on an unreadable row.
 */
export function createRowMapper(mapping: Mapping): (row: Row, fallbackId: () => string) => string | null {
  const { event_type: type, id, source, subject, occurred_at: time } = mapping;
  const isTaken = createRowTest(mapping.where);
  const readTime = createOccurredAtReader(time);
  const fields = Object.entries(mapping.data).map(([field, from]) => [field, createFieldReader(from)] as const);
  return function toEvent(row, fallbackId) {
    if (!isTaken(row)) return null;
    const event = {
      id: id === undefined ? fallbackId() : 'columns' in id ? joinedText(row, id) : requiredText(row, id.column),
      type: typeof type === 'string' ? type : renamed(requiredText(row, type.column), type),
      source: typeof source === 'object' ? textAt(row, source.column) : source,
      subject: subject === undefined ? undefined : textAt(row, subject.column),
      occurred_at: readTime(row),
    };
    const data: Record<string, unknown> = {};
    for (const [field, read] of fields) {
      const value = read(row, event);
      if (value !== undefined) data[field] = value;
    }
    return JSON.stringify({ ...event, data });
  };
}

function createOccurredAtReader(time: Mapping['occurred_at']): (row: Row) => string {
  if ('value' in time) return () => time.value;
  const { column, values, zone, add_days: added } = time;
  const read = createTimeReader(time);
  return function readOccurredAt(row) {
    const text = requiredText(row, column);
    const instant = read(values === undefined ? text : renamed(text, { column, values }));
    if (added === undefined) return instant;
    const days = requiredText(row, added.column);
    const moved = /^-?\d{1,6}$/.test(days) ? addDays(instant, Number(days), zone) : null;
    if (moved === null) throw new Error(`column ${added.column} holds no number of days`);
    return moved;
  };
}

function createRowTest(where: Mapping['where']): (row: Row) => boolean {
  const conditions = Object.entries(where ?? {});
  return (row) => conditions.every(([column, condition]) => holds(condition, textAt(row, column)));
}

function holds({ eq, in: among, exists }: z.infer<typeof rowCondition>, text: string | undefined): boolean {
  if (exists !== undefined && (text !== undefined) !== exists) return false;
  if (eq !== undefined && text !== eq) return false;
  return among === undefined || (text !== undefined && among.includes(text));
}

function createTimeReader(time: { column: string; format: string; zone: string }): (text: string) => string {
  const named = NAMED_FORMATS.includes(time.format);
  const read = createInstantReader(named ? (time.format as TimeFormat) : { pattern: time.format, zone: time.zone });
  return function readTime(text) {
    const instant = read(text);
    if (instant === null) throw new Error(`column ${time.column} holds no time of the form ${time.format}`);
    return instant;
  };
}

/** Of undefined (an empty column, null) the member is left out. */
function createFieldReader(field: Field): FieldReader {
  if ('value' in field) return () => field.value;
  if ('event' in field) return (_row, event) => event[field.event];
  if ('columns' in field) return (row) => joinedText(row, field);
  if ('list' in field) return (row) => field.list.flatMap((column) => textAt(row, column) ?? []);
  if ('minutes' in field) return createMinutesReader(field.minutes);
  if ('equals' in field) return (row) => textAt(row, field.column) === field.equals;
  return createColumnReader(field);
}

function createColumnReader(field: Extract<Field, { type: unknown } | { values: unknown }>): FieldReader {
  const read = createTextReader(field);
  const absent = new Set('absent' in field ? field.absent : []);
  return function readColumn(row) {
    const text = textAt(row, field.column);
    return text === undefined || absent.has(text) ? undefined : read(text);
  };
}

function createTextReader(field: Extract<Field, { type: unknown } | { values: unknown }>): (text: string) => unknown {
  if ('values' in field) return (text) => renamed(text, field);
  const { column, type } = field;
  if (type === 'timestamp') return createTimeReader(field);
  if (type !== 'date') return (text) => typedValue(text, { column, type });
  // A date is the one that the file says, whatever zone it says with it.
  const readTime = createTimeReader({ ...field, zone: 'UTC' });
  return function readDate(text) {
    const instant = readTime(text);
    return (field.format === 'iso' ? text : instant).slice(0, 10);
  };
}

function renamed(text: string, { column, values, otherwise }: z.infer<typeof renamedColumn>): string {
  const value = Object.hasOwn(values, text) ? values[text] : otherwise;
  if (value === undefined) throw new Error(`column ${column} holds a value that the mapping does not name`);
  return value;
}

/** From the first column's time to the second's, to a thousandth of a minute. */
function createMinutesReader([from, to]: readonly [string, string]): FieldReader {
  const [readFrom, readTo] = [from, to].map((column) => createTimeReader({ column, format: 'iso', zone: 'UTC' }));
  return function readMinutes(row) {
    const [start, end] = [textAt(row, from), textAt(row, to)];
    if (start === undefined || end === undefined || readFrom === undefined || readTo === undefined) return undefined;
    return Math.round((Date.parse(readTo(end)) - Date.parse(readFrom(start))) / 60) / 1_000;
  };
}

function typedValue(text: string, of: { readonly column: string; readonly type: ScalarType }): unknown {
  if (of.type === 'string') return text;
  // As X12 writes what is less than one.
  const trimmed = text.trim().replace(/^(-?)(?=\.\d)/, '$10');
  if (of.type === 'boolean') return toBoolean(trimmed, of.column);
  if (!NUMBER_FORMS[of.type].test(trimmed)) throw new Error(`column ${of.column} holds no ${of.type}`);
  return new NumberText(trimmed);
}

function toBoolean(text: string, column: string): boolean {
  if (/^(true|1)$/i.test(text)) return true;
  if (/^(false|0)$/i.test(text)) return false;
  throw new Error(`column ${column} holds no boolean`);
}

export function textAt(row: Row, column: string): string | undefined {
  const value = row[column];
  if (value === undefined || value === null || value === '') return undefined;
  if (value instanceof NumberText) return value.digits;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function joinedText(row: Row, { columns, separator }: z.infer<typeof joinedColumns>): string {
  return columns.map((column) => requiredText(row, column)).join(separator);
}

function requiredText(row: Row, column: string): string {
  const text = textAt(row, column);
  if (text === undefined) throw new Error(`column ${column} is empty, and the mapping needs it`);
  return text;
}
