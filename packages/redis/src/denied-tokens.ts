/** Tokens that are refused before they end, beside the control topic: whoever starts knows them before it has read that. */
import type { RedisClusterConnection } from './connect-cluster.ts';
import type { RedisConnection } from './connect.ts';
import { isDamage } from './script-runner.ts';

/** Of one token, session or user. */
export interface DeniedToken {
  /** `jti` of a token, id of a session or of a user. */
  readonly id: string;
  /** When the last token that it concerns has ended. */
  readonly untilMs: number;
  /** Of a user: tokens of older revisions alone. */
  readonly below?: number;
}

export interface DeniedTokens {
  add(denials: readonly DeniedToken[], nowMs: number): Promise<void>;
  /** Those whose tokens have not ended. */
  read(nowMs: number): Promise<readonly DeniedToken[]>;
}

/** Most that are read at once: some 60 bytes each. */
const READ_MAX = 100_000;

/** One sorted set, by the end of the tokens; nothing in it is kept for longer than that. Adding twice changes nothing. */
export function createDeniedTokens(redis: RedisConnection | RedisClusterConnection, prefix: string): DeniedTokens {
  const key = `${prefix}:{denied}`;

  async function write(denials: readonly DeniedToken[], nowMs: number): Promise<void> {
    await redis.zadd(key, 'GT', ...denials.flatMap((denial) => [denial.untilMs, toMember(denial)]));
    await redis.zremrangebyscore(key, '-inf', nowMs);
  }

  return {
    async add(denials, nowMs) {
      if (denials.length === 0) return;
      try {
        await write(denials, nowMs);
      } catch (error) {
        if (!isDamage(error)) throw error;
        await redis.unlink(key);
        await write(denials, nowMs);
      }
    },
    async read(nowMs) {
      const told = await redis.zrangebyscore(key, `(${nowMs}`, '+inf', 'WITHSCORES', 'LIMIT', 0, READ_MAX);
      return Array.from({ length: told.length / 2 }, (_, at) => fromMember(told[2 * at] ?? '', Number(told[2 * at + 1])));
    },
  };
}

/** An id holds no blank. */
function toMember({ id, below }: DeniedToken): string {
  return below === undefined ? id : `${id} ${below}`;
}

function fromMember(member: string, untilMs: number): DeniedToken {
  const [id = '', below] = member.split(' ', 2);
  return below === undefined ? { id, untilMs } : { id, untilMs, below: Number(below) };
}
