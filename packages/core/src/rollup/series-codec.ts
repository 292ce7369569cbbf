import type { SeriesEntry } from './announcement-shape.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

export const SERIES_ID_BYTES = 16;

/** A series entry as announcements and cached chunks carry it. */
export function writeSeries(entry: SeriesEntry, into: ByteWriter): void {
  into.raw(entry.id);
  into.text(entry.tenant);
  into.text(entry.metric);
  into.varint(entry.version);
  into.varint(entry.setNo);
  into.text(entry.subject);
  into.varint(entry.dims.length);
  for (const value of entry.dims) {
    into.byte(value === null ? 0 : 1);
    if (value !== null) into.text(value);
  }
}

/** Malformed bytes break the reader. */
export function readSeries(from: ByteReader): SeriesEntry {
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
