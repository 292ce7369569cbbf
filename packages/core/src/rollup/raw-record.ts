import { createCanonicalReader } from '../event/canonical-reader.ts';
import type { CanonicalReader } from '../event/canonical-shape.ts';
import { NO_SOURCE } from '../event/judge.ts';
import { toIsoUtc } from '../time/iso.ts';

/** An event as raw_event keeps it. */
export interface RawEvent {
  readonly tenant: string;
  readonly eventId: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string | null;
  readonly occurredAtMs: number;
  readonly receivedAtMs: number;
  readonly packVersion: number;
  /** JSON text, the sender's own digits in it. */
  readonly data: string;
}

/**
 * Reads raw rows as they read when they came: each becomes the record again that it was made of. What the reader says holds
 * until the next row.
 */
export function createRawRecordReader(): (event: RawEvent) => CanonicalReader {
  const reader = createCanonicalReader();
  const encoder = new TextEncoder();
  return function readRaw(event) {
    const bytes = encoder.encode(recordText(event));
    if (!reader.read(bytes, 0, bytes.length)) throw new Error('a raw row does not read as the event that it was made of');
    return reader;
  };
}

/** The canonical record of `events.v1` (docs/design/road.md, section 3), less attributes that nothing reads. */
function recordText({ tenant, eventId, source, type, subject, occurredAtMs, packVersion, data }: RawEvent): string {
  const head = `{"specversion":"1.0","id":${JSON.stringify(eventId)},"source":${JSON.stringify(source === '' ? NO_SOURCE : source)}`;
  const about = subject === null ? '' : `,"subject":${JSON.stringify(subject)}`;
  const time = `,"time":"${toIsoUtc(occurredAtMs)}","datacontenttype":"application/json"`;
  return `${head},"type":${JSON.stringify(type)}${about}${time},"tenant":${JSON.stringify(tenant)},"packversion":${packVersion},"data":${data}}`;
}
