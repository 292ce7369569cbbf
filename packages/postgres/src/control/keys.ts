import type { ApiKey, PrismaClient } from '../generated/prisma/client.ts';
import type { ApiKeyKind, MintedApiKey } from './api-key.ts';
import { mintApiKey, newKeyId } from './api-key.ts';
import type { ApiKeyRecord } from './control-records.ts';
import { CONTROL_KEYS } from './control-records.ts';
import { writeRecord } from './record-writer.ts';

export interface KeyToCreate {
  readonly tenant: string;
  /** For people. */
  readonly name: string;
  readonly kind: ApiKeyKind;
  readonly scopes: readonly string[];
  readonly expiresAtMs: number | null;
}

/** A key as lists show it: everything but the secret. Instants are epoch milliseconds. */
export interface KeyInfo {
  readonly keyId: string;
  readonly tenant: string;
  readonly name: string;
  readonly kind: ApiKeyKind;
  readonly scopes: readonly string[];
  readonly last4: string;
  readonly state: 'active' | 'revoked';
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  readonly revokedAtMs: number | null;
}

export interface CreatedKey {
  readonly key: KeyInfo;
  /** The only time that it is seen. */
  readonly secret: string;
}

/** Null: there is no such tenant. */
export async function createKey(
  prisma: PrismaClient,
  asked: KeyToCreate,
  minted: MintedApiKey = mintApiKey(asked.kind),
): Promise<CreatedKey | null> {
  return prisma.$transaction(async (transaction) => {
    if ((await transaction.tenant.count({ where: { tenant: asked.tenant } })) === 0) return null;
    const row = await transaction.apiKey.create({
      data: {
        keyId: newKeyId(),
        tenant: asked.tenant,
        name: asked.name,
        kind: asked.kind,
        secretSha256: Uint8Array.from(minted.sha256),
        last4: minted.last4,
        scopes: [...asked.scopes],
        expiresAt: asked.expiresAtMs === null ? null : new Date(asked.expiresAtMs),
      },
    });
    await writeRecord(transaction, CONTROL_KEYS.apiKey(row.tenant, row.keyId), toRecord(row));
    return { key: fromRow(row), secret: minted.secret };
  });
}

/** The tenant's keys, oldest first. */
export async function listKeys(prisma: PrismaClient, tenant: string): Promise<readonly KeyInfo[]> {
  const rows = await prisma.apiKey.findMany({ where: { tenant }, orderBy: [{ createdAt: 'asc' }, { keyId: 'asc' }] });
  return rows.map(fromRow);
}

export interface KeyToRevoke {
  readonly tenant: string;
  readonly keyId: string;
  readonly nowMs: number;
}

/** Idempotent: a key that is revoked keeps its first instant. Null: the tenant has no such key. */
export async function revokeKey(prisma: PrismaClient, { tenant, keyId, nowMs }: KeyToRevoke): Promise<KeyInfo | null> {
  return prisma.$transaction(async (transaction) => {
    const { count } = await transaction.apiKey.updateMany({
      where: { tenant, keyId, state: 'active' },
      data: { state: 'revoked', revokedAt: new Date(nowMs) },
    });
    const row = await transaction.apiKey.findFirst({ where: { tenant, keyId } });
    if (row === null) return null;
    if (count === 1) await writeRecord(transaction, CONTROL_KEYS.apiKey(tenant, keyId), toRecord(row));
    return fromRow(row);
  });
}

/** Hashes of all revoked keys: what a gateway asks for while no publisher tells it. */
export async function readRevokedHashes(prisma: PrismaClient): Promise<readonly string[]> {
  const rows = await prisma.apiKey.findMany({ where: { state: 'revoked' }, select: { secretSha256: true } });
  return rows.map(({ secretSha256 }) => Buffer.from(secretSha256).toString('hex'));
}

function fromRow(row: ApiKey): KeyInfo {
  return {
    keyId: row.keyId,
    tenant: row.tenant,
    name: row.name,
    kind: row.kind === 'pub' ? 'pub' : 'live',
    scopes: row.scopes,
    last4: row.last4,
    state: row.state === 'active' ? 'active' : 'revoked',
    createdAtMs: row.createdAt.getTime(),
    expiresAtMs: row.expiresAt?.getTime() ?? null,
    revokedAtMs: row.revokedAt?.getTime() ?? null,
  };
}

function toRecord(row: ApiKey): ApiKeyRecord {
  const { keyId, tenant, kind, scopes, state, expiresAtMs } = fromRow(row);
  return {
    key_id: keyId,
    tenant,
    kind,
    sha256: Buffer.from(row.secretSha256).toString('hex'),
    scopes: [...scopes],
    state,
    expires_at_ms: expiresAtMs,
  };
}
