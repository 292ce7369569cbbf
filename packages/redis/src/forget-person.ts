import { recentKey } from './chunk-key.ts';
import type { RedisConnection } from './connect.ts';
import { figuresKey, OF_NAMES } from './kept-figures.ts';

export interface PersonKeys {
  readonly prefix: string;
  readonly tenant: string;
  /** The pseudonym, which stands in the names of the person's chunks. */
  readonly subject: string;
}

const COUNT = 1_000;

/**
 * Deletes what Redis holds of a person: chunks of series of theirs, names of answers in the figures of the cache, and all answers and newest events that are kept for the tenant, for
 * who they are about does not show. One walk over all keys, some at a time. Returns how many went.
 */
export async function forgetPerson(client: RedisConnection, { prefix, tenant, subject }: PersonKeys): Promise<number> {
  const answers = `${prefix}:{c:${tenant}}:answer:`;
  const recent = recentKey(prefix, tenant);
  let [cursor, gone] = ['0', 0];
  // First: from here on nobody adds what was read before.
  if ((await client.unlink(recent)) > 0) gone += 1;
  do {
    const [next, keys] = await client.scan(cursor, 'MATCH', `${prefix}:*`, 'COUNT', COUNT);
    const own = keys.filter((key) => key.includes(subject) || key.startsWith(answers) || key.startsWith(`${recent}:`));
    if (own.length > 0) gone += await client.unlink(...own);
    cursor = next;
  } while (cursor !== '0');
  return gone + (await forgetNames(client, { prefix, tenant, subject }));
}

/** Names of kept answers show whom they are about. */
async function forgetNames(client: RedisConnection, { prefix, tenant, subject }: PersonKeys): Promise<number> {
  let gone = 0;
  for (const what of ['busy', 'kept']) {
    const key = figuresKey(prefix, tenant, what);
    for (const name of await namesIn(subject, async (at, match) => client.zscan(key, at, 'MATCH', match, 'COUNT', COUNT)))
      gone += await client.zrem(key, name);
  }
  for (const of of OF_NAMES) {
    const key = figuresKey(prefix, tenant, of);
    for (const name of await namesIn(subject, async (at, match) => client.hscan(key, at, 'MATCH', match, 'COUNT', COUNT)))
      gone += await client.hdel(key, name);
  }
  return gone;
}

/** `scan`: gives names and values by turns. A pseudonym holds no sign of a pattern. */
async function namesIn(
  subject: string,
  scan: (cursor: string, match: string) => Promise<[cursor: string, pairs: string[]]>,
): Promise<readonly string[]> {
  const names = new Set<string>();
  let cursor = '0';
  do {
    const [next, pairs] = await scan(cursor, `*${subject}*`);
    pairs.forEach((name, at) => at % 2 === 0 && names.add(name));
    cursor = next;
  } while (cursor !== '0');
  return [...names];
}

/** How many keys hold a text, in their name or in what lies under it; anybody's. */
export async function countKeysOf(client: RedisConnection, text: string): Promise<number> {
  let [cursor, found] = ['0', 0];
  do {
    const [next, keys] = await client.scan(cursor, 'COUNT', COUNT);
    for (const key of keys) if (key.includes(text) || (await valueOf(client, key)).includes(text)) found += 1;
    cursor = next;
  } while (cursor !== '0');
  return found;
}

async function valueOf(client: RedisConnection, key: string): Promise<Buffer> {
  const type = await client.type(key);
  if (type === 'string') return (await client.getBuffer(key)) ?? Buffer.alloc(0);
  if (type !== 'hash') return (await client.dumpBuffer(key)) ?? Buffer.alloc(0);
  const fields = await client.hgetallBuffer(key);
  return Buffer.concat(Object.entries(fields).flatMap(([name, value]) => [Buffer.from(name), value]));
}
