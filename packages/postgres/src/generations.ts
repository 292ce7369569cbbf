/** Closed generations of the dedup window: their filters, and the blocks of identities behind these. */
import { IDENTITY_BYTES } from '@tidegate/core';
import type pg from 'pg';
import { byteaArray, int4Array } from './binary-array.ts';
import { held } from './held.ts';
import { splitBlocks } from './identity-blocks.ts';
import { run } from './statements.ts';
import type { ClosedGeneration, DedupGeneration } from './store.ts';

/** 1.5 MB: some tens of milliseconds, for flushes of the partition wait while its row is held. */
const BLOCKS_PER_INSERT = 1_024;

interface GenerationRow {
  partition: number;
  generation: number;
  state: string;
  arrival_from_ms: number;
  arrival_to_ms: number;
  identities: string;
  filter: Buffer | null;
}

export async function readGenerations(pool: pg.Pool, partition: number, filterBytesMax: number): Promise<readonly DedupGeneration[]> {
  const rows = await run<GenerationRow>(pool, 'read-generations', [partition, filterBytesMax]);
  return rows.map((row) => ({
    partition,
    generation: row.generation,
    isOpen: row.state === 'open',
    arrivalFromMs: row.arrival_from_ms,
    arrivalToMs: row.arrival_to_ms,
    identities: Number(row.identities),
    filter: row.filter,
  }));
}

export async function findIdentities(
  pool: pg.Pool,
  at: { readonly partition: number; readonly generation: number },
  identities: Uint8Array,
): Promise<Uint8Array> {
  const wanted: Uint8Array[] = [];
  for (let i = 0; i < identities.length; i += IDENTITY_BYTES) wanted.push(identities.subarray(i, i + IDENTITY_BYTES));
  const rows = await run<{ identity: Buffer }>(pool, 'find-identities', [at.partition, at.generation, byteaArray(wanted)]);
  return Buffer.concat(rows.map(({ identity }) => identity).sort(Buffer.compare));
}

/**
 * Writes a generation in several transactions, each of which holds the partition's row for its owner, so that no flush waits
 * long and no earlier owner writes beside a later one:
 * 1. blocks of a try that broke off are deleted; where the generation is closed already (its answer was lost), all is done;
 * 2. the blocks, some at a time: nobody looks for them before
 * 3. the generation is closed, with its filter, and its journal blocks go.
 * False where the token no longer holds the partition.
 */
export async function closeGeneration(pool: pg.Pool, closed: ClosedGeneration, token: Uint8Array): Promise<boolean> {
  const { partition, generation } = closed;
  const owner = { partition, token };
  const blocks = splitBlocks(closed.identities);
  let isClosed = false;
  const isHeld = await held(pool, owner, async (client) => {
    isClosed = (await run(client, 'find-closed-generation', [partition, generation])).length > 0;
    if (!isClosed) await run(client, 'delete-dedup-blocks-of', [partition, generation]);
  });
  if (!isHeld || isClosed) return isHeld;
  for (let at = 0; at < blocks.length; at += BLOCKS_PER_INSERT) {
    const part = blocks.slice(at, at + BLOCKS_PER_INSERT);
    if (!(await held(pool, owner, (client) => insertBlocks(client, closed, { at, part })))) return false;
  }
  return held(pool, owner, (client) => markClosed(client, closed));
}

async function insertBlocks(
  client: pg.PoolClient,
  { partition, generation }: ClosedGeneration,
  { at, part }: { readonly at: number; readonly part: readonly Uint8Array[] },
): Promise<void> {
  const first = byteaArray(part.map((block) => block.subarray(0, IDENTITY_BYTES)));
  await run(client, 'insert-dedup-blocks', [partition, generation, int4Array(part.map((_, i) => at + i)), first, byteaArray(part)]);
}

async function markClosed(client: pg.PoolClient, closed: ClosedGeneration): Promise<void> {
  const { partition, generation } = closed;
  await run(client, 'upsert-generation', [
    partition,
    generation,
    new Date(closed.arrivalFromMs).toISOString(),
    new Date(closed.arrivalToMs).toISOString(),
    closed.identities.length / IDENTITY_BYTES,
    Buffer.from(closed.filter),
  ]);
  await run(client, 'delete-journal', [partition, generation, closed.announcedCommitNo]);
}

export async function forgetGenerations(client: pg.PoolClient, partition: number, upToGeneration: number): Promise<void> {
  await run(client, 'delete-generations', [partition, upToGeneration]);
  await run(client, 'delete-dedup-blocks', [partition, upToGeneration]);
}
