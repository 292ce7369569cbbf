import { parse } from 'yaml';
import { z } from 'zod';
import { createInstantReader, type TimeFormat } from './instant.ts';
import { NumberText } from './json-text.ts';

/** One row of a file: its columns (CSV), or the members of its object (NDJSON). */
export type Row = Readonly<Record<string, unknown>>;

const name = z.string().min(1);
const oneColumn = z.strictObject({ column: name });
const joinedColumns = z.strictObject({ columns: z.array(name).min(1) });
const fieldSchema = z.union([
  z.strictObject({ column: name, type: z.enum(['string', 'integer', 'decimal', 'number', 'boolean']).default('string') }),
  z.strictObject({ column: name, equals: z.string() }),
  joinedColumns,
  z.strictObject({ value: z.union([z.string(), z.number(), z.boolean()]) }),
]);
const mappingSchema = z.strictObject({
  event_type: name,
  id: z.union([oneColumn, joinedColumns]).optional(),
  source: z.union([name, oneColumn]).optional(),
  subject: oneColumn.optional(),
  occurred_at: z.strictObject({ column: name, format: name.default('iso'), zone: z.string().default('UTC') }),
  data: z.record(z.string(), fieldSchema),
});

type Field = z.infer<typeof fieldSchema>;
type ScalarType = Extract<Field, { type: unknown }>['type'];

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

/** Makes the JSON text of an event from a row; `fallbackId` is taken where the mapping names no id. Throws on an unreadable row. */
export function createRowMapper(mapping: Mapping): (row: Row, fallbackId: () => string) => string {
  const { id, source, subject, occurred_at: time } = mapping;
  const readTime = createInstantReader(timeFormat(time));
  const fields = Object.entries(mapping.data);
  return function toEvent(row, fallbackId) {
    const occurredAt = readTime(requiredText(row, time.column));
    if (occurredAt === null) throw new Error(`column ${time.column} holds no time of the form ${time.format}`);
    const data: Record<string, unknown> = {};
    for (const [field, from] of fields) {
      const value = fieldValue(row, from);
      if (value !== undefined) data[field] = value;
    }
    return JSON.stringify({
      id: id === undefined ? fallbackId() : 'columns' in id ? joinedText(row, id.columns) : requiredText(row, id.column),
      type: mapping.event_type,
      source: typeof source === 'object' ? textAt(row, source.column) : source,
      subject: subject === undefined ? undefined : textAt(row, subject.column),
      occurred_at: occurredAt,
      data,
    });
  };
}

function timeFormat(time: Mapping['occurred_at']): TimeFormat {
  return NAMED_FORMATS.includes(time.format) ? (time.format as TimeFormat) : { pattern: time.format, zone: time.zone };
}

/** Undefined (the member is left out) for an empty column and for null. */
function fieldValue(row: Row, field: Field): unknown {
  if ('value' in field) return field.value;
  if ('columns' in field) return joinedText(row, field.columns);
  const text = textAt(row, field.column);
  if ('equals' in field) return text === field.equals;
  return text === undefined ? undefined : typedValue(text, { column: field.column, type: field.type });
}

function typedValue(text: string, of: { readonly column: string; readonly type: ScalarType }): unknown {
  if (of.type === 'string') return text;
  const trimmed = text.trim();
  if (of.type === 'boolean') return toBoolean(trimmed, of.column);
  if (!NUMBER_FORMS[of.type].test(trimmed)) throw new Error(`column ${of.column} holds no ${of.type}`);
  return new NumberText(trimmed);
}

function toBoolean(text: string, column: string): boolean {
  if (/^(true|1)$/i.test(text)) return true;
  if (/^(false|0)$/i.test(text)) return false;
  throw new Error(`column ${column} holds no boolean`);
}

function textAt(row: Row, column: string): string | undefined {
  const value = row[column];
  if (value === undefined || value === null || value === '') return undefined;
  if (value instanceof NumberText) return value.digits;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function joinedText(row: Row, columns: readonly string[]): string {
  return columns.map((column) => requiredText(row, column)).join(':');
}

function requiredText(row: Row, column: string): string {
  const text = textAt(row, column);
  if (text === undefined) throw new Error(`column ${column} is empty, and the mapping needs it`);
  return text;
}
