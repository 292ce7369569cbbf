import { createMemoryCells } from '../src/cells-memory.ts';
import { CONTRACT_LIMITS, describeCellStore } from './cells.contract.ts';

describeCellStore('memory', async () => {
  const store = createMemoryCells({ nowMs: () => 1_800_000_000_000, limits: CONTRACT_LIMITS });
  return Promise.resolve({
    store,
    evict: async (name) => Promise.resolve(store.evict(name)),
    evictPart: async (name, part) => Promise.resolve(store.evictPart(name, part)),
    forgetEverything: async () => Promise.resolve(store.flush()),
    changeRun: async () => Promise.resolve(store.restart()),
    changeRunOfMark: async () => Promise.resolve(store.restart()),
    close: async () => store.close(),
  });
});
