/** Records of audit.v1 as they are kept. */
import { createHash } from 'node:crypto';
import type { RecordSlab } from '@tidegate/kafka';
import { decodeJson, NO_TENANT } from '@tidegate/http';
import type { AuditArrival } from '@tidegate/postgres';
import { z } from 'zod';

export interface SlabArrival extends AuditArrival {
  readonly isUnreadable?: true;
}

/** What the chain needs to know of a record; all else is kept as it is. */
const RECORD_SCHEMA = z.looseObject({
  tenant: z.string().min(1).max(63),
  gateway: z.string().min(1).max(100),
  seq: z.int().min(1),
});
/** Postgres can search no text that holds it. */
const ESCAPED_NUL = String.raw`\u0000`;

export function arrivalsOf(slab: RecordSlab): readonly SlabArrival[] {
  return Array.from({ length: slab.count }, (_, at) => arrivalOf(slab, at));
}

/** One that cannot be read holds nothing up: it stands in the chain of nobody, by its hash and its place in the log. */
function arrivalOf(slab: RecordSlab, at: number): SlabArrival {
  const bytes = slab.bytes.subarray(Math.max(0, slab.valueStart[at] ?? 0), Math.max(0, slab.valueEnd[at] ?? 0));
  const keptAtMs = slab.timestampsMs[at] ?? 0;
  const text = new TextDecoder().decode(bytes);
  const json = decodeJson(bytes);
  const read = RECORD_SCHEMA.safeParse(json.ok ? json.value : null);
  if (read.success && !text.includes(ESCAPED_NUL)) {
    const { tenant, gateway, seq } = read.data;
    return { tenant, keptAtMs, record: text, gateway, seq };
  }
  const offset = slab.offsets[at] ?? 0;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const record = JSON.stringify({ tenant: NO_TENANT, actor: NO_TENANT, action: 'unreadable', offset, sha256 });
  // Numbered by the log, so that reading it again finds a copy.
  return { tenant: NO_TENANT, keptAtMs, record, gateway: `unreadable/${slab.topic}/${offset}`, seq: 1, isUnreadable: true };
}
