/** What stands on tables; a part of `app.ts`. */
import type { TopicNames } from '@tidegate/kafka';
import {
  createAuditReader,
  createAuditStore,
  createBudgetStore,
  createEntityReader,
  createErasureStore,
  createEventStore,
  createExportStore,
  createGapStore,
  createInsightStore,
  createJobReader,
  createPersonKeyStore,
  createReadStore,
  createRejectedStore,
  createRestatedStore,
  createTallyReader,
  createWarehouseStore,
} from '@tidegate/postgres';

/** What routes show of tables beside the cells. */
export function storesOf(pool: Parameters<typeof createJobReader>[0], topics: TopicNames) {
  return {
    entities: createEntityReader(pool),
    audit: createAuditStore(pool),
    accesses: createAuditReader(pool),
    events: createEventStore(pool),
    erasures: createErasureStore(pool),
    exports: createExportStore(pool),
    warehouse: createWarehouseStore(pool),
    personKeys: createPersonKeyStore(pool),
    tallies: createTallyReader(pool),
    budgets: createBudgetStore(pool),
    restated: createRestatedStore(pool),
    insights: createInsightStore(pool),
    rejected: createRejectedStore(pool, { ingest: topics.rejected, events: topics.events, backfill: topics.backfill }),
    jobs: createJobReader(pool),
    gaps: { ...createGapStore(pool), readGaps: createReadStore(pool).readGaps },
  };
}
