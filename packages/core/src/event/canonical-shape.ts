import type { ExactNumber } from './exact-number.ts';

/** What a member of `data` holds. `absent` and `null` mean the same to every rule. */
export type DataKind = 'absent' | 'null' | 'string' | 'number' | 'boolean' | 'other';

/**
 * Reads values of `events.v1` one after another. The reader is reused: what it says holds until the next `read`.
 * Texts that come again (types, tenants, dimension values) are the same string object, so comparing them is cheap.
 */
export interface CanonicalReader {
  /** False: the bytes are not a canonical event; nothing else may be asked then. */
  read(bytes: Uint8Array, start: number, end: number): boolean;
  tenant(): string;
  id(): string;
  /** Byte range of the id where its bytes are its UTF-8 text as it is; the start is -1 where they hold escapes. */
  idStart(): number;
  idEnd(): number;
  /** "" where the sender named none. */
  source(): string;
  type(): string;
  /** Pseudonym, or "". */
  subject(): string;
  timeMs(): number;
  packVersion(): number;
  /** Byte range of the `data` object in the bytes that were read. */
  dataStart(): number;
  dataEnd(): number;
  /** The event's further attributes as one JSON object: the version of its schema, extensions of a CloudEvent. Empty where it has none. */
  attributes(): Uint8Array;
  /** What the member of `data` holds. */
  kind(field: string): DataKind;
  /** Text of a string member; "" for others. */
  text(field: string): string;
  /** The number where it is written as an integer of at most 15 digits, else NaN: the quick way for most sums. */
  shortInteger(field: string): number;
  /** The number's exact value; null where the member is no number or needs more than 38 digits. */
  exact(field: string): ExactNumber | null;
  /** The number as a double; NaN where the member is no number. */
  double(field: string): number;
  /** False for what is not `true`. */
  boolean(field: string): boolean;
  /** The member as it is written; "" where it is absent. */
  json(field: string): string;
  /**
   * A dimension's value as text: strings as they are, booleans `true`/`false`, numbers in canonical decimals;
   * null where absent, null or of another kind.
   */
  dimension(field: string): string | null;
  /** `hashText` of what `dimension` says, without making the text where it can be done; 0 where that is null. */
  valueHash(field: string): number;
  /** The same of the subject; 0 where there is none. */
  subjectHash(): number;
  /** Writes the id's UTF-8 text into `into`, as much as it holds; returns how many bytes that is. */
  copyId(into: Uint8Array): number;
}
