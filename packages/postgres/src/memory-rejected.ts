/** Which rejected rows a tenant's quota of a day has room for, as `insert-rejected.sql` decides it. */
import type { MemoryDatabase } from './memory-database.ts';
import type { RejectedBeyond, RejectedRow } from './store.ts';

const ROW_BYTES = 256;
const DAY_MS = 86_400_000;

/** Of one commit. Once a row does not fit, those behind it do neither. Returns what was beyond. */
export function keepRejected(db: MemoryDatabase, rows: readonly RejectedRow[], bytesMax = Infinity): readonly RejectedBeyond[] {
  const placed = rows.map((row) => ({ row, place: placeOf(row) }));
  const beyond: RejectedRow[] = [];
  for (const [place, of] of Map.groupBy(placed, (one) => one.place)) {
    let used = db.rejectedBytes.get(place) ?? 0;
    for (const { row } of of) {
      used += (row.sealed?.length ?? 0) + ROW_BYTES;
      if (used <= bytesMax) {
        db.rejectedBytes.set(place, used);
        keep(db, row);
      } else {
        beyond.push(row);
        if (row.lane === 'ingest') raise(db.rejectedBeyond, `${place}/${row.code}`);
        else keep(db, { ...row, sealed: null });
      }
    }
  }
  return [...Map.groupBy(beyond, ({ tenant, code }) => `${tenant}/${code}`).values()].flatMap(([first, ...more]) =>
    first === undefined ? [] : [{ tenant: first.tenant, code: first.code, events: more.length + 1 }],
  );
}

function placeOf({ tenant, receivedAtMs, partition }: RejectedRow): string {
  return `${tenant}/${String(Math.floor(receivedAtMs / DAY_MS))}/${String(partition)}`;
}

function keep(db: MemoryDatabase, row: RejectedRow): void {
  const key = `${row.topic}/${row.logGeneration}/${row.partition}/${row.logOffset}`;
  if (!db.rejected.has(key)) db.rejected.set(key, row);
}

function raise(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
