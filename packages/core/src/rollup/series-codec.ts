/**
 * A series entry as announcements and cached chunks carry it. Batch after batch names the same entries, so what was written
 * once is kept with its entry, unless it is about one person: those are many, and each comes seldom. Entries that were read
 * last are kept with their lengths, by their ids, which are hashes of all that they say.
 */
import type { SeriesEntry } from './announcement-shape.ts';
import type { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';

export const SERIES_ID_BYTES = 16;

/** Beyond it the entries that were read are forgotten, all at once: those still in use are read again. */
const READ_KEPT_MAX = 20_000;

/** Two, so that what is kept does not keep the memory of what passes. */
const [keptWriter, passingWriter] = [new ByteWriter(), new ByteWriter()];
const encoded = new WeakMap<SeriesEntry, Uint8Array>();
const read = new Map<number, { readonly entry: SeriesEntry; readonly bytes: number }>();

/** Not to be changed: the bytes may be those of every later call. */
export function encodeSeries(entry: SeriesEntry): Uint8Array {
  // Held weakly, entries by the hundred thousand are work for the collector at each of its turns.
  if (entry.subject !== '') return writeSeries(entry, passingWriter);
  const known = encoded.get(entry);
  if (known !== undefined) return known;
  const bytes = writeSeries(entry, keptWriter);
  encoded.set(entry, bytes);
  return bytes;
}

function writeSeries(entry: SeriesEntry, writer: ByteWriter): Uint8Array {
  writer.reset();
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
  return writer.finish();
}

/** Malformed bytes break the reader. */
export function readSeries(from: ByteReader): SeriesEntry {
  const key = from.peekUint48();
  const known = read.get(key);
  if (known !== undefined && from.skip(known.entry.id)) {
    from.pass(known.bytes - SERIES_ID_BYTES);
    return known.entry;
  }
  const start = from.position;
  const entry = readNewSeries(from);
  if (from.isBroken) return entry;
  if (read.size >= READ_KEPT_MAX) read.clear();
  read.set(key, { entry, bytes: from.position - start });
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
