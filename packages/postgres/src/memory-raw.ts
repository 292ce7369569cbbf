import type { MemoryDatabase } from './memory-database.ts';
import type { RawRange, RawSpan, RawStore, StoredEvent } from './raw-shape.ts';
import type { RawRow } from './raw-rows.ts';

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
      const spans = new Map<number, RawSpan>();
      for (const row of rowsOf(db, partition, arrivalDay)) {
        const { logGeneration, logOffset } = row;
        const known = spans.get(logGeneration) ?? { logGeneration, fromOffset: logOffset, lastOffset: logOffset };
        const fromOffset = Math.min(known.fromOffset, logOffset);
        spans.set(logGeneration, { logGeneration, fromOffset, lastOffset: Math.max(known.lastOffset, logOffset) });
      }
      return [...spans.values()].sort((a, b) => a.logGeneration - b.logGeneration);
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

function rowsOf(db: MemoryDatabase, partition: number, arrivalDay: number): RawRow[] {
  return db.rawRows.filter((row) => row.partition === partition && Math.floor(row.receivedAtMs / DAY_MS) === arrivalDay);
}

function isWanted({ logGeneration, fromOffset, toOffset, tenant, types, occurred }: RawRange, row: RawRow): boolean {
  if (row.logGeneration !== logGeneration || row.logOffset < fromOffset || row.logOffset >= toOffset) return false;
  if (occurred !== null && (row.occurredAtMs < occurred.fromMs || row.occurredAtMs >= occurred.toMs)) return false;
  return row.tenant === tenant && types.includes(row.type);
}

function toStored({
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
