/** The port through which raw events are read that are in the archive alone; @tidegate/archive has it on files, by DuckDB. */
import type { ArchivedRow, ArchiveNote } from './archive-store.ts';

export type ArchivedRound = Pick<ArchiveNote, 'day' | 'round' | 'manifestKey' | 'manifestSha256'>;

interface OfPerson {
  readonly of: 'person';
  readonly tenant: string;
  /** The pseudonym. */
  readonly subject: string;
}

interface OfTypes {
  readonly of: 'types';
  readonly tenant: string;
  readonly types: readonly string[];
  /** `fromMs` ≤ time of occurrence < `toMs`. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Whether events without a subject are left out. */
  readonly isOfPersons: boolean;
}

/** Which events: all of a person, or those of some types that occurred in a stretch of time. */
export type EventsAsk = OfPerson | OfTypes;
/** `without`: persons who are erased, and whose events an archive may hold still. */
export type EventsWanted = OfPerson | (OfTypes & { readonly without: readonly string[] });

/** In which order; then by time, id and source. Texts by their bytes, types that are not named before the others. */
export type EventsOrder = { readonly by: 'subject' } | { readonly by: 'type'; readonly types: readonly string[] };

export type Archived =
  | {
      readonly kind: 'opened';
      readonly files: number;
      /** Of the files as they are stored. */
      readonly bytes: number;
      readonly events: number;
      rows(order: EventsOrder): AsyncIterable<readonly ArchivedRow[]>;
      close(): Promise<void>;
    }
  /** More files than one reading may open. */
  | { readonly kind: 'too_much' }
  /** A file went away: rounds were written anew meanwhile. */
  | { readonly kind: 'changed' };

export type OpenArchive = (rounds: readonly ArchivedRound[], wanted: EventsWanted) => Promise<Archived>;
