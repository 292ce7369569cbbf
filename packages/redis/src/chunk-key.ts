import type { ChunkName } from './cell-store.ts';

const DAY_MS = 86_400_000;
/** Code of the grain whose chunks are shorter than a day. */
const MINUTE = 1;

/** The days of the chunks that are named now are few, and to write an instant takes longer than the rest of a key. */
const dayTexts = new Map<number, string>();
const DAY_TEXTS_MAX = 4_096;

function dayText(utcDay: number, isShort: boolean): string {
  // Days are whole, or eighths of one.
  const place = utcDay * 16 + Number(isShort);
  const known = dayTexts.get(place);
  if (known !== undefined) return known;
  if (dayTexts.size >= DAY_TEXTS_MAX) dayTexts.clear();
  const text = new Date(utcDay * DAY_MS).toISOString().slice(0, isShort ? 13 : 10);
  dayTexts.set(place, text);
  return text;
}

/**
 * Of the spans of chunks and their fields. A service of before and one of now run beside each other while they are replaced: each
 * has chunks of its own, and a progress that speaks of these.
 */
const FORMAT = 'v2';

/** All keys of a tenant's chunks share a hash tag, so that a script may touch a chunk and its parts on a cluster. */
export function chunkKey(prefix: string, name: ChunkName): string {
  const day = dayText(name.utcDay, name.grain === MINUTE || !Number.isInteger(name.utcDay));
  const base = `${prefix}:{c:${name.tenant}}:chunk:${FORMAT}:${name.metric}:${name.version}:${name.setNo}:${name.grain}:${day}`;
  return name.subject === null ? base : `${base}:${name.subject}`;
}

export function partKeys(key: string, parts: number): string[] {
  return Array.from({ length: parts }, (_, part) => `${key}:${part}/${parts}`);
}

export function answerKey(prefix: string, tenant: string, key: string): string {
  return `${prefix}:{c:${tenant}}:answer:${key}`;
}

export function markKey(prefix: string, tenant: string, name: string): string {
  return `${prefix}:{c:${tenant}}:mark:${name}`;
}

/** What is known of a tenant's newest events; the sets of its types lie beside it. */
export function recentKey(prefix: string, tenant: string): string {
  return `${prefix}:{c:${tenant}}:recent`;
}

export function recentTypeKey(prefix: string, tenant: string, type: string): string {
  return `${recentKey(prefix, tenant)}:${type}`;
}

export function progressKey(prefix: string): string {
  return `${prefix}:progress:${FORMAT}`;
}
