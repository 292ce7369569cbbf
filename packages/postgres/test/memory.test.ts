import { createMemoryDatabase, createMemoryStore } from '../src/memory.ts';
import { storeContract } from './store.contract.ts';

storeContract('the store in memory', async () => {
  const database = createMemoryDatabase();
  return {
    open: (failAt) =>
      createMemoryStore({
        database,
        fault: (point) => {
          if (failAt?.(point) === true) throw new Error(`made to fail at ${point}`);
        },
      }),
    rawRowCount: async () => database.rawRows.length,
    rejectedRowCount: async () => database.rejected.size,
    close: async () => undefined,
  };
});
