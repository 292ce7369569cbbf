/** The newest events of each type of a tenant, in sorted sets by time of occurrence (docs/design/recent-events.md). */
import type { Redis } from 'ioredis';
import { recentKey, recentTypeKey } from './chunk-key.ts';
import { createScript, listOf, textOf } from './script-runner.ts';
import type { ScriptReply } from './script-runner.ts';

export interface RecentMember {
  /** Milliseconds. */
  readonly score: number;
  readonly bytes: Uint8Array;
}

export interface RecentPage {
  readonly type: string;
  /** Members of the set in all. */
  readonly count: number;
  /** Of the oldest member; null: there is none. */
  readonly leastScore: number | null;
  /** The newest first. */
  readonly members: readonly Uint8Array[];
}

export type RecentLook =
  | { readonly kind: 'absent' | 'loading' }
  | {
      readonly kind: 'there';
      readonly token: string;
      /** As whoever filled it wrote them. */
      readonly offsets: string;
      readonly note: string;
      readonly pages: readonly RecentPage[];
    };

export interface RecentRange {
  readonly types: readonly string[];
  /** `fromMs` ≤ score < `toMs`. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly membersMax: number;
}

export interface RecentFill {
  readonly token: string;
  /** Offsets that were found; the empty text: this is the first fill. */
  readonly seen: string;
  readonly offsets: string;
  readonly note: string;
  /** By type. Every type at the first fill, those with members afterwards. */
  readonly members: ReadonlyMap<string, readonly RecentMember[]>;
}

export interface RecentSets {
  look(tenant: string, range: RecentRange): Promise<RecentLook>;
  /** False: somebody else has begun. */
  begin(tenant: string, token: string): Promise<boolean>;
  /** False: what was begun is gone, or another filler was faster. */
  fill(tenant: string, fill: RecentFill): Promise<boolean>;
  drop(tenant: string): Promise<void>;
}

/** Members of a set. */
export const RECENT_KEPT = 1_000;
const TTL_MS = 900_000;

export function createRecentSets({ client, prefix }: { readonly client: Redis; readonly prefix: string }): RecentSets {
  const look = createScript(client, 'recent-look.lua');
  const begin = createScript(client, 'recent-begin.lua');
  const add = createScript(client, 'recent-add.lua');
  const end = createScript(client, 'recent-end.lua');
  return {
    async look(tenant, { types, fromMs, toMs, membersMax }) {
      const keys = [recentKey(prefix, tenant), ...types.map((type) => recentTypeKey(prefix, tenant, type))];
      return toLook(types, listOf(await look.run(keys, [fromMs, toMs, membersMax, ...types])));
    },
    begin: async (tenant, token) => (await begin.run([recentKey(prefix, tenant)], [token, TTL_MS])) === 1,
    async fill(tenant, { token, seen, offsets, note, members }) {
      const key = recentKey(prefix, tenant);
      for (const [type, added] of members) {
        const pairs = added.flatMap(({ score, bytes }) => [score, bytes]);
        if ((await add.run([key, recentTypeKey(prefix, tenant, type)], [token, seen, type, RECENT_KEPT, ...pairs])) !== 1) return false;
      }
      return (await end.run([key], [token, seen, offsets, note])) === 1;
    },
    drop: async (tenant) => void (await client.unlink(recentKey(prefix, tenant))),
  };
}

function toLook(types: readonly string[], [kind, token, offsets, note, ...rest]: readonly ScriptReply[]): RecentLook {
  if (textOf(kind) !== 'there') return { kind: textOf(kind) === 'loading' ? 'loading' : 'absent' };
  const pages = types.map((type, at) => {
    const [count, least, members] = rest.slice(3 * at, 3 * at + 3);
    const leastScore = textOf(least) === '' ? null : Number(textOf(least));
    return { type, count: Number(count), leastScore, members: listOf(members ?? null).filter((one) => Buffer.isBuffer(one)) };
  });
  return { kind: 'there', token: textOf(token), offsets: textOf(offsets), note: textOf(note), pages };
}
