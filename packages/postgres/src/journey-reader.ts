/** Events in the order of each person, stored and archived ones: what questions about the order of events are answered from. */
import type { RawEvent } from '@tidegate/core';
import type { ArchiveShare, EventsOutcome, EventsRead, EventsReader } from './events-reader.ts';
import type { CountedProgress } from './read-store.ts';

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
  /** Of the same instant as the events that are stored. */
  readonly progress: readonly CountedProgress[];
  /** What was read of the archive; null: there was nothing of it to read. */
  readonly archive: ArchiveShare | null;
  /** There are more events than were asked for at most: what was given is not whole. */
  readonly isCut: boolean;
}

export interface JourneyReader {
  /** Events that have a subject, by (subject, time, id, source). */
  readJourneys(ask: JourneyAsk, onEvent: (event: RawEvent) => void): Promise<EventsOutcome<JourneysRead>>;
}

export function createJourneyReader(events: EventsReader): JourneyReader {
  return {
    async readJourneys({ eventsMax, ...ask }, onEvent) {
      const asked = { ...ask, of: 'types', isOfPersons: true, rowsMax: eventsMax + 1 } as const;
      return events.withEvents(asked, { by: 'subject' }, async ({ progress, archive, rows }) => ({
        ...{ progress, archive },
        isCut: await giveEach(rows, eventsMax, onEvent),
      }));
    },
  };
}

/** True: there are more. */
async function giveEach(rows: EventsRead['rows'], eventsMax: number, onEvent: (event: RawEvent) => void): Promise<boolean> {
  let given = 0;
  for await (const page of rows) {
    for (const row of page) {
      if (given === eventsMax) return true;
      given += 1;
      onEvent(row);
    }
  }
  return false;
}
