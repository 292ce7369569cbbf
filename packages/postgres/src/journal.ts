import type pg from 'pg';
import { decodeCellKeys } from './cell-keys.ts';
import { run } from './statements.ts';
import type { JournalBlock } from './store.ts';

const JOURNAL_BLOCKS_PER_READ = 256;

interface JournalRow {
  partition: number;
  commit_no: string;
  term: string;
  generation: number;
  arrival_from_ms: number;
  arrival_to_ms: number;
  next_offset: string;
  identities: Buffer;
  cells: Buffer;
}

/** Blocks with a greater commit number, in order; read in pieces, for an open generation of the dedup window may have many. */
export async function* readJournal(
  pool: pg.Pool,
  partition: number,
  after: { commitNo: number; generation: number },
): AsyncGenerator<JournalBlock> {
  let commitNo = after.commitNo;
  for (;;) {
    const rows = await run<JournalRow>(pool, 'read-journal', [partition, commitNo, after.generation, JOURNAL_BLOCKS_PER_READ]);
    for (const row of rows) {
      commitNo = Number(row.commit_no);
      yield {
        partition,
        commitNo,
        term: Number(row.term),
        generation: row.generation,
        arrivalFromMs: row.arrival_from_ms,
        arrivalToMs: row.arrival_to_ms,
        nextOffset: Number(row.next_offset),
        identities: row.identities,
        cells: decodeCellKeys(row.cells),
      };
    }
    if (rows.length < JOURNAL_BLOCKS_PER_READ) return;
  }
}
