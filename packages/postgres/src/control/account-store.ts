import type { Result } from '@tidegate/core';
import type { PrismaClient } from '../generated/prisma/client.ts';
import type { Denial } from './control-records.ts';
import { deny, readDenials } from './denials.ts';
import type { UserToReserve } from './registrations.ts';
import { activateUser, releaseUser, reserveUser } from './registrations.ts';
import type { Session, SessionToEnd, SessionToOpen, TokenToRefresh } from './sessions.ts';
import { endSession, openSession, refreshSession } from './sessions.ts';
import type { SignInRecord, UserChange, UserInfo, UserPage, UserToCreate } from './users.ts';
import { changeUser, createUser, findSignIn, findUser, listUsers } from './users.ts';

/** People who sign in, and what came of it. */
export interface AccountStore {
  createUser(asked: UserToCreate): Promise<Result<UserInfo, 'not_found' | 'user_taken'>>;
  /** The id of a user to be, whose names nobody else can have for a minute. */
  reserveUser(asked: UserToReserve): Promise<Result<string, 'not_found' | 'user_taken'>>;
  /** False: it is not reserved any more. */
  activateUser(userId: string): Promise<boolean>;
  releaseUser(userId: string): Promise<void>;
  listUsers(page: UserPage): Promise<readonly UserInfo[]>;
  /** Of the whole installation, disabled ones too. */
  countUsers(): Promise<number>;
  /** Null: the tenant has no such user. */
  findUser(tenant: string, userId: string): Promise<UserInfo | null>;
  changeUser(change: UserChange): Promise<Result<UserInfo, 'not_found'>>;
  /** By user name or e-mail address, in lower case. */
  findSignIn(tenant: string, name: string): Promise<SignInRecord | null>;
  /** Null: the user was changed meanwhile. */
  openSession(asked: SessionToOpen): Promise<Session | null>;
  refreshSession(asked: TokenToRefresh): Promise<Result<Session, 'credentials_invalid' | 'session_ended'>>;
  endSession(asked: SessionToEnd): Promise<void>;
  /** Refuses tokens everywhere. */
  deny(denial: Denial, nowMs: number): Promise<void>;
  readDenials(): Promise<readonly Denial[]>;
}

export function createAccountStore(prisma: PrismaClient): AccountStore {
  return {
    createUser: (asked) => createUser(prisma, asked),
    reserveUser: (asked) => reserveUser(prisma, asked),
    activateUser: (userId) => activateUser(prisma, userId),
    releaseUser: (userId) => releaseUser(prisma, userId),
    listUsers: (page) => listUsers(prisma, page),
    // A name that is reserved for a minute is no user yet.
    countUsers: () => prisma.userAccount.count({ where: { state: { in: ['active', 'disabled'] } } }),
    findUser: (tenant, userId) => findUser(prisma, tenant, userId),
    changeUser: (change) => changeUser(prisma, change),
    findSignIn: (tenant, name) => findSignIn(prisma, tenant, name),
    openSession: (asked) => openSession(prisma, asked),
    refreshSession: (asked) => refreshSession(prisma, asked),
    endSession: (asked) => endSession(prisma, asked),
    deny: (denial, nowMs) => prisma.$transaction((transaction) => deny(transaction, denial, nowMs)),
    readDenials: () => readDenials(prisma),
  };
}
