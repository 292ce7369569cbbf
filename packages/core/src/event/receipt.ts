import { ByteReader } from '../rollup/byte-reader.ts';
import { ByteWriter } from '../rollup/byte-writer.ts';

/** What a receipt proves, before it is sealed: where the events of one request lie in the log. */
export interface ReceiptEntry {
  readonly lane: 'live' | 'backfill';
  readonly partition: number;
  readonly lastOffset: number;
  /** Events of the request in the partition. */
  readonly count: number;
}

export interface Receipt {
  readonly tenant: string;
  readonly logGeneration: number;
  readonly entries: readonly ReceiptEntry[];
}

const VERSION = 1;

/** Version byte, tenant, then varints; docs/design/road.md section 7. */
export function encodeReceipt(receipt: Receipt): Uint8Array {
  const out = new ByteWriter(64);
  out.byte(VERSION);
  out.text(receipt.tenant);
  out.varint(receipt.logGeneration);
  out.varint(receipt.entries.length);
  for (const entry of receipt.entries) {
    out.varint(entry.lane === 'live' ? 0 : 1);
    out.varint(entry.partition);
    out.varint(entry.lastOffset);
    out.varint(entry.count);
  }
  return out.finish();
}

/** Null where the bytes are no receipt of a version that this program knows. */
export function decodeReceipt(bytes: Uint8Array): Receipt | null {
  const reader = new ByteReader(bytes);
  if (reader.byte() !== VERSION) return null;
  const tenant = reader.text();
  const logGeneration = reader.varint();
  const count = reader.count();
  const entries: ReceiptEntry[] = [];
  for (let i = 0; i < count; i += 1) {
    const lane = reader.varint() === 0 ? 'live' : 'backfill';
    entries.push({ lane, partition: reader.varint(), lastOffset: reader.varint(), count: reader.varint() });
  }
  return reader.isDone ? { tenant, logGeneration, entries } : null;
}
