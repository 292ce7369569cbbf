import type pg from 'pg';
import { inTransaction } from './in-transaction.ts';
import { run } from './statements.ts';

export interface HeldBy {
  readonly partition: number;
  readonly token: Uint8Array;
}

/** Runs `work` in a transaction that holds the partition's live row for its owner; false where the token lost it. */
export async function held(pool: pg.Pool, owner: HeldBy, work: (client: pg.PoolClient) => Promise<void>): Promise<boolean> {
  return inTransaction(
    pool,
    async (client) => {
      const isHeld = (await run(client, 'hold', [owner.partition, Buffer.from(owner.token)])).length === 1;
      if (isHeld) await work(client);
      return isHeld;
    },
    { keeps: (isHeld) => isHeld },
  );
}
