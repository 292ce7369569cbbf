import type { MemoryDatabase } from './memory-database.ts';
import type { RawRange, RawSpan, RawStore, StoredEvent } from './raw-shape.ts';
import type { RawRow, StoredRawRow } from './raw-rows.ts';
import type { EventLane } from './store.ts';

const DAY_MS = 86_400_000;

/** As the statements `read-arrival-days`, `read-raw-spans` and `read-raw-rows`. */
export function createMemoryRaw(db: MemoryDatabase): RawStore {
  return {
    async readArrivalDays({ tenant, eventDay }) {
      const days = [...db.arrivalDays]
        .map((key) => key.split('/'))
        .filter(([of, event]) => of === tenant && (eventDay === null || Number(event) === eventDay));
      return [...new Set(days.map(([, , arrival]) => Number(arrival)))]
        .sort((a, b) => a - b)
        .map((arrivalDay) => ({ arrivalDay, isKept: db.rawDays.has(arrivalDay) }));
    },
    async readRawSpans(partition, arrivalDay) {
      const spans = new Map<string, RawSpan>();
      for (const row of rowsOf(db, partition, arrivalDay)) {
        const { logGeneration, logOffset } = row;
        const lane = laneOf(row);
        const key = `${lane}/${logGeneration}`;
        const known = spans.get(key) ?? { lane, logGeneration, fromOffset: logOffset, lastOffset: logOffset };
        const fromOffset = Math.min(known.fromOffset, logOffset);
        spans.set(key, { ...known, fromOffset, lastOffset: Math.max(known.lastOffset, logOffset) });
      }
      return [...spans.values()].sort((a, b) => b.lane.localeCompare(a.lane) || a.logGeneration - b.logGeneration);
    },
    async readRawRows(range) {
      return rowsOf(db, range.partition, range.arrivalDay)
        .filter((row) => isWanted(range, row))
        .sort((a, b) => a.logOffset - b.logOffset)
        .slice(0, range.rowsMax)
        .map(toStored);
    },
  };
}

export function laneOf({ isBackfill }: StoredRawRow): EventLane {
  return isBackfill ? 'backfill' : 'live';
}

function rowsOf(db: MemoryDatabase, partition: number, arrivalDay: number): StoredRawRow[] {
  return db.rawRows.filter((row) => row.partition === partition && Math.floor(row.receivedAtMs / DAY_MS) === arrivalDay);
}

function isWanted({ lane, logGeneration, fromOffset, toOffset, tenant, types, occurred }: RawRange, row: StoredRawRow): boolean {
  if (laneOf(row) !== lane || row.logGeneration !== logGeneration || row.logOffset < fromOffset || row.logOffset >= toOffset) return false;
  if (occurred !== null && (row.occurredAtMs < occurred.fromMs || row.occurredAtMs >= occurred.toMs)) return false;
  return row.tenant === tenant && types.includes(row.type);
}

export function toStored({
  tenant,
  eventId,
  source,
  type,
  subject,
  occurredAtMs,
  receivedAtMs,
  logOffset,
  packVersion,
  ...row
}: RawRow): StoredEvent {
  const data = new TextDecoder().decode(row.bytes.subarray(row.dataStart, row.dataEnd));
  return { tenant, eventId, source, type, subject, occurredAtMs, receivedAtMs, logOffset, packVersion, data };
}
