import type { PrismaClient } from '../generated/prisma/client.ts';
import { CONTROL_KEYS } from './control-records.ts';
import type { ControlDatabase } from './prisma-client.ts';
import { writeRecord } from './record-writer.ts';

export interface TenantToCreate {
  /** `^[a-z][a-z0-9-]{0,62}$`. */
  readonly tenant: string;
  readonly title: string;
}

/** Makes the tenant unless it exists. Resolves to whether it was made. */
export async function createTenant(prisma: PrismaClient, { tenant, title }: TenantToCreate): Promise<boolean> {
  return prisma.$transaction(async (transaction) => {
    const { count } = await transaction.tenant.createMany({ data: [{ tenant, title }], skipDuplicates: true });
    if (count === 1) await writeRecord(transaction, CONTROL_KEYS.tenant(tenant), { tenant, title });
    return count === 1;
  });
}

/**
 * Takes the tenant's row lock for the rest of the transaction. Who plans a change of a tenant's definitions takes it before
 * reading them: two plans made side by side would both count from the same state. False: there is no such tenant.
 */
export async function lockTenant(transaction: ControlDatabase, tenant: string): Promise<boolean> {
  const rows = await transaction.$queryRaw<unknown[]>`SELECT 1 AS held FROM tenant WHERE tenant = ${tenant} FOR UPDATE`;
  return rows.length === 1;
}
