import type { Html } from './html.ts';
import { markup, prose } from './html.ts';

/** The words of JSON Schema 2020-12 that the API document uses. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

const COMPONENT = /^#\/components\/schemas\/(\w+)$/;

/** A schema that has a name is described once, under this id; all else points there. */
export function schemaId(name: string): string {
  return `schema-${name}`;
}

/** What a value may be, in one line: `array of Event`, `string, 1 to 128 characters`. */
export function typeOf(schema: JsonSchema): Html {
  const name = componentOf(schema);
  if (name !== null) return markup`<a href="#${schemaId(name)}">${name}</a>`;
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return joined(choices.map(typeOf), ' or ');
  if (schema.const !== undefined) return literal(schema.const);
  if (schema.enum !== undefined) return joined(schema.enum.map(literal), ', ');
  if (schema.items !== undefined) return markup`array of ${typeOf(schema.items)}${bounds(schema)}`;
  const value = valueOfMap(schema);
  if (value !== null) return markup`object of ${typeOf(value)}`;
  return markup`${schema.format ?? schema.type ?? 'any value'}${bounds(schema)}`;
}

function componentOf({ $ref: reference = '' }: JsonSchema): string | null {
  return COMPONENT.exec(reference)?.[1] ?? null;
}

/** What each member of an object holds whose names are the caller's own; null where the object is none of those. */
function valueOfMap({ properties, additionalProperties }: JsonSchema): JsonSchema | null {
  const isMap = properties === undefined && typeof additionalProperties === 'object' && Object.keys(additionalProperties).length > 0;
  return isMap ? additionalProperties : null;
}

/** Members of an object with all that is nested in them, each under its whole path. */
export function membersTable(schema: JsonSchema, caption: string): Html {
  const rows = membersOf(schema, '');
  if (rows.length === 0) return markup`<p>${caption}: ${typeOf(schema)}.</p>`;
  return table(caption, ['member', 'value', 'meaning'], rows);
}

export function table(caption: string, columns: readonly string[], rows: readonly Html[]): Html {
  return markup`<div class="wide">
    <table>
      <caption>${caption}</caption>
      <thead><tr>${columns.map((column) => markup`<th scope="col">${column}</th>`)}</tr></thead>
      <tbody>${rows}</tbody>
    </table>
  </div>`;
}

function membersOf(schema: JsonSchema, prefix: string): Html[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const path = prefix + name;
    const isRequired = schema.required?.includes(name) === true;
    return [memberRow(path, member, isRequired), ...nestedOf(member, path)];
  });
}

function nestedOf(member: JsonSchema, path: string): Html[] {
  if (member.items !== undefined) return nestedOf(member.items, `${path}[]`);
  const { additionalProperties: others } = member;
  if (typeof others === 'object' && others.properties !== undefined) return membersOf(others, `${path}.*.`);
  return membersOf(member, `${path}.`);
}

export function memberRow(path: string, schema: JsonSchema, isRequired: boolean): Html {
  const given = schema.default === undefined ? '' : markup` Default: ${literal(schema.default)}.`;
  return markup`<tr>
    <th scope="row"><code>${path}</code>${isRequired ? markup` <span class="faint">required</span>` : ''}</th>
    <td>${typeOf(schema)}</td>
    <td>${prose(schema.description ?? '')}${given}</td>
  </tr> `;
}

function literal(value: unknown): Html {
  return markup`<code>${JSON.stringify(value)}</code>`;
}

function joined(parts: readonly Html[], separator: string): Html {
  return markup`${parts.map((part, at) => (at === 0 ? part : markup`${separator}${part}`))}`;
}

function bounds(schema: JsonSchema): string {
  if (schema.type === 'string') return range(schema.minLength, schema.maxLength, ' characters');
  if (schema.type === 'array') return range(schema.minItems, schema.maxItems, '');
  // The bounds that JavaScript's own integers have tell nobody anything.
  const { minimum, maximum } = schema;
  return range(minimum === Number.MIN_SAFE_INTEGER ? undefined : minimum, maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum, '');
}

function range(least: number | undefined, most: number | undefined, unit: string): string {
  if (least === undefined) return most === undefined ? '' : `, at most ${most}${unit}`;
  return most === undefined ? `, at least ${least}${unit}` : `, ${least} to ${most}${unit}`;
}
