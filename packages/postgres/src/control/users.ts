import type { Result } from '@tidegate/core';
import { failed, ok } from '@tidegate/core';
import type { PrismaClient, UserAccount } from '../generated/prisma/client.ts';
import { newId } from './api-key.ts';
import { deny } from './denials.ts';
import { dropGivenUp } from './registrations.ts';

export interface UserToCreate {
  readonly tenant: string;
  /** Lower case, as is the address. */
  readonly username: string;
  readonly email: string | null;
  /** bcrypt, `$2b$`. */
  readonly passwordHash: string;
  readonly roles: readonly string[];
  /** Plain id of the person whose events are theirs. */
  readonly subject: string | null;
  readonly nowMs: number;
}

/** A user as lists show it. Instants are epoch milliseconds. */
export interface UserInfo {
  readonly userId: string;
  readonly tenant: string;
  readonly username: string;
  readonly email: string | null;
  readonly roles: readonly string[];
  readonly subject: string | null;
  readonly state: 'active' | 'disabled';
  readonly createdAtMs: number;
  readonly disabledAtMs: number | null;
}

/** A user at an instant: what was checked holds only while the revision is the same. */
export interface RevisedUser extends UserInfo {
  readonly revision: number;
}

/** What is looked at when somebody signs in. */
export interface SignInRecord {
  readonly user: RevisedUser;
  readonly passwordHash: string;
}

export interface UserChange {
  readonly tenant: string;
  readonly userId: string;
  readonly roles?: readonly string[];
  readonly passwordHash?: string;
  readonly state?: 'active' | 'disabled';
  readonly nowMs: number;
  /** When the last access token that was made by now has ended. */
  readonly tokensEndMs: number;
}

export interface UserPage {
  readonly tenant: string;
  /** Id of the last one seen. */
  readonly after: string | null;
  readonly limit: number;
}

export async function createUser(prisma: PrismaClient, asked: UserToCreate): Promise<Result<UserInfo, 'not_found' | 'user_taken'>> {
  return prisma.$transaction(async (transaction) => {
    if ((await transaction.tenant.count({ where: { tenant: asked.tenant } })) === 0) return failed('not_found');
    const { nowMs, ...user } = asked;
    await dropGivenUp(transaction, user, nowMs);
    const userId = newId('usr');
    const { count } = await transaction.userAccount.createMany({
      data: [{ ...user, userId, roles: [...user.roles] }],
      skipDuplicates: true,
    });
    if (count === 0) return failed('user_taken');
    return ok(fromRow(await transaction.userAccount.findUniqueOrThrow({ where: { userId } })));
  });
}

/** The tenant's users by id, a page of them. */
export async function listUsers(prisma: PrismaClient, { tenant, after, limit }: UserPage): Promise<readonly UserInfo[]> {
  const where = { tenant, state: { not: 'pending' }, ...(after === null ? {} : { userId: { gt: after } }) };
  return (await prisma.userAccount.findMany({ where, orderBy: { userId: 'asc' }, take: limit })).map(fromRow);
}

/** Null: the tenant has no such user. */
export async function findUser(prisma: PrismaClient, tenant: string, userId: string): Promise<UserInfo | null> {
  const row = await prisma.userAccount.findFirst({ where: { tenant, userId, state: { not: 'pending' } } });
  return row === null ? null : fromRow(row);
}

/** By user name or e-mail address, in lower case; one of a tenant has it as the one or the other. Disabled ones too. */
export async function findSignIn(prisma: PrismaClient, tenant: string, name: string): Promise<SignInRecord | null> {
  const row = await prisma.userAccount.findFirst({
    where: { tenant, ...(name.includes('@') ? { email: name } : { username: name }) },
  });
  return row === null ? null : { user: fromRow(row), passwordHash: row.passwordHash };
}

/**
 * One transaction: the change, the end of what was made before it, and the word of that to every gateway. Roles end access
 * tokens only, so that the next refresh has the new ones; a new password and disabling end sessions as well.
 */
export async function changeUser(prisma: PrismaClient, change: UserChange): Promise<Result<UserInfo, 'not_found'>> {
  const { tenant, userId, roles, passwordHash, state, nowMs, tokensEndMs } = change;
  return prisma.$transaction(async (transaction) => {
    const { count } = await transaction.userAccount.updateMany({
      where: { tenant, userId },
      data: {
        revision: { increment: 1 },
        ...(roles === undefined ? {} : { roles: [...roles] }),
        ...(passwordHash === undefined ? {} : { passwordHash }),
        ...(state === undefined ? {} : { state, disabledAt: state === 'disabled' ? new Date(nowMs) : null }),
      },
    });
    if (count === 0) return failed('not_found');
    const row = await transaction.userAccount.findUniqueOrThrow({ where: { userId } });
    if (passwordHash !== undefined || state === 'disabled') {
      await transaction.userSession.updateMany({
        where: { userId, endedAt: null },
        data: { endedAt: new Date(nowMs), endReason: 'changed' },
      });
    }
    await deny(transaction, { id: userId, untilMs: tokensEndMs, below: row.revision }, nowMs);
    return ok(fromRow(row));
  });
}

export function fromRow(row: UserAccount): RevisedUser {
  return {
    userId: row.userId,
    tenant: row.tenant,
    username: row.username,
    email: row.email,
    roles: row.roles,
    subject: row.subject,
    state: row.state === 'active' ? 'active' : 'disabled',
    createdAtMs: row.createdAt.getTime(),
    disabledAtMs: row.disabledAt?.getTime() ?? null,
    revision: row.revision,
  };
}
