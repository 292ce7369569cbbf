/** Marks of what answers are made of (docs/design/answer-cache.md); `cells.ts` removes them as it moves progress. */
import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { CellStore, ChangedMarks, TenantNames } from './cell-store.ts';
import { markKey } from './chunk-key.ts';
import { createScript, listOf, textOf } from './script-runner.ts';

/** Keys of one call: what a script spreads must fit its stack. */
const MARKS_PER_CALL = 1_000;

export function createMarks(client: Redis, prefix: string): Pick<CellStore, 'takeMarks' | 'readMarks' | 'dropMarks'> {
  const take = createScript(client, 'mark-take.lua');
  const read = createScript(client, 'mark-read.lua');
  const inCalls = async (of: TenantNames, call: (keys: readonly string[]) => Promise<readonly string[]>): Promise<readonly string[]> =>
    (await Promise.all(groupsOf(keysOf(prefix, [of])).map(call))).flat();
  return {
    takeMarks: async (of, ttlMs, ending = '') =>
      inCalls(of, async (keys) => listOf(await take.run(keys, [ttlMs, randomBytes(12).toString('base64url'), ending])).map(textOf)),
    async dropMarks(of) {
      await Promise.all(groupsOf(keysOf(prefix, of)).map(async (keys) => client.unlink(...keys)));
    },
    readMarks: async (of) => inCalls(of, async (keys) => listOf(await read.run(keys, [])).map(textOf)),
  };
}

/** What is left for the script that moves progress. */
export interface FallingMarks {
  readonly keys: readonly string[];
  readonly unless: readonly { readonly key: string; readonly ending: string }[];
}

/** Removes all but as many as the caller's own script takes; those come back. */
export async function dropMarks(
  { client, prefix }: { readonly client: Redis; readonly prefix: string },
  changed: readonly ChangedMarks[],
): Promise<FallingMarks> {
  const unless = changed.flatMap(({ tenant, unless: some = [] }) =>
    some.map(({ name, ending }) => ({ key: markKey(prefix, tenant, name), ending })),
  );
  // Whatever they end with: whose mark falls for nothing reads once more.
  const beyond = unless.slice(MARKS_PER_CALL).map(({ key }) => key);
  const [last = [], ...others] = groupsOf([...beyond, ...keysOf(prefix, changed)]);
  await Promise.all(others.map(async (keys) => client.unlink(...keys)));
  return { keys: last, unless: unless.slice(0, MARKS_PER_CALL) };
}

function keysOf(prefix: string, all: readonly TenantNames[]): readonly string[] {
  return all.flatMap(({ tenant, names }) => names.map((name) => markKey(prefix, tenant, name)));
}

function groupsOf(keys: readonly string[]): readonly (readonly string[])[] {
  return Array.from({ length: Math.ceil(keys.length / MARKS_PER_CALL) }, (_, at) =>
    keys.slice(at * MARKS_PER_CALL, (at + 1) * MARKS_PER_CALL),
  );
}
