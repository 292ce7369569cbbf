/**
 * A series entry as announcements and cached chunks carry it. Batch after batch names the same entries, so what was written
 * or read once is kept: an entry with its bytes, and the entries that were read last by their ids, which are hashes of all
 * that they say.
 */
import type { SeriesEntry } from './announcement-shape.ts';
import type { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';

export const SERIES_ID_BYTES = 16;

/** Beyond it the entries that were read are forgotten, all at once: those still in use are read again. */
const READ_KEPT_MAX = 20_000;

/** Of its own: these results are kept. */
const writer = new ByteWriter();
const encoded = new WeakMap<SeriesEntry, Uint8Array>();
const read = new Map<number, SeriesEntry>();

/** Not to be changed: the bytes are those of every later call. */
export function encodeSeries(entry: SeriesEntry): Uint8Array {
  const known = encoded.get(entry);
  if (known !== undefined) return known;
  writer.reset();
  writeSeries(entry);
  const bytes = writer.finish();
  encoded.set(entry, bytes);
  return bytes;
}

function writeSeries(entry: SeriesEntry): void {
  writer.raw(entry.id);
  writer.text(entry.tenant);
  writer.text(entry.metric);
  writer.varint(entry.version);
  writer.varint(entry.setNo);
  writer.text(entry.subject);
  writer.varint(entry.dims.length);
  for (const value of entry.dims) {
    writer.byte(value === null ? 0 : 1);
    if (value !== null) writer.text(value);
  }
}

/** Malformed bytes break the reader. */
export function readSeries(from: ByteReader): SeriesEntry {
  const key = from.peekUint48();
  const known = read.get(key);
  if (known !== undefined && from.skip(encodeSeries(known))) return known;
  const entry = readNewSeries(from);
  if (from.isBroken) return entry;
  if (read.size >= READ_KEPT_MAX) read.clear();
  read.set(key, entry);
  return entry;
}

function readNewSeries(from: ByteReader): SeriesEntry {
  const id = from.raw(SERIES_ID_BYTES);
  const tenant = from.text();
  const metric = from.text();
  const version = from.varint();
  const setNo = from.varint();
  const subject = from.text();
  const dims: (string | null)[] = [];
  for (let left = from.count(); left > 0 && !from.isBroken; left -= 1) {
    const presence = from.byte();
    if (presence > 1) from.fail();
    dims.push(presence === 0 ? null : from.text());
  }
  return { id, tenant, metric, version, setNo, subject, dims };
}
