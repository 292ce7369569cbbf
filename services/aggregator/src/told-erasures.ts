/** Persons who are erased, as control.v1 tells: it outlives a database that is restored from a backup. */
import { createControlReader } from '@tidegate/kafka';
import type { TableRecord } from '@tidegate/kafka';
import { parseErasedRecord } from '@tidegate/postgres';
import type { Erasure } from '@tidegate/postgres';

export interface ToldErasures {
  take(record: TableRecord): void;
  all(): readonly Erasure[];
}

export function createToldErasures(): ToldErasures {
  const reader = createControlReader();
  const told = new Map<string, Erasure>();
  return {
    take(record) {
      const read = reader.read(record);
      if (read === null || read === 'unreadable' || read.kind !== 'erased') return;
      const { key, tenant, name: subject, value } = read;
      const erased = parseErasedRecord(value);
      if (erased !== null) told.set(key, { ...erased, tenant, subject, visited: [], isBegun: false, isDone: false });
    },
    all: () => [...told.values()],
  };
}
