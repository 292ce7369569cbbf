import type { ApiKey, ApiKeyEarlierSecret, PrismaClient } from '../generated/prisma/client.ts';
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
  /** Names of the routes that it may come to; null: all that its scopes open. */
  readonly routes?: readonly string[] | null;
  /** Groups of fewer persons are withheld from it; null: none is. */
  readonly k?: number | null;
  readonly expiresAtMs: number | null;
}

/** A key as lists show it: everything but the secret. Instants are epoch milliseconds. */
export interface KeyInfo {
  readonly keyId: string;
  readonly tenant: string;
  readonly name: string;
  readonly kind: ApiKeyKind;
  readonly scopes: readonly string[];
  /** Names of the routes that it may come to; null: all that its scopes open. */
  readonly routes: readonly string[] | null;
  /** Groups of fewer persons are withheld from it; null: none is. */
  readonly k: number | null;
  readonly last4: string;
  readonly state: 'active' | 'revoked';
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  readonly revokedAtMs: number | null;
  /** When it got the secret that it has now; null: with the key. */
  readonly rotatedAtMs: number | null;
  /** When the last of its earlier secrets ends or ended; null: it has none. */
  readonly earlierEndsAtMs: number | null;
  /** To half a minute; null: never. */
  readonly lastUsedAtMs: number | null;
}

/** A key's row with the secrets that it had before. */
export type KeyRow = ApiKey & { readonly earlier: readonly ApiKeyEarlierSecret[] };
export const WITH_EARLIER = { earlier: true } as const;

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
        scopes: [...new Set(asked.scopes)],
        routes: [...new Set(asked.routes ?? [])],
        k: asked.k ?? null,
        expiresAt: asked.expiresAtMs === null ? null : new Date(asked.expiresAtMs),
      },
      include: WITH_EARLIER,
    });
    await writeRecord(transaction, CONTROL_KEYS.apiKey(row.tenant, row.keyId), toRecord(row, row.createdAt.getTime()));
    return { key: fromRow(row), secret: minted.secret };
  });
}

/** The tenant's keys, oldest first. */
export async function listKeys(prisma: PrismaClient, tenant: string): Promise<readonly KeyInfo[]> {
  const rows = await prisma.apiKey.findMany({
    where: { tenant },
    include: WITH_EARLIER,
    orderBy: [{ createdAt: 'asc' }, { keyId: 'asc' }],
  });
  return rows.map(fromRow);
}

/** Null: the tenant has no such key. */
export async function findKey(prisma: PrismaClient, tenant: string, keyId: string): Promise<KeyInfo | null> {
  const row = await prisma.apiKey.findFirst({ where: { tenant, keyId }, include: WITH_EARLIER });
  return row === null ? null : fromRow(row);
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
    const row = await transaction.apiKey.findFirst({ where: { tenant, keyId }, include: WITH_EARLIER });
    if (row === null) return null;
    if (count === 1) await writeRecord(transaction, CONTROL_KEYS.apiKey(tenant, keyId), toRecord(row, nowMs));
    return fromRow(row);
  });
}

/**
 * Hashes of all secrets that must be refused, whatever a control record said of them: what a gateway asks for while no publisher
 * tells it. Of revoked keys, and of rotations whose overlap is over.
 */
export async function readRefusedHashes(prisma: PrismaClient, nowMs: number): Promise<readonly string[]> {
  const select = { secretSha256: true } as const;
  const revoked = await prisma.apiKey.findMany({ where: { state: 'revoked' }, select });
  const ended = await prisma.apiKeyEarlierSecret.findMany({
    where: { OR: [{ endsAt: { lte: new Date(nowMs) } }, { key: { state: 'revoked' } }] },
    select,
  });
  return [...revoked, ...ended].map(({ secretSha256 }) => toHex(secretSha256));
}

export function fromRow(row: KeyRow): KeyInfo {
  return {
    keyId: row.keyId,
    tenant: row.tenant,
    name: row.name,
    kind: row.kind === 'pub' ? 'pub' : 'live',
    scopes: row.scopes,
    routes: row.routes.length === 0 ? null : row.routes,
    k: row.k,
    last4: row.last4,
    state: row.state === 'active' ? 'active' : 'revoked',
    createdAtMs: row.createdAt.getTime(),
    expiresAtMs: toMs(row.expiresAt),
    revokedAtMs: toMs(row.revokedAt),
    rotatedAtMs: toMs(row.rotatedAt),
    earlierEndsAtMs: row.earlier.length === 0 ? null : Math.max(...row.earlier.map(({ endsAt }) => endsAt.getTime())),
    lastUsedAtMs: toMs(row.lastUsedAt),
  };
}

function toMs(instant: Date | null): number | null {
  return instant === null ? null : instant.getTime();
}

/** Secrets that have ended by now are left out: unknown is as good as refused. */
export function toRecord(row: KeyRow, nowMs: number): ApiKeyRecord {
  const { keyId, tenant, kind, scopes, routes, k, state, expiresAtMs } = fromRow(row);
  const earlier = row.earlier
    .map(({ secretSha256, endsAt }) => ({ sha256: toHex(secretSha256), ends_at_ms: endsAt.getTime() }))
    .filter((secret) => secret.ends_at_ms > nowMs);
  return {
    key_id: keyId,
    tenant,
    kind,
    sha256: toHex(row.secretSha256),
    scopes: [...scopes],
    ...(routes === null ? {} : { routes: [...routes] }),
    ...(k === null ? {} : { k }),
    state,
    expires_at_ms: expiresAtMs,
    earlier,
  };
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
