import type { StoredRawRow } from '@tidegate/postgres';
import { createMemoryDatabase, createMemoryStore } from '@tidegate/postgres/memory';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRawPages } from './raw-pages.ts';

const DAY_MS = 86_400_000;
const data = new TextEncoder().encode('{}');

function rowOf(at: {
  readonly day: number;
  readonly isBackfill: boolean;
  readonly logGeneration: number;
  readonly offset: number;
}): StoredRawRow {
  const { day, isBackfill, logGeneration, offset } = at;
  return {
    ...{ tenant: 'acme', eventId: [isBackfill ? 'b' : 'l', logGeneration, offset].join('/'), idStart: -1, idEnd: -1 },
    ...{ source: 's', type: 't', subject: null, occurredAtMs: 0, receivedAtMs: day * DAY_MS, partition: 0 },
    ...{ logOffset: offset, logGeneration, packVersion: 1, bytes: data, dataStart: 0, dataEnd: data.length, isBackfill },
    attributes: new Uint8Array(0),
  };
}

const place = fc.record({ logGeneration: fc.integer({ min: 0, max: 3 }), offset: fc.nat(12) });
const isBelow = (row: StoredRawRow, bound: { readonly logGeneration: number; readonly offset: number }): boolean =>
  row.logGeneration < bound.logGeneration || (row.logGeneration === bound.logGeneration && row.logOffset < bound.offset);

test('pages hold every row below its own lane’s bound once, whatever their size and wherever reading goes on', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({ day: fc.integer({ min: 1, max: 12 }), isBackfill: fc.boolean(), logGeneration: fc.integer({ min: 1, max: 2 }) }),
        {
          maxLength: 30,
        },
      ),
      fc.record({ live: place, backfill: place }),
      fc.record({ rows: fc.integer({ min: 1, max: 4 }), offsets: fc.integer({ min: 1, max: 5 }) }),
      async (places, bound, size) => {
        const database = createMemoryDatabase();
        const ends = new Map<string, number>();
        for (const at of places.toSorted((a, b) => a.day - b.day)) {
          const log = `${at.isBackfill}/${at.logGeneration}`;
          const offset = ends.get(log) ?? 0;
          ends.set(log, offset + 1);
          database.rawRows.push(rowOf({ ...at, offset }));
          database.rawDays.add(at.day);
          database.arrivalDays.add(`acme/0/${at.day}`);
        }
        const pages = createRawPages(createMemoryStore({ database }), {
          partition: 0,
          tenant: 'acme',
          types: ['t'],
          bound,
          occurred: null,
        });
        const read: string[] = [];
        for (let page = await pages.read(null, size); ; page = await pages.read(page.next, size)) {
          read.push(...page.events.map(({ eventId }) => eventId));
          if (page.next === null) break;
        }
        const wanted = database.rawRows.filter((row) => isBelow(row, row.isBackfill ? bound.backfill : bound.live));
        expect(read.toSorted()).toEqual(wanted.map(({ eventId }) => eventId).toSorted());
      },
    ),
    { numRuns: 200 },
  );
});
