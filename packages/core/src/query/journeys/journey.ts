/** What persons did one after another, read once in the order of (person, time, event id). Pure: rows are given. */
import type { FieldAccess } from '../../pack/where.ts';
import type { Conclusion } from '../analyses/analysis.ts';

/** One event of a person; `fields` holds until the next one is given. */
export interface JourneyEvent {
  readonly subject: string;
  readonly type: string;
  readonly atMs: number;
  /** Null where the journey asked for no data. */
  readonly fields: JourneyFields | null;
}

export type JourneyFields = FieldAccess & { dimension(field: string): string | null };

/** What is read, and what becomes of it. */
export interface Journey {
  readonly types: readonly string[];
  /** `fromMs` ≤ time of occurrence < `toMs`. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Whether fields of the events are looked at; without it their data need not be read. */
  readonly readsData: boolean;
  begin(): JourneyFold;
}

export interface JourneyFold {
  /** Events of one person come together, in the order of (time, event id). */
  event(event: JourneyEvent): void;
  conclude(): Conclusion;
}

/** A kind of journey: what is kept of an event, and what one person's events come to. */
export interface PersonFold<E> {
  /** Null: the event says nothing here. */
  take(event: JourneyEvent): E | null;
  person(events: readonly E[]): void;
  conclude(): Conclusion;
}

/** Gathers the events of each person: no more of them is held than those of one. */
export function byPerson<E>(fold: PersonFold<E>): JourneyFold {
  let subject: string | null = null;
  let events: E[] = [];
  const close = (): void => {
    if (events.length > 0) fold.person(events);
    events = [];
  };
  return {
    event(event) {
      if (event.subject !== subject) close();
      subject = event.subject;
      const taken = fold.take(event);
      if (taken !== null) events.push(taken);
    },
    conclude() {
      close();
      return fold.conclude();
    },
  };
}
