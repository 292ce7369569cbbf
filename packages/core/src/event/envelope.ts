import type { MemberList } from './member-list.ts';
import { NameTable } from './name-table.ts';

/** What the members around `data` say, whatever a format calls them. */
export const MEMBER = { id: 0, type: 1, subject: 2, source: 3, occurredAt: 4, schemaVersion: 5, data: 6 } as const;

/** What is wrong with a member that one format has and others have not. */
export interface EnvelopeRefusal {
  readonly code: 'field_invalid' | 'field_missing';
  readonly name: string;
  readonly message: string;
}

/** The members of an event at hand. */
export interface EnvelopeMembers {
  readonly bytes: Uint8Array;
  readonly list: MemberList;
  /** Index in the list of each name of the envelope, or -1. */
  readonly at: Int32Array;
  /** Indices in the list of members beyond the envelope's names. */
  readonly others: readonly number[];
}

/** How a format spells an event around its `data`. */
export interface Envelope {
  /** In the order of `MEMBER`; behind these, names that mean something to the format alone. */
  readonly names: readonly string[];
  readonly table: NameTable;
  /** Judges what the format has beyond `MEMBER`, and keeps members of other names; null: there are none of either. */
  readonly refuse: ((members: EnvelopeMembers) => EnvelopeRefusal | null) | null;
}

const NATIVE_NAMES = ['id', 'type', 'subject', 'source', 'occurred_at', 'schema_version', 'data'];

/** Tidegate's own format. */
export const NATIVE: Envelope = { names: NATIVE_NAMES, table: new NameTable(NATIVE_NAMES), refuse: null };
/** No envelope has more names. */
export const ENVELOPE_NAMES_MAX = 16;
