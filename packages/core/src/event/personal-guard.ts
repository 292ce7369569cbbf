import type { Fault } from '../fault/fault.ts';
import type { CompiledField } from '../pack/compiled.ts';
import { faultAt, nameAt } from './fault-place.ts';
import type { MemberList } from './member-list.ts';
import { endOf, startOf } from './member-list.ts';
import type { FindPersonal, PersonalKind } from './personal-text.ts';
import { createFindPersonal } from './personal-text.ts';

/** Where an event names nobody but in its subject, and in what its type declares to be sensitive. */
export interface PersonalGuard {
  readonly find: FindPersonal;
  /** Positions of the fields that are kept as they are sent. */
  readonly fields: readonly number[];
}

/** The parts of an event that was found to be what its type declares. */
export interface GuardedEvent {
  readonly bytes: Uint8Array;
  readonly members: MemberList;
  /** Members of the envelope that are kept as they are: those of the id and the source, -1 where absent, and the attributes. */
  readonly kept: readonly number[];
  readonly data: MemberList;
  /** Says which member of `data` holds a field, -1: none. */
  readonly fields: { memberAt(field: number): number };
}

const MESSAGES: Readonly<Record<PersonalKind, string>> = {
  email: 'looks like it holds an e-mail address',
  phone: 'looks like it holds a telephone number',
  card: 'looks like it holds the number of a payment card',
};
const TEXTUAL: ReadonlySet<CompiledField['type']> = new Set(['string', 'string_list', 'json']);

/** Null: the pack guards against nothing. A field that it declares sensitive is its own decision. */
export function compileGuard(kinds: readonly PersonalKind[], fields: readonly CompiledField[]): PersonalGuard | null {
  if (kinds.length === 0) return null;
  const isGuarded = ({ type, action, isSensitive, derive }: CompiledField): boolean =>
    TEXTUAL.has(type) && action === 'keep' && !isSensitive && derive === undefined;
  return { find: createFindPersonal(kinds), fields: fields.flatMap((field, index) => (isGuarded(field) ? [index] : [])) };
}

export function judgePersonal(guard: PersonalGuard, { bytes, members, kept, data, fields }: GuardedEvent): Fault | null {
  for (const index of kept) {
    const found = index < 0 ? null : guard.find(bytes, startOf(members, index), endOf(members, index));
    if (found !== null) return faultAt('personal_data', [nameAt(bytes, members, index)], MESSAGES[found]);
  }
  for (const field of guard.fields) {
    const index = fields.memberAt(field);
    const found = index < 0 ? null : guard.find(bytes, startOf(data, index), endOf(data, index));
    if (found !== null) return faultAt('personal_data', ['data', nameAt(bytes, data, index)], MESSAGES[found]);
  }
  return null;
}
