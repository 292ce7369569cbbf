import { hashParts } from '../hash/hash-parts.ts';
import { PUBLIC_HASH_KEY } from '../hash/siphash.ts';
import type { SeriesEntry } from './announcement-shape.ts';

/** What makes a series: everything of it but its id. */
export type SeriesKey = Omit<SeriesEntry, 'id'>;

/**
 * The 16-byte id of a series: a hash under a public key, so that every installation and every owner, at any time, gives a
 * series the same id. An absent dimension value and the empty text differ.
 */
export function seriesId(key: SeriesKey): Uint8Array {
  const parts = [key.tenant, key.metric, String(key.version), String(key.setNo), key.subject];
  for (const value of key.dims) parts.push(value === null ? '0' : `1${value}`);
  return hashParts(PUBLIC_HASH_KEY, parts);
}

export function seriesEntry(key: SeriesKey): SeriesEntry {
  return { id: seriesId(key), ...key };
}
