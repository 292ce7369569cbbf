import type { PoolMeter } from '../pool-meter.ts';
import { createPool } from '../pool.ts';
import type { Pooler } from '../pool.ts';
import { run } from '../statements.ts';
import type { CreatedKey, KeyInfo, KeyToCreate, KeyToRevoke } from './keys.ts';
import { createKey, findKey, listKeys, readRefusedHashes, revokeKey } from './keys.ts';
import type { KeyToRotate, RotationFault } from './key-rotation.ts';
import { rotateKey } from './key-rotation.ts';
import type { PackPlanning } from './packs.ts';
import { rollbackPack, swapMade } from './pack-history.ts';
import { applyEventType, applyPack, planPack, readPacks } from './packs.ts';
import type { EventTypeDefinition, PackRecord, Result } from '@tidegate/core';
import { CONTROL_KEYS, parseOriginsRecord } from './control-records.ts';
import { createPrismaClient } from './prisma-client.ts';
import { writeRecord } from './record-writer.ts';
import type { TenantToCreate } from './tenants.ts';
import type { TokenIssuerRecord } from './control-records.ts';
import type { IssuerFault } from './token-issuers.ts';
import { listIssuers, putIssuer, removeIssuer } from './token-issuers.ts';
import { createTenant } from './tenants.ts';
import type { AccountStore } from './account-store.ts';
import { createAccountStore } from './account-store.ts';

export interface ControlStoreOptions {
  readonly databaseUrl: string;
  readonly pooler?: Pooler;
  /** Absent: the login role itself (the command line, the launcher). */
  readonly role?: string;
  readonly onError?: (error: Error) => void;
  readonly meter?: PoolMeter;
}

/** How far the consumers of events are, all of them together. */
export interface CountedThrough {
  /** Those that ever had an owner. */
  readonly partitions: number;
  /** Everything that was accepted before it is counted; null: some partition has counted nothing yet. */
  readonly completeThroughMs: number | null;
}

/** The control plane's record. Every change also writes what the control topic must hold, in the same transaction. */
export interface ControlStore {
  /** People who sign in. */
  readonly accounts: AccountStore;
  /** Resolves to whether it was made: an existing tenant is left as it is. */
  createTenant(tenant: TenantToCreate): Promise<boolean>;
  /** Null: there is no such tenant. */
  createKey(asked: KeyToCreate): Promise<CreatedKey | null>;
  listKeys(tenant: string): Promise<readonly KeyInfo[]>;
  /** Epoch milliseconds by key id. */
  noteKeyUse(uses: ReadonlyMap<string, number>): Promise<void>;
  /** Null: the tenant has no such key. */
  revokeKey(asked: KeyToRevoke): Promise<KeyInfo | null>;
  /** Null: the tenant has no such key. */
  findKey(tenant: string, keyId: string): Promise<KeyInfo | null>;
  /** A new secret; those before it end after the overlap. */
  rotateKey(asked: KeyToRotate): Promise<Result<CreatedKey, RotationFault>>;
  /** SHA-256 of every secret that is revoked or has ended by `nowMs`, hex. */
  readRefusedHashes(nowMs: number): Promise<readonly string[]>;
  /** Takes an issuer's tokens, or takes them in another way. */
  putIssuer(record: TokenIssuerRecord): Promise<Result<TokenIssuerRecord, IssuerFault>>;
  listIssuers(tenant: string): Promise<readonly TokenIssuerRecord[]>;
  /** False: the tenant has no such issuer. */
  removeIssuer(tenant: string, name: string): Promise<boolean>;
  /** What `applyPack` would do. `source` is the parsed object of a pack.yaml. */
  planPack(tenant: string, source: unknown): Promise<PackPlanning>;
  applyPack(tenant: string, source: unknown): Promise<PackPlanning>;
  /** Adds an event type to the tenant's own pack, or changes it compatibly. */
  applyEventType(tenant: string, definition: EventTypeDefinition): Promise<PackPlanning>;
  /** Applies what the pack was before. */
  rollbackPack(tenant: string, pack: string): Promise<PackPlanning>;
  /** Lets questions be answered from the metric versions that every partition has made; resolves to their metrics. */
  swapMade(tenant: string, pack: string): Promise<readonly string[]>;
  readPacks(tenant: string): Promise<readonly PackRecord[]>;
  /** Records the partition count of the events topic, once; resolves to the count that stands. */
  ensurePartitions(count: number): Promise<number>;
  /** Sets the limits of a tenant; they were checked. */
  putLimits(tenant: string, limits: object): Promise<void>;
  /** Sets which pages may read answers of a tenant. */
  putOrigins(tenant: string, origins: readonly string[]): Promise<void>;
  readOrigins(tenant: string): Promise<readonly string[]>;
  /** Rejects while Postgres does not answer. */
  readCountedThrough(): Promise<CountedThrough>;
  close(): Promise<void>;
}

const CONNECTIONS_MAX = 4;
const STATEMENT_TIMEOUT_MS = 10_000;

export function createControlStore(options: ControlStoreOptions): ControlStore {
  const pool = createPool({
    applicationName: 'tidegate-control',
    connectionsMax: CONNECTIONS_MAX,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    ...options,
  });
  const prisma = createPrismaClient(pool);
  return {
    accounts: createAccountStore(prisma),
    createTenant: (tenant) => createTenant(prisma, tenant),
    createKey: (asked) => createKey(prisma, asked),
    listKeys: (tenant) => listKeys(prisma, tenant),
    noteKeyUse: async (uses) => void (await run(pool, 'note-key-use', [[...uses.keys()], [...uses.values()]])),
    revokeKey: (asked) => revokeKey(prisma, asked),
    findKey: (tenant, keyId) => findKey(prisma, tenant, keyId),
    rotateKey: (asked) => rotateKey(prisma, asked),
    readRefusedHashes: (nowMs) => readRefusedHashes(prisma, nowMs),
    putIssuer: (record) => putIssuer(prisma, record),
    listIssuers: (tenant) => listIssuers(prisma, tenant),
    removeIssuer: (tenant, name) => removeIssuer(prisma, tenant, name),
    planPack: (tenant, source) => planPack(prisma, tenant, source),
    applyPack: (tenant, source) => applyPack(prisma, tenant, source),
    applyEventType: (tenant, definition) => applyEventType(prisma, tenant, definition),
    rollbackPack: (tenant, pack) => rollbackPack(prisma, tenant, pack),
    swapMade: (tenant, pack) => swapMade(prisma, tenant, pack),
    readPacks: (tenant) => readPacks(prisma, tenant),
    putLimits: (tenant, limits) =>
      prisma.$transaction(async (transaction) => void (await writeRecord(transaction, CONTROL_KEYS.limits(tenant), { ...limits }))),
    putOrigins: (tenant, origins) =>
      prisma.$transaction(
        async (transaction) => void (await writeRecord(transaction, CONTROL_KEYS.origins(tenant), { origins: [...origins] })),
      ),
    readOrigins: async (tenant) => {
      const stands = await prisma.controlRecord.findUnique({ where: { key: CONTROL_KEYS.origins(tenant) } });
      return parseOriginsRecord(stands?.value)?.origins ?? [];
    },
    ensurePartitions: (count) =>
      prisma.$transaction(async (transaction) => {
        const stands = await transaction.controlRecord.findUnique({ where: { key: CONTROL_KEYS.partitions } });
        if (stands !== null) return countOf(stands.value);
        await writeRecord(transaction, CONTROL_KEYS.partitions, { count });
        await transaction.$executeRaw`INSERT INTO partition_count (first_count, count) VALUES (${count}, ${count}) ON CONFLICT DO NOTHING`;
        return count;
      }),
    async readCountedThrough() {
      const [row] = await run<{ partitions: number; complete_through_ms: number | null }>(pool, 'read-counted-through', []);
      return { partitions: row?.partitions ?? 0, completeThroughMs: row?.complete_through_ms ?? null };
    },
    close: async () => {
      await prisma.$disconnect();
      await pool.end();
    },
  };
}

function countOf(value: unknown): number {
  const count: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'count') : undefined;
  if (typeof count !== 'number') throw new Error('the control record of the partition count cannot be read');
  return count;
}
