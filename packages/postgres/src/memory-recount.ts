import { compareBytes, entityTable, isThere, versionName } from '@tidegate/core';
import type { EntityRowKey } from '@tidegate/core';
import { budgetText } from './commit-budgets.ts';
import { seriesKey } from './memory-database.ts';
import type { MemoryDatabase } from './memory-database.ts';
import type { AgedKeysAsk } from './entity-commit.ts';
import { entitiesInOrder } from './memory-entities.ts';
import type { MemoryEntity } from './memory-entities.ts';
import { spentOf } from './memory-budgets.ts';
import type { RecountStore, SpanCellsAsk } from './recount-shape.ts';

/** As the statements `read-event-days`, `read-span-cells`, `read-spent-budgets`, `read-floors-of`, `read-recount-requests`, and `partitionRowsText`. */
export function readAgedInMemory(db: MemoryDatabase, ask: AgedKeysAsk): readonly EntityRowKey[] {
  const { entity, partition, at, beforeMs, rowsMax } = ask;
  const ageOf = ({ state }: MemoryEntity): number => (at === '_created_at' ? state.createdMs : (state.live?.timeMs ?? null)) ?? Infinity;
  return entitiesInOrder(db.entities.get(entityTable(entity)), entity.tenant, null)
    .filter((row) => row.partition === partition && isThere(row.state) && ageOf(row) < beforeMs)
    .toSorted((a, b) => ageOf(a) - ageOf(b))
    .slice(0, rowsMax)
    .map(({ subject, id }) => ({ subject, id }));
}

export function createMemoryRecount(db: MemoryDatabase): RecountStore {
  return {
    async readEventDays({ tenant }) {
      const days = new Map<number, boolean>();
      for (const [of, event, arrival] of [...db.arrivalDays].map((key) => key.split('/'))) {
        if (of !== tenant) continue;
        const isKept = days.get(Number(event)) !== false && db.rawDays.has(Number(arrival));
        days.set(Number(event), isKept);
      }
      return [...days].map(([eventDay, isKept]) => ({ eventDay, isKept })).sort((a, b) => a.eventDay - b.eventDay);
    },
    async readSpanCells(ask) {
      const series = [...db.series.values()]
        .filter((entry) => versionName(entry) === versionName(ask.version))
        .filter(({ id }) => ask.afterSeries === null || compareBytes(id, ask.afterSeries) > 0)
        .sort((a, b) => compareBytes(a.id, b.id))
        .slice(0, ask.seriesMax);
      const byKey = new Map(series.map((entry) => [seriesKey(entry.id), entry]));
      const cells = [...db.cells.values()].filter((cell) => isInSpan(ask, cell));
      return {
        cells: cells.flatMap((cell) => {
          const entry = byKey.get(seriesKey(cell.seriesId));
          return entry === undefined ? [] : [{ ...cell, series: entry }];
        }),
        lastSeries: series.length < ask.seriesMax ? null : (series.at(-1)?.id ?? null),
      };
    },
    async readEntityRows({ entity, partitions, after, rowsMax }) {
      const all = entitiesInOrder(db.entities.get(entityTable(entity)), entity.tenant, after).slice(0, rowsMax);
      const last = all.at(-1);
      return {
        rows: all.flatMap(({ subject, id, state, ...row }) =>
          partitions.includes(row.partition) ? [{ key: { subject, id }, state }] : [],
        ),
        last: all.length < rowsMax || last === undefined ? null : { subject: last.subject, id: last.id },
      };
    },
    readSpentBudgets: async (asked) =>
      spentOf(
        asked.flatMap((one) => db.budgets.get(budgetText(one)) ?? []),
        asked,
      ),
    readFloorsOf: async (version) => db.floors.get(versionName(version)) ?? new Map(),
    readRecountRequests: async () => [...db.recountRequests],
  };
}

type Cell = MemoryDatabase['cells'] extends Map<string, infer C> ? C : never;

function isInSpan({ partitions, grains, fromS, toS }: SpanCellsAsk, cell: Cell): boolean {
  return partitions.includes(cell.partition) && grains.includes(cell.grain) && cell.bucketS >= fromS && cell.bucketS < toS;
}
