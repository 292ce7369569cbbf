/** People who register: a name is reserved, the profile is told, and only then is there a user. */
import type { Result } from '@tidegate/core';
import { failed, ok } from '@tidegate/core';
import type { Prisma, PrismaClient } from '../generated/prisma/client.ts';
import { newId } from './api-key.ts';

export interface UserToReserve {
  readonly tenant: string;
  /** Lower case, as is the address. */
  readonly username: string;
  readonly email: string;
  /** bcrypt, `$2b$`. */
  readonly passwordHash: string;
  readonly roles: readonly string[];
  readonly nowMs: number;
}

/** As long as a registration may take; a reservation that is older was given up. */
const RESERVED_MS = 60_000;
const PENDING = 'pending';

/** The id of the user to be, who is the subject of the events about them too. */
export async function reserveUser(prisma: PrismaClient, asked: UserToReserve): Promise<Result<string, 'not_found' | 'user_taken'>> {
  const { tenant, username, email, passwordHash, roles, nowMs } = asked;
  return prisma.$transaction(async (transaction) => {
    if ((await transaction.tenant.count({ where: { tenant } })) === 0) return failed('not_found');
    await dropGivenUp(transaction, { tenant, username, email }, nowMs);
    const userId = newId('usr');
    const row = { userId, tenant, username, email, passwordHash, roles: [...roles], subject: userId, state: PENDING };
    const { count } = await transaction.userAccount.createMany({
      data: [{ ...row, createdAt: new Date(nowMs) }],
      skipDuplicates: true,
    });
    return count === 0 ? failed('user_taken') : ok(userId);
  });
}

/** False: the reservation was given up meanwhile. */
export async function activateUser(prisma: PrismaClient, userId: string): Promise<boolean> {
  const { count } = await prisma.userAccount.updateMany({ where: { userId, state: PENDING }, data: { state: 'active' } });
  return count === 1;
}

export async function releaseUser(prisma: PrismaClient, userId: string): Promise<void> {
  await prisma.userAccount.deleteMany({ where: { userId, state: PENDING } });
}

export async function dropGivenUp(
  transaction: Prisma.TransactionClient,
  { tenant, username, email }: { readonly tenant: string; readonly username: string; readonly email: string | null },
  nowMs: number,
): Promise<void> {
  const names = [{ username }, ...(email === null ? [] : [{ email }])];
  const createdAt = { lt: new Date(nowMs - RESERVED_MS) };
  await transaction.userAccount.deleteMany({ where: { tenant, state: PENDING, createdAt, OR: names } });
}
