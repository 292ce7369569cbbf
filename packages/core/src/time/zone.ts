/**
 * IANA time zones. Temporal says where the offsets of a zone change; between two changes a zone is one subtraction, so
 * thousands of buckets cost no Temporal object each.
 */
import { Temporal } from 'temporal-polyfill';
import { DAY_MS } from './civil.ts';

/** A stretch of time in which the offset of a zone does not change, half open, in epoch milliseconds. */
export interface Stretch {
  readonly startMs: number;
  readonly endMs: number;
  /** Local time less UTC. */
  readonly offsetMs: number;
}

export interface Zone {
  readonly id: string;
  stretchAt(instantMs: number): Stretch;
  /** The stretches that hold some part of [fromMs, toMs), in order, tiling it. */
  stretches(fromMs: number, toMs: number): readonly Stretch[];
  /** First instant whose wall clock shows `localMs` or, where that is skipped, the instant of the skip. */
  firstInstant(localMs: number): number;
  /** Instant of a time that a person wrote: the earlier of two; a skipped one moves on by the length of the skip. */
  instantOf(localMs: number): number;
}

/** Days since 1970-01-01 of the date that a clock in the zone shows. */
export function localDay(zone: Zone, instantMs: number): number {
  return Math.floor((instantMs + zone.stretchAt(instantMs).offsetMs) / DAY_MS);
}

/** Temporal itself ends at ±1e8 days; no asked time lies near that. */
const MIN_MS = -8.64e15;
const MAX_MS = 8.64e15;
/** Widest that an offset can be (one day less), so the window in which a local time can lie. */
const REACH_MS = DAY_MS;

/** Null where the name is not that of an IANA zone. Fixed offsets ("+02:00") are no zone: a pack or caller means a place. */
export function createZone(id: string): Zone | null {
  if (!/^[A-Za-z][A-Za-z0-9_+\-/]*$/.test(id)) return null;
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(id);
  } catch {
    return null;
  }
  return zoneOf(id);
}

function zoneOf(id: string): Zone {
  let known: Stretch[] = [];
  const learn = (instantMs: number): Stretch => {
    const found = stretchFromTemporal(id, instantMs);
    known = [...known, found].sort((a, b) => a.startMs - b.startMs);
    return found;
  };
  const stretchAt = (instantMs: number): Stretch => search(known, instantMs) ?? learn(instantMs);
  const stretches = (fromMs: number, toMs: number): Stretch[] => {
    const found: Stretch[] = [];
    for (let at = fromMs; at < toMs;) {
      const stretch = stretchAt(at);
      found.push(stretch);
      at = stretch.endMs;
    }
    return found;
  };
  return {
    id,
    stretchAt,
    stretches,
    firstInstant: (localMs) => place(stretches(localMs - REACH_MS, localMs + REACH_MS), localMs, 'skip'),
    instantOf: (localMs) => place(stretches(localMs - REACH_MS, localMs + REACH_MS), localMs, 'shift'),
  };
}

function search(sorted: readonly Stretch[], instantMs: number): Stretch | null {
  let low = 0;
  let high = sorted.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const stretch = sorted[middle];
    if (stretch === undefined) return null;
    if (instantMs < stretch.startMs) high = middle - 1;
    else if (instantMs >= stretch.endMs) low = middle + 1;
    else return stretch;
  }
  return null;
}

function stretchFromTemporal(id: string, instantMs: number): Stretch {
  const at = Temporal.Instant.fromEpochMilliseconds(instantMs).toZonedDateTimeISO(id);
  const next = at.getTimeZoneTransition('next');
  // "previous" is strictly before, so it is asked from the next millisecond: a change at this very instant begins the stretch.
  const previous = at.add({ milliseconds: 1 }).getTimeZoneTransition('previous');
  return {
    startMs: previous?.epochMilliseconds ?? MIN_MS,
    endMs: next?.epochMilliseconds ?? MAX_MS,
    offsetMs: at.offsetNanoseconds / 1_000_000,
  };
}

function place(candidates: readonly Stretch[], localMs: number, whenSkipped: 'skip' | 'shift'): number {
  let before: Stretch | null = null;
  for (const stretch of candidates) {
    const instant = localMs - stretch.offsetMs;
    if (instant < stretch.startMs) return whenSkipped === 'skip' || before === null ? stretch.startMs : localMs - before.offsetMs;
    if (instant < stretch.endMs) return instant;
    before = stretch;
  }
  throw new RangeError('a local time lies within a day of its instant');
}
