import { createHash, randomBytes } from 'node:crypto';
import type { Result } from '@tidegate/core';
import { failed, ok } from '@tidegate/core';
import type { PrismaClient } from '../generated/prisma/client.ts';
import { newId } from './api-key.ts';
import { deny } from './denials.ts';
import type { ControlDatabase } from './prisma-client.ts';
import type { RevisedUser } from './users.ts';
import { fromRow } from './users.ts';

/** What a sign-in or a refresh gives. */
export interface Session {
  readonly sessionId: string;
  readonly user: RevisedUser;
  /** The only time that it is seen. */
  readonly refreshToken: string;
  readonly expiresAtMs: number;
}

export interface SessionToOpen {
  readonly user: RevisedUser;
  readonly nowMs: number;
  readonly lifeMs: number;
}

export interface TokenToRefresh {
  readonly refreshToken: string;
  readonly nowMs: number;
  /** When the last access token that was made by now has ended. */
  readonly tokensEndMs: number;
}

export interface SessionToEnd {
  readonly sessionId: string;
  readonly nowMs: number;
  readonly tokensEndMs: number;
}

/** `rt_` and 256 bits: what scanners of leaked secrets know it by, and what nobody guesses. */
function newRefreshToken(): string {
  return `rt_${randomBytes(32).toString('base64url')}`;
}

/** Null: the user was changed since the password was checked; whoever asks begins anew. */
export async function openSession(prisma: PrismaClient, { user, nowMs, lifeMs }: SessionToOpen): Promise<Session | null> {
  const { userId, revision } = user;
  return prisma.$transaction(async (transaction) => {
    // Held against a change until the session is there to be ended by it.
    const held = await transaction.$queryRaw<unknown[]>`
      SELECT 1 AS held FROM user_account WHERE user_id = ${userId} AND revision = ${revision} AND state = 'active' FOR SHARE`;
    if (held.length === 0) return null;
    // What has run out of this user's: nobody else looks after it.
    await transaction.userSession.deleteMany({ where: { userId, expiresAt: { lte: new Date(nowMs) } } });
    const sessionId = newId('ses');
    const expiresAt = new Date(nowMs + lifeMs);
    await transaction.userSession.create({ data: { sessionId, userId, madeAt: new Date(nowMs), expiresAt } });
    return { sessionId, user, refreshToken: await addToken(transaction, sessionId), expiresAtMs: expiresAt.getTime() };
  });
}

/**
 * A refresh token for a new one. One that was used before is in two hands, whoever's they are: its session ends, with all that
 * was made of it. Of two at the same moment the second is that one.
 *
 * | state of the token       | of its session              | what happens                                   |
 * |--------------------------|-----------------------------|------------------------------------------------|
 * | unknown                  |                             | `credentials_invalid`                          |
 * | any                      | ended for a reuse           | `session_ended`                                |
 * | any                      | ended, over; user disabled  | `credentials_invalid`                          |
 * | used                     | open                        | the session ends, `session_ended`              |
 * | new                      | open                        | used now; a new token                          |
 */
export async function refreshSession(
  prisma: PrismaClient,
  { refreshToken, nowMs, tokensEndMs }: TokenToRefresh,
): Promise<Result<Session, 'credentials_invalid' | 'session_ended'>> {
  const tokenSha256 = sha256(refreshToken);
  return prisma.$transaction(async (transaction) => {
    const known = await transaction.refreshToken.findUnique({ where: { tokenSha256 }, select: { sessionId: true } });
    if (known === null) return failed('credentials_invalid');
    const { sessionId } = known;
    // Refreshes and ends of one session come one after another.
    await transaction.$queryRaw`SELECT 1 AS held FROM user_session WHERE session_id = ${sessionId} FOR UPDATE`;
    const session = await transaction.userSession.findUnique({ where: { sessionId }, include: { user: true } });
    if (session?.endReason === 'reuse') return failed('session_ended');
    const isOpen = session !== null && session.endedAt === null && session.expiresAt.getTime() > nowMs;
    if (!isOpen || session.user.state !== 'active') return failed('credentials_invalid');
    const { count } = await transaction.refreshToken.updateMany({
      where: { tokenSha256, usedAt: null },
      data: { usedAt: new Date(nowMs) },
    });
    if (count === 0) {
      await end(transaction, { sessionId, nowMs, tokensEndMs, reason: 'reuse' });
      return failed('session_ended');
    }
    const next = await addToken(transaction, sessionId);
    return ok({ sessionId, user: fromRow(session.user), refreshToken: next, expiresAtMs: session.expiresAt.getTime() });
  });
}

/** Ends a session and every access token of it; again is the same. */
export async function endSession(prisma: PrismaClient, asked: SessionToEnd): Promise<void> {
  await prisma.$transaction((transaction) => end(transaction, { ...asked, reason: 'logout' }));
}

async function end(
  transaction: ControlDatabase,
  { sessionId, nowMs, tokensEndMs, reason }: SessionToEnd & { readonly reason: 'logout' | 'reuse' },
): Promise<void> {
  const { count } = await transaction.userSession.updateMany({
    where: { sessionId, endedAt: null },
    data: { endedAt: new Date(nowMs), endReason: reason },
  });
  if (count > 0) await deny(transaction, { id: sessionId, untilMs: tokensEndMs }, nowMs);
}

async function addToken(transaction: ControlDatabase, sessionId: string): Promise<string> {
  const token = newRefreshToken();
  await transaction.refreshToken.create({ data: { tokenSha256: sha256(token), sessionId } });
  return token;
}

function sha256(token: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(createHash('sha256').update(token).digest());
}
