import { createHash } from 'node:crypto';
import type { PrismaClient } from '../generated/prisma/client.ts';
import type { Denial } from './control-records.ts';
import { CONTROL_KEYS, parseDenials, toDenialsRecord } from './control-records.ts';
import type { ControlDatabase } from './prisma-client.ts';
import { writeRecord } from './record-writer.ts';

/**
 * A key of the control topic is kept for ever, tokens live for half an hour: denials share so many records by the hash of their
 * ids, and what is over falls out when its record is written next.
 */
const SLOTS = 256;

/** Refuses tokens, inside the caller's transaction. */
export async function deny(transaction: ControlDatabase, denial: Denial, nowMs: number): Promise<void> {
  const key = CONTROL_KEYS.denied((createHash('sha256').update(denial.id).digest()[0] ?? 0) % SLOTS);
  // Two at once would each write the record without the other's.
  await transaction.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${key}, 0))`;
  const stands = await transaction.controlRecord.findUnique({ where: { key } });
  const others = (parseDenials(stands?.value) ?? []).filter(({ id, untilMs }) => id !== denial.id && untilMs > nowMs);
  await writeRecord(transaction, key, toDenialsRecord([...others, denial]));
}

/** All of them: what a gateway asks for while no publisher tells it. */
export async function readDenials(prisma: PrismaClient): Promise<readonly Denial[]> {
  const records = await prisma.controlRecord.findMany({ where: { key: { startsWith: 'denied/' } } });
  return records.flatMap(({ value }) => parseDenials(value) ?? []);
}
