import type pg from 'pg';
import type { LogGap } from './read-store.ts';
import { run } from './statements.ts';

export interface GapStore {
  /** The first word stays; a gap that is not there is left to the caller to miss. */
  acknowledge(gap: GapPlace, word: { readonly by: string; readonly reason: string }): Promise<void>;
}

export type GapPlace = Pick<LogGap, 'lane' | 'partition' | 'logGeneration' | 'fromOffset'>;

const GAP = /^(live|backfill)-(\d{1,9})-(\d{1,9})-(\d{1,15})$/;

/** The name of a gap in addresses and answers. */
export function gapName({ lane, partition, logGeneration, fromOffset }: GapPlace): string {
  return `${lane}-${partition}-${logGeneration}-${fromOffset}`;
}

/** Null where the text is no name of a gap. */
export function parseGapName(text: string): GapPlace | null {
  const parts = GAP.exec(text);
  if (parts === null) return null;
  const [, lane, partition, logGeneration, fromOffset] = parts;
  return {
    lane: lane === 'live' ? 'live' : 'backfill',
    partition: Number(partition),
    logGeneration: Number(logGeneration),
    fromOffset: Number(fromOffset),
  };
}

export function createGapStore(pool: pg.Pool): GapStore {
  return {
    acknowledge: async ({ lane, partition, logGeneration, fromOffset }, { by, reason }) =>
      void (await run(pool, 'acknowledge-gap', [lane, partition, logGeneration, fromOffset, by, reason])),
  };
}
