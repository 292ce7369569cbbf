import type { PrismaClient } from '../generated/prisma/client.ts';
import { createPool } from '../pool.ts';
import type { ApiKeyKind } from './api-key.ts';
import { describeApiKey, mintApiKey, readApiKey } from './api-key.ts';
import { createKey } from './keys.ts';
import { createPrismaClient } from './prisma-client.ts';
import { createTenant } from './tenants.ts';

export const DEMO_TENANT = 'demo';

/** The last two are those that shipped packs declare. */
const DEMO_SCOPES = ['ingest:write', 'query:read', 'live:read', 'events:read', 'patient:read', 'system:read'] as const;
const ADMIN_SCOPES = [...DEMO_SCOPES, 'tenant:admin', 'privacy:admin', 'ops:admin'] as const;

export interface DemoSecrets {
  /** May send events and ask questions. */
  readonly apiKey: string;
  /** May also apply packs and make keys. */
  readonly adminKey: string;
}

export interface SeedDemoOptions {
  readonly databaseUrl: string;
  /** Secrets of an earlier start; those that are not well-formed keys are replaced. */
  readonly secrets?: Partial<DemoSecrets>;
}

/**
 * Makes the demo tenant and its two keys directly in Postgres, before any gateway runs. Given the secrets of an earlier
 * start it makes sure that they work in this database (which may be a new one) and returns them; it changes nothing that
 * is in place already.
 */
export async function seedDemo({ databaseUrl, secrets = {} }: SeedDemoOptions): Promise<DemoSecrets> {
  const pool = createPool({ databaseUrl, applicationName: 'tidegate-seed', connectionsMax: 1, statementTimeoutMs: 10_000 });
  const prisma = createPrismaClient(pool);
  const ensureKey = async (name: string, scopes: readonly string[], given: string | undefined): Promise<string> => {
    const kind: ApiKeyKind = 'live';
    const known = given !== undefined && readApiKey(given).ok ? describeApiKey(given) : null;
    const past = known === null ? 'unknown' : await pastOf(prisma, Uint8Array.from(known.sha256));
    if (known !== null && past === 'active') return known.secret;
    // A secret that was revoked or put aside is never revived: its owner gets a new one.
    const minted = known === null || past === 'ended' ? mintApiKey(kind) : known;
    await createKey(prisma, { tenant: DEMO_TENANT, name, kind, scopes, expiresAtMs: null }, minted);
    return minted.secret;
  };
  try {
    await createTenant(prisma, { tenant: DEMO_TENANT, title: 'Demo' });
    return {
      apiKey: await ensureKey('demo', DEMO_SCOPES, secrets.apiKey),
      adminKey: await ensureKey('demo admin', ADMIN_SCOPES, secrets.adminKey),
    };
  } finally {
    await prisma.$disconnect();
    await pool.end();
  }
}

async function pastOf(prisma: PrismaClient, secretSha256: Uint8Array<ArrayBuffer>): Promise<'active' | 'ended' | 'unknown'> {
  const key = await prisma.apiKey.findUnique({ where: { secretSha256 } });
  if (key !== null) return key.state === 'active' ? 'active' : 'ended';
  return (await prisma.apiKeyEarlierSecret.count({ where: { secretSha256 } })) === 0 ? 'unknown' : 'ended';
}
