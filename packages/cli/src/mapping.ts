import { parse } from 'yaml';
import { z } from 'zod';
import { createInstantReader } from './instant.ts';
import { NumberText } from './json-text.ts';

/** One row of a file: its columns (CSV), or the members of its object (NDJSON). */
export type Row = Readonly<Record<string, unknown>>;

const column = z.string().min(1);
const epoch = z.enum(['iso', 'epoch_s', 'epoch_ms', 'epoch_us', 'epoch_ns']);
const timeSchema = z.union([
  column,
  z.strictObject({ column, format: epoch.default('iso') }),
  z.strictObject({ column, pattern: z.string().min(1), zone: z.string().default('UTC') }),
]);
const fieldSchema = z.union([
  column,
  z.strictObject({ column, as: z.enum(['text', 'integer', 'decimal', 'boolean']).default('text') }),
  z.strictObject({ column, equals: z.string() }),
  z.strictObject({ value: z.union([z.string(), z.number(), z.boolean()]) }),
]);
const mappingSchema = z.strictObject({
  type: z.string().min(1),
  source: z.string().optional(),
  id: z.union([column, z.array(column).min(1)]).optional(),
  subject: column.optional(),
  occurred_at: timeSchema,
  data: z.record(z.string(), fieldSchema),
  separator: z.string().length(1).optional(),
});

type Field = z.infer<typeof fieldSchema>;

/** How the rows of a file become events; the format is described in `packs/README.md`. */
export type Mapping = z.infer<typeof mappingSchema>;

/** Reads a mapping file; throws with the place of every fault. */
export function parseMapping(yaml: string): Mapping {
  const read = mappingSchema.safeParse(parse(yaml));
  if (read.success) return read.data;
  throw new Error(`mapping: ${read.error.issues.map((issue) => `${issue.path.join('.') || 'top level'}: ${issue.message}`).join('; ')}`);
}

/** Makes the JSON text of an event from a row; `fallbackId` is taken where the mapping names no id. Throws on an unreadable row. */
export function createRowMapper(mapping: Mapping): (row: Row, fallbackId: () => string) => string {
  const timeColumn = typeof mapping.occurred_at === 'string' ? mapping.occurred_at : mapping.occurred_at.column;
  const readTime = createInstantReader(timeFormat(mapping.occurred_at));
  const ids = mapping.id === undefined ? [] : [mapping.id].flat();
  const fields = Object.entries(mapping.data);
  return function toEvent(row, fallbackId) {
    const occurredAt = readTime(textAt(row, timeColumn) ?? '');
    if (occurredAt === null) throw new Error(`column ${timeColumn} holds no time in the mapping's format`);
    const data: Record<string, unknown> = {};
    for (const [name, field] of fields) {
      const value = fieldValue(row, field);
      if (value !== undefined) data[name] = value;
    }
    return JSON.stringify({
      id: ids.length === 0 ? fallbackId() : ids.map((name) => requiredText(row, name)).join('|'),
      type: mapping.type,
      source: mapping.source,
      subject: mapping.subject === undefined ? undefined : requiredText(row, mapping.subject),
      occurred_at: occurredAt,
      data,
    });
  };
}

function timeFormat(time: Mapping['occurred_at']): Parameters<typeof createInstantReader>[0] {
  if (typeof time === 'string') return 'iso';
  return 'pattern' in time ? { pattern: time.pattern, zone: time.zone } : time.format;
}

/** Undefined (the member is left out) for an empty column and for null. */
function fieldValue(row: Row, field: Field): unknown {
  if (typeof field === 'string')
    return row[field] instanceof NumberText || typeof row[field] === 'boolean' ? row[field] : textAt(row, field);
  if ('value' in field) return field.value;
  if ('equals' in field) return textAt(row, field.column) === field.equals;
  const text = textAt(row, field.column);
  return text === undefined ? undefined : typedValue(text, field);
}

function typedValue(text: string, field: { readonly column: string; readonly as: 'text' | 'integer' | 'decimal' | 'boolean' }): unknown {
  const trimmed = text.trim();
  switch (field.as) {
    case 'text':
      return text;
    case 'integer':
      return exactNumber(trimmed, /^-?(0|[1-9]\d*)$/, field.column);
    case 'decimal':
      return exactNumber(trimmed, /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/, field.column);
    case 'boolean':
      if (/^(true|1|yes)$/i.test(trimmed)) return true;
      if (/^(false|0|no)$/i.test(trimmed)) return false;
      throw new Error(`column ${field.column} holds no boolean`);
  }
}

function exactNumber(text: string, form: RegExp, name: string): NumberText {
  if (!form.test(text)) throw new Error(`column ${name} holds no number of the form that the mapping asks for`);
  return new NumberText(text);
}

function textAt(row: Row, name: string): string | undefined {
  const value = row[name];
  if (value === undefined || value === null || value === '') return undefined;
  if (value instanceof NumberText) return value.digits;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function requiredText(row: Row, name: string): string {
  const text = textAt(row, name);
  if (text === undefined) throw new Error(`column ${name} is empty, and the mapping needs it`);
  return text;
}
