import { Prisma } from '../generated/prisma/client.ts';
import type { ControlDatabase } from './prisma-client.ts';

/** Anyone who waits for changes listens on this channel; a missed word is made up for by looking each second. */
export const CONTROL_CHANNEL = 'tidegate_control';

/**
 * Writes what the control topic must hold under `key`, inside the caller's transaction: the change and its announcement
 * are one commit, so neither is ever without the other. Returns the record's new version.
 */
export async function writeRecord(database: ControlDatabase, key: string, value: Prisma.InputJsonValue | null): Promise<bigint> {
  const stored = value === null ? Prisma.DbNull : value;
  const { version } = await database.controlRecord.upsert({
    where: { key },
    create: { key, version: 1n, value: stored },
    update: { version: { increment: 1n }, value: stored },
    select: { version: true },
  });
  // Told to listeners when the transaction commits, not before.
  await database.$executeRaw`SELECT pg_notify(${CONTROL_CHANNEL}, '')`;
  return version;
}
