import type { FaultCode } from '../fault/codes.ts';
import type { Fault } from '../fault/fault.ts';
import { decodeJsonText } from './json-text.ts';
import type { MemberList } from './member-list.ts';

/** A fault with its path; of names that a sender chose only those that look like identifiers are told back. */
export function faultAt(code: FaultCode, path: readonly string[], message: string): Fault {
  const shown = path.map(publicName).join('.');
  return shown === '' ? { code, message } : { code, path: shown, message };
}

/** The name of member i, decoded. */
export function nameAt(bytes: Uint8Array, list: MemberList, i: number): string {
  return decodeJsonText(bytes, list.keyStart[i] ?? 0, list.keyEnd[i] ?? 0);
}

/** Whatever does not look like an identifier might be a person's. */
function publicName(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(name) ? name : '*';
}
