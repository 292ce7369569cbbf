import type { Result } from '@tidegate/core';
import { failed, ok } from '@tidegate/core';
import type { PrismaClient } from '../generated/prisma/client.ts';
import type { TokenIssuerRecord } from './control-records.ts';
import { CONTROL_KEYS, parseTokenIssuerRecord } from './control-records.ts';
import type { ControlDatabase } from './prisma-client.ts';
import { writeRecord } from './record-writer.ts';
import { lockTenant } from './tenants.ts';

/** Two tenants must never take the same token: whose it were would be chance. */
export type IssuerFault = 'not_found' | 'issuer_taken';

/** Puts an issuer in place, or in place of the one of that name. */
export async function putIssuer(prisma: PrismaClient, record: TokenIssuerRecord): Promise<Result<TokenIssuerRecord, IssuerFault>> {
  return prisma.$transaction(async (transaction) => {
    // One lock for all that name this issuer: two tenants side by side would each find that nobody has it.
    await transaction.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`token_issuer/${record.issuer}`}, 0))`;
    if (!(await lockTenant(transaction, record.tenant))) return failed('not_found');
    const { tenant, name, issuer } = record;
    const others = await transaction.tokenIssuer.findMany({ where: { issuer, NOT: { tenant, name } } });
    if (others.some(({ definition }) => overlaps(record, parseTokenIssuerRecord(definition)))) return failed('issuer_taken');
    await transaction.tokenIssuer.upsert({
      where: { tenant_name: { tenant, name } },
      create: { tenant, name, issuer, definition: record },
      update: { issuer, definition: record },
    });
    await writeRecord(transaction, CONTROL_KEYS.issuer(tenant, name), record);
    return ok(record);
  });
}

/** Whether one token could be meant for both. Two conditions keep them apart where one claim has to have two values. */
function overlaps(one: TokenIssuerRecord, other: TokenIssuerRecord | null): boolean {
  if (other === null || !one.audiences.some((audience) => other.audiences.includes(audience))) return false;
  const [first, second] = [one.tenant_claim, other.tenant_claim];
  return first === null || second === null || first.claim !== second.claim || first.value === second.value;
}

/** The tenant's issuers, by name. */
export async function listIssuers(database: ControlDatabase, tenant: string): Promise<readonly TokenIssuerRecord[]> {
  const rows = await database.tokenIssuer.findMany({ where: { tenant }, orderBy: { name: 'asc' } });
  return rows.flatMap(({ definition }) => parseTokenIssuerRecord(definition) ?? []);
}

/** Its tokens are refused from now on. False: the tenant has no such issuer. */
export async function removeIssuer(prisma: PrismaClient, tenant: string, name: string): Promise<boolean> {
  return prisma.$transaction(async (transaction) => {
    const { count } = await transaction.tokenIssuer.deleteMany({ where: { tenant, name } });
    if (count > 0) await writeRecord(transaction, CONTROL_KEYS.issuer(tenant, name), null);
    return count > 0;
  });
}
