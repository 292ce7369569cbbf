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
  /** Without it every event's data is `{}`, and attributes are left out. */
  readonly readsData: boolean;
  /** Rows behind so many need not be given; null: all are wanted. */
  readonly rowsMax: number | null;
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
  /** A file is not there: rounds were written anew meanwhile, or it is lost. */
  | { readonly kind: 'lacks'; readonly error: Error }
  /** A file is not the one that was written, or no key here opens it. */
  | { readonly kind: 'damaged'; readonly error: Error }
  /** Where the files are does not answer. */
  | { readonly kind: 'away'; readonly error: Error };

export type OpenArchive = (rounds: readonly ArchivedRound[], wanted: EventsWanted) => Promise<Archived>;
