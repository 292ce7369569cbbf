import { KIND } from './member-list.ts';
import { bytesOf } from './plain-data.ts';

/** The members of the record in their fixed order; subject and schemaversion may be absent. */
export const MEMBERS = [
  ...['specversion', 'id', 'source', 'type', 'subject', 'time', 'datacontenttype', 'tenant'],
  ...['packversion', 'schemaversion', 'data'],
] as const;

/** Places of those that are read. */
export const AT = { id: 1, source: 2, type: 3, subject: 4, time: 5, tenant: 7, packVersion: 8, schemaVersion: 9, data: 10 } as const;

export const KINDS: readonly number[] = MEMBERS.map((name) => {
  if (name === 'data') return KIND.object;
  return name === 'packversion' || name === 'schemaversion' ? KIND.number : KIND.string;
});

export const NAMES: readonly Uint8Array[] = MEMBERS.map(bytesOf);
