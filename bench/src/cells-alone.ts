/** What Postgres writes of the cells of a run when nothing else is done: the flush's own statement on a table of its own. */
import { readFileSync } from 'node:fs';
import type pg from 'pg';
import { withClient } from './with-client.ts';
import { byteaArray, int2Array, int4Array, int8Array, uuidArray } from '../../packages/postgres/src/binary-array.ts';

const WRITES = 400_000;

interface Row {
  readonly series_id: string;
  readonly grain: number;
  readonly bucket_s: string;
  readonly partition: number;
  readonly state: Buffer;
  readonly revision: number;
}

export interface Alone {
  readonly cellsPerSecond: number;
  readonly distinctCells: number;
}

/** Draws from as many cells as the run had for so many writes, so that as many of them are updates. */
export async function measureAlone(databaseUrl: string, run: { readonly writes: number; readonly cellsPerFlush: number }): Promise<Alone> {
  return withClient(databaseUrl, async (client) => {
    await client.query('DROP TABLE IF EXISTS cell_alone');
    await client.query('CREATE TABLE cell_alone (LIKE cell INCLUDING ALL)');
    try {
      return await measureIn(client, run);
    } finally {
      await client.query('DROP TABLE cell_alone');
    }
  });
}

async function measureIn(client: pg.Client, run: { readonly writes: number; readonly cellsPerFlush: number }): Promise<Alone> {
  const [counted] = (await client.query<{ n: string }>('SELECT count(*) AS n FROM cell')).rows;
  const distinctCells = Number(counted?.n ?? 0);
  const wanted = Math.ceil((WRITES * distinctCells) / run.writes);
  const { rows } = await client.query<Row>(
    'SELECT series_id, grain, bucket_s, partition, state, revision FROM cell ORDER BY series_id LIMIT $1',
    [wanted],
  );
  const text = readFileSync(new URL('../../packages/postgres/sql/upsert-cells.sql', import.meta.url), 'utf8');
  const statement = { name: 'alone', text: text.replace('INSERT INTO cell AS', 'INSERT INTO cell_alone AS') };
  const batch = Math.max(1, Math.round(run.cellsPerFlush));
  const batches = drawBatches(rows, batch);
  const startedMs = performance.now();
  for (const values of batches) await client.query({ ...statement, values });
  const seconds = (performance.now() - startedMs) / 1_000;
  return { cellsPerSecond: (batches.length * batch) / seconds, distinctCells };
}

/** Encoded before the clock starts. No cell twice in a batch: a statement must not touch a row twice. */
function drawBatches(rows: readonly Row[], batch: number): readonly unknown[][] {
  return Array.from({ length: Math.max(1, Math.round(WRITES / batch)) }, (_, number) => {
    const start = Math.floor(((number * 0.618_033_988_75) % 1) * rows.length);
    const taken = Array.from({ length: Math.min(batch, rows.length) }, (_row, i) => rows[(start + i * 7_919) % rows.length]);
    const cells = [...new Set(taken)].filter((row) => row !== undefined);
    return [
      uuidArray(cells.map((row) => Buffer.from(row.series_id.replaceAll('-', ''), 'hex'))),
      int2Array(cells.map((row) => row.grain)),
      int8Array(cells.map((row) => Number(row.bucket_s))),
      int2Array(cells.map((row) => row.partition)),
      byteaArray(cells.map((row) => row.state)),
      int8Array(cells.map(() => 1)),
      int8Array(cells.map(() => number)),
      int4Array(cells.map((row) => row.revision)),
    ];
  });
}
