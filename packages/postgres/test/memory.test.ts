import { createMemoryDatabase, createMemoryStore } from '../src/memory.ts';
import { budgetContract } from './budget.contract.ts';
import { rawContract } from './raw.contract.ts';
import { sealContract } from './seal.contract.ts';
import { storeContract } from './store.contract.ts';
import type { StoreUnderTest } from './store.contract.ts';

async function make(): Promise<StoreUnderTest> {
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
    backfillOffsets: async (partition) =>
      database.rawRows.filter((row) => row.isBackfill && row.partition === partition).map((row) => row.logOffset),
    rejectedRowCount: async () => database.rejected.size,
    rejectedFormats: async () => [...new Set([...database.rejected.values()].map(({ format }) => format))],
    rejectedKept: async (partition) =>
      [...database.rejected.values()]
        .filter((row) => row.partition === partition)
        .map(({ logOffset, sealed }) => `${logOffset}${sealed === null ? '-' : '+'}`),
    rejectedBeyond: async (partition) => {
      const counts: Record<string, number> = {};
      for (const [place, events] of database.rejectedBeyond) {
        const [, , of, code = ''] = place.split('/');
        if (of === String(partition)) counts[code] = (counts[code] ?? 0) + events;
      }
      return counts;
    },
    close: async () => undefined,
  };
}

storeContract('the store in memory', make);
budgetContract('budgets of the store in memory', make);
sealContract('seals of the store in memory', make);
rawContract('raw rows and tasks of the store in memory', make);
