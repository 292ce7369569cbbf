/** Through where of the log the kept sets are whole, and how that stands to what is counted now. */
import type { CountedProgress, LanePlace } from '@tidegate/postgres';
import { NEWEST_OFFSETS } from '@tidegate/postgres';
import { decodeJson } from '@tidegate/http';
import { z } from 'zod';
import type { Freshness } from '../freshness.ts';

const PLACES_SCHEMA = z.array(z.tuple([z.enum(['live', 'backfill']), z.int(), z.int(), z.int()]));

export function placesText(progress: readonly CountedProgress[]): string {
  return JSON.stringify(
    progress.flatMap(({ partition, nextOffset, logGeneration, backfill }) => [
      ['live', partition, logGeneration, nextOffset],
      ...(backfill === null ? [] : [['backfill', partition, backfill.logGeneration, backfill.nextOffset]]),
    ]),
  );
}

/** Null where the text is none of ours. */
export function readPlaces(text: string): readonly LanePlace[] | null {
  const json = decodeJson(Buffer.from(text));
  const read = json.ok ? PLACES_SCHEMA.safeParse(json.value) : null;
  if (read?.success !== true) return null;
  return read.data.map(([lane, partition, logGeneration, nextOffset]) => ({ lane, partition, logGeneration, nextOffset }));
}

/** What the owners have told of both lanes. */
export function toldPlaces(freshness: Pick<Freshness, 'tracked' | 'trackedBackfill'>): readonly LanePlace[] {
  const of = (lane: LanePlace['lane'], words: ReadonlyMap<number, Pick<LanePlace, 'nextOffset' | 'logGeneration'>>): LanePlace[] =>
    [...words].map(([partition, { nextOffset, logGeneration }]) => ({ lane, partition, nextOffset, logGeneration }));
  return [...of('live', freshness.tracked()), ...of('backfill', freshness.trackedBackfill())];
}

/** `other`: the log or the database is not the one that they were filled from, or has gone too far for catching up. */
export function standingOf(kept: readonly LanePlace[], told: readonly LanePlace[]): 'whole' | 'behind' | 'other' {
  const known = new Map(kept.map((one) => [`${one.lane}/${one.partition}`, one]));
  let standing: 'whole' | 'behind' = 'whole';
  for (const { lane, partition, nextOffset, logGeneration } of told) {
    const place = known.get(`${lane}/${partition}`);
    if (place === undefined && nextOffset === 0) continue;
    if (place === undefined || place.logGeneration !== logGeneration) return 'other';
    if (nextOffset - place.nextOffset > NEWEST_OFFSETS) return 'other';
    if (nextOffset > place.nextOffset) standing = 'behind';
  }
  return standing;
}
