import type pg from 'pg';

/** What is read is of one instant, and nothing can be written. */
export const SNAPSHOT = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

export interface TransactionOptions<T> {
  /** Default `BEGIN`. */
  readonly begin?: string;
  /** Whether what the work came to is to stand; default: always. Else all of it is rolled back. */
  readonly keeps?: (done: T) => boolean;
}

/** Runs `work` on a connection of its own, in a transaction. */
export async function inTransaction<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
  { begin = 'BEGIN', keeps = () => true }: TransactionOptions<T> = {},
): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query(begin);
    const done = await work(client);
    await client.query(keeps(done) ? 'COMMIT' : 'ROLLBACK');
    client.release();
    return done;
  } catch (error) {
    // It may still be inside the transaction: it is closed, not reused.
    client.release(true);
    throw error;
  }
}
