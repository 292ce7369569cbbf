/**
 * Buckets of any grain in any zone, as cuts of the time line. Stored cells are 15 minutes of UTC (or one minute, where the
 * metric keeps those), so an edge that does not lie on that grid (only zones before 1980, and a few changes of offset at one
 * minute past midnight) is moved down to it, and the answer says so.
 */
import { unitAfter, unitStart, DAY_MS } from './civil.ts';
import type { CalendarGrain } from './civil.ts';
import { localDay } from './zone.ts';
import type { Stretch, Zone } from './zone.ts';

export const CELL_MS = 900_000;
export const MINUTE_MS = 60_000;

/** Grains by the clock: shorter than a day. */
type ClockGrain = 'minute' | 'quarter_hour' | 'hour';
export type BucketGrain = ClockGrain | CalendarGrain;

const WIDTH_MS: Readonly<Record<ClockGrain, number>> = { minute: MINUTE_MS, quarter_hour: CELL_MS, hour: 3_600_000 };

function isClockGrain(grain: BucketGrain): grain is ClockGrain {
  return Object.hasOwn(WIDTH_MS, grain);
}

export interface BucketAsk {
  readonly zone: Zone;
  readonly grain: BucketGrain;
  /** Epoch milliseconds, half open. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly bucketsMax: number;
  /** Grid of the cells that are read; quarters of an hour where absent. */
  readonly cellMs?: number;
}

export interface Buckets {
  /** Start of each bucket by the calendar; the first one may lie before the range, which then cuts it. */
  readonly startsMs: readonly number[];
  /** One more than there are buckets: bucket i holds the instants from edge i up to edge i + 1. On the grid of the cells. */
  readonly edgesMs: readonly number[];
  readonly edgesRounded: boolean;
}

/** The buckets that tile the range, which is widened to the grid of the cells. Null: more than `bucketsMax`. */
export function bucketsOf(ask: BucketAsk): Buckets | null {
  const { cellMs = CELL_MS } = ask;
  const { fromMs, toMs } = widened(ask, cellMs);
  if (fromMs >= toMs) return { startsMs: [], edgesMs: [], edgesRounded: false };
  const { zone, grain } = ask;
  const range = { fromMs, toMs, bucketsMax: ask.bucketsMax };
  const starts = isClockGrain(grain) ? clockStarts(zone, WIDTH_MS[grain], range) : calendarStarts(zone, grain, range);
  if (starts === null) return null;
  return tile(starts, { fromMs, toMs, cellMs, edgesRounded: fromMs !== ask.fromMs || toMs !== ask.toMs });
}

/** The range with both ends on the grid of cells. */
export function widened({ fromMs, toMs }: Pick<BucketAsk, 'fromMs' | 'toMs'>, cellMs: number): Pick<BucketAsk, 'fromMs' | 'toMs'> {
  return { fromMs: floorTo(fromMs, cellMs), toMs: -floorTo(-toMs, cellMs) };
}

/** Start of the bucket that holds the instant. */
export function bucketStartIn(zone: Zone, grain: BucketGrain, instantMs: number): number {
  if (isClockGrain(grain)) return clockStart(zone, WIDTH_MS[grain], instantMs);
  return zone.firstInstant(calendarDay(zone, grain, instantMs) * DAY_MS);
}

/** End of the bucket that holds the instant. */
export function bucketEndIn(zone: Zone, grain: BucketGrain, instantMs: number): number {
  if (isClockGrain(grain)) {
    const widthMs = WIDTH_MS[grain];
    const inStretch = nextBoundary(zone.stretchAt(instantMs), widthMs, instantMs + 1);
    const { endMs } = zone.stretchAt(instantMs);
    if (inStretch < endMs) return inStretch;
    return continues(zone, zone.stretchAt(endMs), widthMs) ? bucketEndIn(zone, grain, endMs) : endMs;
  }
  return nextUnit(zone, grain, calendarDay(zone, grain, instantMs)).startMs;
}

interface Range {
  readonly fromMs: number;
  readonly toMs: number;
  readonly bucketsMax: number;
}

/** Buckets shorter than a day begin where the wall clock shows a whole multiple, in each stretch of one offset. */
function clockStarts(zone: Zone, widthMs: number, range: Range): number[] | null {
  const starts = [clockStart(zone, widthMs, range.fromMs)];
  for (const stretch of zone.stretches(range.fromMs, range.toMs)) {
    const beginsInside = stretch.startMs > range.fromMs && !continues(zone, stretch, widthMs);
    let at = nextBoundary(stretch, widthMs, Math.max(stretch.startMs, range.fromMs + 1));
    if (beginsInside && at !== stretch.startMs) starts.push(stretch.startMs);
    for (; at < Math.min(stretch.endMs, range.toMs); at += widthMs) {
      starts.push(at);
      if (starts.length > range.bucketsMax) return null;
    }
  }
  return starts;
}

function clockStart(zone: Zone, widthMs: number, instantMs: number): number {
  const stretch = zone.stretchAt(instantMs);
  const start = Math.floor((instantMs + stretch.offsetMs) / widthMs) * widthMs - stretch.offsetMs;
  if (start >= stretch.startMs) return start;
  return continues(zone, stretch, widthMs) ? clockStart(zone, widthMs, stretch.startMs - 1) : stretch.startMs;
}

function nextBoundary(stretch: Stretch, widthMs: number, atMs: number): number {
  return Math.ceil((atMs + stretch.offsetMs) / widthMs) * widthMs - stretch.offsetMs;
}

/**
 * Whether the bucket before a change of offset goes on after it: the clock of Lord Howe goes back by half an hour, so its
 * hour from one to two lasts 90 minutes. An hour that the clock shows twice from its beginning is two buckets.
 */
function continues(zone: Zone, stretch: Stretch, widthMs: number): boolean {
  const before = zone.stretchAt(stretch.startMs - 1);
  const local = stretch.startMs + stretch.offsetMs;
  const index = Math.floor(local / widthMs);
  return index * widthMs !== local && index === Math.floor((stretch.startMs - 1 + before.offsetMs) / widthMs);
}

function calendarStarts(zone: Zone, grain: CalendarGrain, range: Range): number[] | null {
  let unit: Unit = { day: calendarDay(zone, grain, range.fromMs), startMs: 0 };
  const starts = [zone.firstInstant(unit.day * DAY_MS)];
  for (;;) {
    unit = nextUnit(zone, grain, unit.day);
    if (unit.startMs >= range.toMs) return starts;
    starts.push(unit.startMs);
    if (starts.length > range.bucketsMax) return null;
  }
}

interface Unit {
  readonly day: number;
  readonly startMs: number;
}

/** A unit that the zone skipped whole (30 December 2011 in Apia) begins where the next one does; it is none. */
function nextUnit(zone: Zone, grain: CalendarGrain, day: number): Unit {
  const startMs = zone.firstInstant(day * DAY_MS);
  let next = unitAfter(day, grain);
  while (zone.firstInstant(next * DAY_MS) <= startMs) next = unitAfter(next, grain);
  return { day: next, startMs: zone.firstInstant(next * DAY_MS) };
}

/** A day ends where the next one first begins, though the clock may go back over midnight once more. */
function calendarDay(zone: Zone, grain: CalendarGrain, instantMs: number): number {
  let day = unitStart(localDay(zone, instantMs), grain);
  for (let next = unitAfter(day, grain); zone.firstInstant(next * DAY_MS) <= instantMs; next = unitAfter(next, grain)) day = next;
  return day;
}

interface Tiling {
  readonly fromMs: number;
  readonly toMs: number;
  readonly cellMs: number;
  readonly edgesRounded: boolean;
}

function tile(starts: readonly number[], range: Tiling): Buckets {
  const startsMs: number[] = [];
  const edgesMs: number[] = [];
  let edgesRounded = range.edgesRounded;
  for (const start of starts) {
    const edge = Math.max(range.fromMs, floorTo(start, range.cellMs));
    if (edge !== Math.max(range.fromMs, start)) edgesRounded = true;
    if (edge === edgesMs.at(-1)) {
      // Two starts within one cell: the later one names what the cell and those after it mostly hold.
      startsMs[startsMs.length - 1] = start;
    } else {
      startsMs.push(start);
      edgesMs.push(edge);
    }
  }
  return { startsMs, edgesMs: [...edgesMs, range.toMs], edgesRounded };
}

function floorTo(ms: number, cellMs: number): number {
  return Math.floor(ms / cellMs) * cellMs;
}
