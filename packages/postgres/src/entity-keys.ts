/** Keys of changed rows as the commit journal keeps them (column `entities`). */
import { decodeChangedEntities, encodeChangedEntities } from '@tidegate/core';
import type { ChangedEntities } from '@tidegate/core';

export function encodeEntityKeys(changed: readonly ChangedEntities[]): Uint8Array | null {
  return changed.length === 0 ? null : encodeChangedEntities(changed);
}

export function decodeEntityKeys(bytes: Uint8Array | null): readonly ChangedEntities[] {
  if (bytes === null) return [];
  const changed = decodeChangedEntities(bytes);
  if (changed === null) throw new Error('a journal block names changed entities in a way that is not known here');
  return changed;
}
