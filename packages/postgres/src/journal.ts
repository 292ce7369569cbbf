/** The journal of a partition's commits: which cells they changed, and which identities they counted first. */
import type { JournaledIdentities } from '@tidegate/core';
import type pg from 'pg';
import { decodeCellKeys } from './cell-keys.ts';
import { decodeEntityKeys } from './entity-keys.ts';
import { run } from './statements.ts';
import type { JournalBlock } from './store.ts';

const BLOCKS_PER_READ = 256;

interface IdentityRow {
  readonly commit_no: string;
  readonly generation: number;
  readonly arrival_from_ms: number;
  readonly arrival_to_ms: number;
  readonly identities: Buffer;
}

interface BlockRow extends IdentityRow {
  readonly term: string;
  readonly next_offset: string;
  readonly cells: Buffer;
  readonly entities: Buffer | null;
}

export async function* readJournal(pool: pg.Pool, partition: number, afterCommitNo: number): AsyncGenerator<JournalBlock> {
  const read = (after: number): Promise<BlockRow[]> => run<BlockRow>(pool, 'read-journal', [partition, after, BLOCKS_PER_READ]);
  for await (const row of readAhead(read, afterCommitNo)) {
    yield {
      partition,
      commitNo: Number(row.commit_no),
      term: Number(row.term),
      generation: row.generation,
      arrivalFromMs: row.arrival_from_ms,
      arrivalToMs: row.arrival_to_ms,
      nextOffset: Number(row.next_offset),
      identities: row.identities,
      cells: decodeCellKeys(row.cells),
      entities: decodeEntityKeys(row.entities),
    };
  }
}

export async function* readIdentities(pool: pg.Pool, partition: number, fromGeneration: number): AsyncGenerator<JournaledIdentities> {
  const read = (after: number): Promise<IdentityRow[]> =>
    run<IdentityRow>(pool, 'read-journal-identities', [partition, after, fromGeneration, BLOCKS_PER_READ]);
  for await (const { generation, arrival_from_ms, arrival_to_ms, identities } of readAhead(read, 0)) {
    yield { generation, arrivalFromMs: arrival_from_ms, arrivalToMs: arrival_to_ms, identities };
  }
}

/** The next rows are on their way while those at hand are worked on. */
async function* readAhead<R extends IdentityRow>(read: (afterCommitNo: number) => Promise<R[]>, afterCommitNo: number): AsyncGenerator<R> {
  let next: Promise<R[]> | null = read(afterCommitNo);
  while (next !== null) {
    const rows: R[] = await next;
    const last = rows.at(-1);
    next = last === undefined || rows.length < BLOCKS_PER_READ ? null : read(Number(last.commit_no));
    // Whoever stops reading early does not wait for it; what it throws is told to nobody then.
    next?.catch(() => undefined);
    yield* rows;
  }
}
