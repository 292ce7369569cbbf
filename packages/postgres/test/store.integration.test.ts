import { migrate } from '../src/migrate.ts';
import { createPgStore } from '../src/pg-store.ts';
import { createScratchDatabase } from './scratch-database.ts';
import { storeContract } from './store.contract.ts';

storeContract('the store in Postgres, under the role of the aggregator', async () => {
  const database = await createScratchDatabase();
  await migrate({ databaseUrl: database.url });
  const count = async (table: string): Promise<number> => {
    const rows = await database.query<{ count: string }>(`SELECT count(*) FROM ${table}`);
    return Number(rows[0]?.count);
  };
  return {
    open: (failAt) =>
      createPgStore({
        databaseUrl: database.url,
        applicationName: 'tidegate-store-contract',
        role: 'tidegate_aggregator',
        fault: (point) => {
          if (failAt?.(point) === true) throw new Error(`made to fail at ${point}`);
        },
      }),
    rawRowCount: () => count('raw_event'),
    rejectedRowCount: () => count('rejected_event'),
    close: () => database.drop(),
  };
});
