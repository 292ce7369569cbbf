import { hashText } from '../hash/value-hash.ts';
import type { FieldSource } from './schema.ts';

/** How a field's values lie in the entity's table (docs/design/entities.md, section 3). */
export type EntityColumn = 'text' | 'numeric' | 'double' | 'boolean' | 'instant' | 'date' | 'json';

export interface EntityField {
  readonly name: string;
  readonly type: FieldSource['type'];
  readonly column: EntityColumn;
  /** `<name>.<column>`: the same field of another type has a column of its own. */
  readonly columnName: string;
  /** Its text can be opened with the person's key alone. */
  readonly isSealed: boolean;
  /** The event type whose time it holds; absent: it is a field of the events. */
  readonly timeOf?: string;
  /** It is a member of the items of `each`. */
  readonly isOfItem?: true;
}

/** Members of rows that are no fields: whose it is, and the instants of its first and its last event. */
export const ROW_INSTANTS = ['_created_at', '_updated_at'] as const;
export const ROW_SUBJECT = 'subject';

export interface EntityRetention {
  readonly days: number;
  readonly at: (typeof ROW_INSTANTS)[number];
}

export interface CompiledEntity {
  readonly tenant: string;
  readonly pack: string;
  readonly entity: string;
  readonly title?: string;
  /** Fields that name it, in the order of its ids; none: the subject is the entity, or each event is a row of its own. */
  readonly idFields: readonly string[];
  readonly isPerEvent: boolean;
  /** Events of these types do not declare the id: each is a row of its own. */
  readonly ownRowEvents: readonly string[];
  /** Whether its events are of persons; else rows have the empty subject. */
  readonly hasSubject: boolean;
  readonly events: readonly string[];
  readonly deletedBy: readonly string[];
  /** Sorted by name; the id is one of them where it is a field. */
  readonly fields: readonly EntityField[];
  /** Of columns of the table; the tenant is put in front of each. */
  readonly indexes: readonly (readonly string[])[];
  /** Fields of type text by which kept answers look rows up: what changes a row drops those of its values alone. */
  readonly lookups: readonly string[];
  /** The field of its events that is a list whose objects are its rows; absent: the events are about rows themselves. */
  readonly each?: string;
  /** When rows go; absent: with their person alone. */
  readonly retention?: EntityRetention;
}

/** By which a row is known: a text as it is, several as a list of texts in JSON. */
export function rowId(texts: readonly string[]): string {
  return texts.length > 1 ? JSON.stringify(texts) : (texts[0] ?? '');
}

/** The table of an entity, shared by the tenants that have such a pack. */
export function entityTable({ pack, entity }: Pick<CompiledEntity, 'pack' | 'entity'>): string {
  return `entity.${pack}.${entity}`;
}

/** By which a row's state names a column: a lint keeps those of an entity apart. */
export function columnHash(columnName: string): number {
  const known = hashes.get(columnName);
  if (known !== undefined) return known;
  if (hashes.size >= HASHES_MAX) hashes.clear();
  const hash = hashText(columnName) % 2 ** 32;
  hashes.set(columnName, hash);
  return hash;
}

/** Each row names its columns again, and they are few. */
const HASHES_MAX = 10_000;
const hashes = new Map<string, number>();
