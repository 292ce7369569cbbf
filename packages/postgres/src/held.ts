import type pg from 'pg';
import { run } from './statements.ts';

export interface HeldBy {
  readonly partition: number;
  readonly token: Uint8Array;
}

/** Runs `work` in a transaction that holds the partition's live row for its owner; false where the token lost it. */
export async function held(pool: pg.Pool, owner: HeldBy, work: (client: pg.PoolClient) => Promise<void>): Promise<boolean> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const isHeld = (await run(client, 'hold', [owner.partition, Buffer.from(owner.token)])).length === 1;
    if (isHeld) await work(client);
    await client.query(isHeld ? 'COMMIT' : 'ROLLBACK');
    client.release();
    return isHeld;
  } catch (error) {
    client.release(true);
    throw error;
  }
}
