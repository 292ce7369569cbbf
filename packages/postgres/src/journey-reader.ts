/** Raw events in the order of each person: what questions about the order of events are answered from. */
import type pg from 'pg';
import { inTransaction, SNAPSHOT } from './in-transaction.ts';
import { textArray } from './binary-array.ts';
import { fromRawRow } from './raw-reader.ts';
import type { RawEventRow } from './raw-reader.ts';
import type { StoredEvent } from './raw-shape.ts';
import { readCountedProgress } from './read-store.ts';
import type { CountedProgress } from './read-store.ts';
import { run } from './statements.ts';

export interface JourneyAsk {
  readonly tenant: string;
  readonly types: readonly string[];
  /** `fromMs` ≤ time of occurrence < `toMs`. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Without it every event's data is `{}`. */
  readonly readsData: boolean;
  readonly eventsMax: number;
}

export interface JourneysRead {
  /** Of the same instant as the events. */
  readonly progress: readonly CountedProgress[];
  /** There are more events than were asked for at most: what was given is not whole. */
  readonly isCut: boolean;
}

export interface JourneyReader {
  /** Events that have a subject, by (subject, time, id, source). */
  readJourneys(ask: JourneyAsk, onEvent: (event: StoredEvent) => void): Promise<JourneysRead>;
}

export function createJourneyReader(pool: pg.Pool): JourneyReader {
  return {
    readJourneys: async (ask, onEvent) =>
      inTransaction(
        pool,
        async (client) => ({ progress: await readCountedProgress(client), isCut: await readInOrder(client, ask, onEvent) }),
        { begin: SNAPSHOT },
      ),
  };
}

async function readInOrder(client: pg.ClientBase, ask: JourneyAsk, onEvent: (event: StoredEvent) => void): Promise<boolean> {
  const { tenant, types, fromMs, toMs, readsData, eventsMax } = ask;
  const range = [new Date(fromMs).toISOString(), new Date(toMs).toISOString()];
  await run(client, 'declare-journeys', [tenant, textArray(types), ...range, readsData, eventsMax + 1]);
  let read = 0;
  for (;;) {
    const rows = await run<RawEventRow>(client, 'fetch-journeys', []);
    if (rows.length === 0) return false;
    for (const row of rows) {
      read += 1;
      if (read > eventsMax) return true;
      onEvent(fromRawRow(tenant, row));
    }
  }
}
