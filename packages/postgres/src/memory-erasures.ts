import { entityTable } from '@tidegate/core';
import type { Erasure, ErasureReader, ErasureStep, PersonRow } from './erasure-shape.ts';
import { toPersonDays } from './erasure-reader.ts';
import type { MemoryDatabase } from './memory-database.ts';
import { entityRowName } from './memory-entities.ts';
import { laneOf, toStored } from './memory-raw.ts';
import type { StoredRawRow } from './raw-rows.ts';

const DAY_MS = 86_400_000;

/** As the statements `read-erasures`, `restore-erasures`, `read-person-days`, `read-person-rows`. */
export function createMemoryErasures(db: MemoryDatabase): ErasureReader {
  return {
    readErasures: async (partitions, all) =>
      [...db.erasures.values()].filter(({ partition, isDone }) => partitions.includes(partition) && (all || !isDone)),
    async restoreErasures(erasures) {
      for (const one of erasures) if (!db.erasures.has(one.requestId)) db.erasures.set(one.requestId, { ...one, counts: new Map() });
    },
    async readPersonDays(of) {
      const pairs = rowsOf(db, of).map((row) => ({ eventDay: dayOf(row.occurredAtMs), arrivalDay: dayOf(row.receivedAtMs) }));
      return toPersonDays(pairs.toSorted((a, b) => a.eventDay - b.eventDay));
    },
    async readPersonRows(ask) {
      const rows = rowsOf(db, ask).filter((row) => dayOf(row.occurredAtMs) === ask.eventDay);
      return rows.map(toPlaced).slice(0, ask.rowsMax);
    },
    readPersonEntities: async (entity, subject, idsMax) =>
      [...(db.entities.get(entityTable(entity))?.values() ?? [])]
        .filter((row) => row.tenant === entity.tenant && row.subject === subject)
        .map(({ id }) => id)
        .toSorted()
        .slice(0, idsMax),
  };
}

function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS);
}

interface Of {
  readonly tenant: string;
  readonly subject: string;
  readonly partition: number;
}

function rowsOf(db: MemoryDatabase, of: Of): StoredRawRow[] {
  return db.rawRows.filter((row) => row.tenant === of.tenant && row.subject === of.subject && row.partition === of.partition);
}

function toPlaced(row: StoredRawRow): PersonRow {
  return { ...toStored(row), lane: laneOf(row), logGeneration: row.logGeneration };
}

/** Inside the commit's turn. */
export function applyErasure(db: MemoryDatabase, partition: number, erasure: ErasureStep | undefined): void {
  if (erasure === undefined) return;
  const { requestId, tenant, subject, step } = erasure;
  const row = db.erasures.get(requestId);
  if (row === undefined) throw new Error('a person is erased whom nobody asked to erase');
  const count = (what: string, removed: number): void => void row.counts.set(what, (row.counts.get(what) ?? 0) + removed);
  const change = (to: Partial<Erasure>): void => void db.erasures.set(requestId, { ...row, ...to });
  if (step.kind === 'begin') change({ isBegun: true });
  else if (step.kind === 'hand_on') change({ partition: step.to, visited: [...row.visited, partition] });
  else if (step.kind === 'end') {
    count('cells', dropOwnCells(db, { tenant, subject }));
    change({ isDone: true });
  } else if (step.kind === 'entity') {
    for (const id of step.ids) db.entities.get(entityTable(step.entity))?.delete(entityRowName({ tenant, subject, id }));
    count('entity_rows', step.ids.length);
  } else {
    const gone = new Set(step.places().map((place) => `${place.lane}/${place.logGeneration}/${place.logOffset}`));
    const isGone = (one: StoredRawRow): boolean =>
      one.partition === partition && one.subject === subject && gone.has(`${laneOf(one)}/${one.logGeneration}/${one.logOffset}`);
    const left = db.rawRows.filter((one) => !isGone(one));
    count('raw_events', db.rawRows.length - left.length);
    db.rawRows.splice(0, db.rawRows.length, ...left);
  }
}

function dropOwnCells(db: MemoryDatabase, { tenant, subject }: { readonly tenant: string; readonly subject: string }): number {
  let dropped = 0;
  for (const [key, entry] of db.series) {
    if (entry.tenant !== tenant || entry.subject !== subject) continue;
    db.series.delete(key);
    for (const [name, cell] of db.cells) {
      if (Buffer.compare(cell.seriesId, entry.id) === 0 && db.cells.delete(name)) dropped += 1;
    }
  }
  return dropped;
}
