import type { Result } from '@tidegate/core';
import { failed, ok } from '@tidegate/core';
import type { PrismaClient } from '../generated/prisma/client.ts';
import type { MintedApiKey } from './api-key.ts';
import { mintApiKey } from './api-key.ts';
import { CONTROL_KEYS } from './control-records.ts';
import type { CreatedKey, KeyRow } from './keys.ts';
import { fromRow, toRecord, WITH_EARLIER } from './keys.ts';
import type { ControlDatabase } from './prisma-client.ts';
import { writeRecord } from './record-writer.ts';
import { lockTenant } from './tenants.ts';

export interface KeyToRotate {
  readonly tenant: string;
  readonly keyId: string;
  readonly nowMs: number;
  /** How long the secrets before the new one are taken still; 0: they end now. */
  readonly overlapMs: number;
}

export type RotationFault = 'not_found' | 'key_not_active' | 'key_rotated_too_often';

/** The record of a key is read by every gateway, and so must stay small. */
const EARLIER_MAX = 10;

/**
 * Gives a key a new secret; those before it end after the overlap, or when an earlier rotation said so, whichever is sooner.
 * One transaction: secrets, end and announcement. Where its answer is lost, the secret in use works on, and rotating again
 * does not shorten its time; the secret that nobody saw harms nobody.
 */
export async function rotateKey(
  prisma: PrismaClient,
  asked: KeyToRotate,
  minted?: MintedApiKey,
): Promise<Result<CreatedKey, RotationFault>> {
  return prisma.$transaction(async (transaction) => {
    // Two rotations side by side would both put the same secret aside.
    const isKnown = await lockTenant(transaction, asked.tenant);
    const found = isKnown ? await findRow(transaction, asked) : null;
    if (found === null) return failed('not_found');
    const fault = faultOf(found, asked);
    if (fault !== null) return failed(fault);
    const { secret, sha256, last4 } = minted ?? mintApiKey(found.kind === 'pub' ? 'pub' : 'live');
    const { count } = await transaction.apiKey.updateMany({
      where: { keyId: asked.keyId, state: 'active' },
      data: { secretSha256: Uint8Array.from(sha256), last4, rotatedAt: new Date(asked.nowMs) },
    });
    // A revocation came between.
    if (count === 0) return failed('key_not_active');
    await putAside(transaction, found, asked);
    const row = await transaction.apiKey.findUniqueOrThrow({ where: { keyId: asked.keyId }, include: WITH_EARLIER });
    await writeRecord(transaction, CONTROL_KEYS.apiKey(row.tenant, row.keyId), toRecord(row, asked.nowMs));
    return ok({ key: fromRow(row), secret });
  });
}

function findRow(transaction: ControlDatabase, { tenant, keyId }: KeyToRotate): Promise<KeyRow | null> {
  return transaction.apiKey.findFirst({ where: { tenant, keyId }, include: WITH_EARLIER });
}

function faultOf({ state, expiresAt, earlier }: KeyRow, { nowMs, overlapMs }: KeyToRotate): RotationFault | null {
  if (state !== 'active' || (expiresAt !== null && expiresAt.getTime() <= nowMs)) return 'key_not_active';
  const isFull = overlapMs > 0 && earlier.filter(({ endsAt }) => endsAt.getTime() > nowMs).length >= EARLIER_MAX;
  return isFull ? 'key_rotated_too_often' : null;
}

async function putAside(transaction: ControlDatabase, { keyId, secretSha256 }: KeyRow, { nowMs, overlapMs }: KeyToRotate): Promise<void> {
  const endsAt = new Date(nowMs + overlapMs);
  await transaction.apiKeyEarlierSecret.updateMany({ where: { keyId, endsAt: { gt: endsAt } }, data: { endsAt } });
  await transaction.apiKeyEarlierSecret.create({ data: { secretSha256, keyId, endsAt } });
}
