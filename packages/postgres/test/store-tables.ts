import type { ScratchDatabase } from './scratch-database.ts';
import type { StoreUnderTest } from './store.contract.ts';

/** What the contract of the store looks at, read from the tables themselves. */
export function storeTables(database: ScratchDatabase): Omit<StoreUnderTest, 'open' | 'close'> {
  const count = async (table: string): Promise<number> => {
    const rows = await database.query<{ n: string }>(`SELECT count(*) AS n FROM ${table}`);
    return Number(rows[0]?.n);
  };
  return {
    rawRowCount: () => count('raw_event'),
    backfillOffsets: async (partition) => {
      const rows = await database.query<{ log_offset: string }>(
        `SELECT log_offset FROM raw_event WHERE is_backfill AND partition = ${partition} ORDER BY log_offset`,
      );
      return rows.map((row) => Number(row.log_offset));
    },
    rejectedRowCount: () => count('rejected_event'),
    rejectedFormats: async () =>
      (await database.query<{ format: unknown }>('SELECT DISTINCT format FROM rejected_event')).map(({ format }) => format),
    rejectedKept: async (partition) => {
      const rows = await database.query<{ row: string }>(
        `SELECT log_offset || CASE WHEN sealed IS NULL THEN '-' ELSE '+' END AS row FROM rejected_event WHERE partition = ${partition} ORDER BY log_offset`,
      );
      return rows.map(({ row }) => row);
    },
    rejectedBeyond: async (partition) => {
      const rows = await database.query<{ code: string; events: string }>(
        `SELECT code, sum(events) AS events FROM rejected_beyond WHERE partition = ${partition} GROUP BY code`,
      );
      return Object.fromEntries(rows.map(({ code, events }) => [code, Number(events)]));
    },
  };
}
