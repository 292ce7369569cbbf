/** What reads that may lie behind ask of a replica; `replica.ts` says when it is asked. */
import type { JourneyReader, ReadStore } from '@tidegate/postgres';

/** What is read of a server. */
export interface Readers {
  readonly cells: Pick<ReadStore, 'readProgress' | 'readCells'>;
  readonly journeys: JourneyReader;
}

/** Null: the replica lies too far behind, or did not answer; the primary is to be asked. */
export type OnReplica = <T>(reading: (replica: Readers) => Promise<T>) => Promise<T | null>;
