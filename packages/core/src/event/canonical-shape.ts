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
  readonly tenant: () => string;
  readonly id: () => string;
  /** "" where the sender named none. */
  readonly source: () => string;
  readonly type: () => string;
  /** Pseudonym, or "". */
  readonly subject: () => string;
  readonly timeMs: () => number;
  readonly packVersion: () => number;
  /** Byte range of the `data` object in the bytes that were read. */
  readonly dataStart: () => number;
  readonly dataEnd: () => number;
  /** What the member holds. */
  readonly kind: (field: string) => DataKind;
  /** Text of a string member; "" for others. */
  readonly text: (field: string) => string;
  /** The number's exact value; null where the member is no number. */
  readonly exact: (field: string) => ExactNumber | null;
  /** The number as a double; NaN where the member is no number. */
  readonly double: (field: string) => number;
  readonly boolean: (field: string) => boolean;
  /**
   * A dimension's value as text: strings as they are, booleans `true`/`false`, integers in canonical decimals;
   * null where absent or null.
   */
  readonly dimension: (field: string) => string | null;
}
