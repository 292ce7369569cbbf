/** An event as it lies in the set of its type: sealed, and equal events are equal bytes. */
import { decodeJson } from '@tidegate/http';
import type { StoredEvent } from '@tidegate/postgres';
import type { RecentMember } from '@tidegate/redis';
import type { Sealer } from '@tidegate/runtime';
import { z } from 'zod';

/** Longer ones are kept as a mark that there is one: a thousand of each type have to fit in memory. */
const DATA_BYTES_MAX = 4_096;

const MEMBER_SCHEMA = z.tuple([
  z.literal(1),
  z.object({
    eventId: z.string(),
    source: z.string(),
    subject: z.string().nullable(),
    occurredAtMs: z.number(),
    receivedAtMs: z.number(),
    logOffset: z.number(),
    packVersion: z.number(),
    data: z.string().nullable(),
  }),
]);

/** `sealer`: repeatable. */
export function toMember(sealer: Sealer, event: StoredEvent): RecentMember {
  const { eventId, source, subject, occurredAtMs, receivedAtMs, logOffset, packVersion } = event;
  const data = Buffer.byteLength(event.data) > DATA_BYTES_MAX ? null : event.data;
  const members = { eventId, source, subject, occurredAtMs, receivedAtMs, logOffset, packVersion, data };
  return { score: occurredAtMs, bytes: sealer.seal(Buffer.from(JSON.stringify([1, members]))) };
}

/** Null where it is a mark, or cannot be read: Postgres has the event. */
export function fromMember(sealer: Sealer, of: Pick<StoredEvent, 'tenant' | 'type'>, bytes: Uint8Array): StoredEvent | null {
  const plain = sealer.open(bytes);
  const json = plain === null ? null : decodeJson(plain);
  const read = json?.ok === true ? MEMBER_SCHEMA.safeParse(json.value) : null;
  if (read?.success !== true) return null;
  const { data, ...others } = read.data[1];
  return data === null ? null : { ...of, ...others, data };
}
