import { GrowingBuffer } from './growing-buffer.ts';
import type { MemberList } from './member-list.ts';
import { endOf, startOf } from './member-list.ts';

export const NO_ATTRIBUTES: Uint8Array = new Uint8Array(0);

/** The member at `schemaVersion` (-1: there is none) and those from `from` on, as one JSON object; empty where there are none. */
export function attributesOf(
  bytes: Uint8Array,
  members: MemberList,
  { schemaVersion, from }: { readonly schemaVersion: number; readonly from: number },
): Uint8Array {
  const out = new GrowingBuffer(256);
  if (schemaVersion >= 0) copyMember(bytes, members, { index: schemaVersion, out });
  for (let index = from; index < members.count; index += 1) copyMember(bytes, members, { index, out });
  if (out.length === 0) return NO_ATTRIBUTES;
  out.byte(0x7d);
  return out.written().slice();
}

function copyMember(bytes: Uint8Array, members: MemberList, { index, out }: { readonly index: number; readonly out: GrowingBuffer }): void {
  out.byte(out.length === 0 ? 0x7b : 0x2c);
  out.copy(bytes, (members.keyStart[index] ?? 0) - 1, (members.keyEnd[index] ?? 0) + 1);
  out.byte(0x3a);
  out.copy(bytes, startOf(members, index), endOf(members, index));
}
