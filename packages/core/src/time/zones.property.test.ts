import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bucketsOf } from './buckets.ts';
import type { BucketGrain } from './buckets.ts';
import { toIsoIn } from './iso.ts';
import { lastRange, parseMoment } from './moment.ts';
import { createZone } from './zone.ts';
import type { Zone } from './zone.ts';

// The oracle walks every cell of 15 minutes and asks the platform's own calendar (Intl) what a clock on the wall shows.
const CELL_MS = 900_000;
const DAY_MS = 86_400_000;
const ZONES = Intl.supportedValuesOf('timeZone');
const FIXED = ['Asia/Kathmandu', 'America/St_Johns', 'Australia/Lord_Howe', 'Pacific/Apia', 'Europe/Oslo', 'UTC'];
const PROBE_YEAR = 2025;

function wallClock(zone: string): (instantMs: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  // Intl is slow, and both grains of a range ask for the same instants.
  const known = new Map<number, number>();
  return (instantMs) => {
    const shown = known.get(instantMs);
    if (shown !== undefined) return shown;
    const part: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(instantMs)) part[type] = Number(value);
    const localMs = Date.UTC(part['year'] ?? 0, (part['month'] ?? 1) - 1, part['day'], part['hour'], part['minute'], part['second']);
    known.set(instantMs, localMs);
    return localMs;
  };
}

function unitOf(localMs: number, grain: BucketGrain): number {
  const date = new Date(localMs);
  if (grain === 'quarter_hour') return Math.floor(localMs / CELL_MS);
  if (grain === 'hour') return Math.floor(localMs / 3_600_000);
  const day = Math.floor(localMs / DAY_MS);
  if (grain === 'day') return day;
  if (grain === 'week') return Math.floor((day + 3) / 7);
  if (grain === 'month') return date.getUTCFullYear() * 12 + date.getUTCMonth();
  return grain === 'quarter' ? date.getUTCFullYear() * 4 + Math.floor(date.getUTCMonth() / 3) : date.getUTCFullYear();
}

/** Edges inside the range by brute force: where the unit on the wall changes, or a clock unit is shown from its start again. */
function oracleEdges(clock: (instantMs: number) => number, grain: BucketGrain, range: { fromMs: number; toMs: number }): number[] {
  const isClockGrain = grain === 'hour' || grain === 'quarter_hour';
  const edges = [range.fromMs];
  let unit = unitOf(clock(range.fromMs), grain);
  for (let at = range.fromMs + CELL_MS; at < range.toMs; at += CELL_MS) {
    const local = clock(at);
    const now = unitOf(local, grain);
    const beginsAgain = isClockGrain && local % (grain === 'hour' ? 3_600_000 : CELL_MS) === 0;
    if (isClockGrain ? now !== unit || beginsAgain : now > unit) {
      edges.push(at);
      unit = now;
    }
  }
  return [...edges, range.toMs];
}

function zoneNamed(id: string): Zone {
  const zone = createZone(id);
  if (zone === null) throw new Error(`no zone ${id}`);
  return zone;
}

/** Instants of the year at which the zone's offset changes, found by asking Intl at ever narrower steps. */
function changesOf(id: string, year: number): number[] {
  const clock = wallClock(id);
  const within = (fromMs: number, toMs: number, stepsMs: readonly number[]): number[] => {
    const [stepMs, ...finer] = stepsMs;
    if (stepMs === undefined) return [toMs];
    const found: number[] = [];
    let offset = clock(fromMs) - fromMs;
    for (let at = fromMs + stepMs; at <= toMs; at += stepMs) {
      const now = clock(at) - at;
      if (now !== offset) found.push(...within(at - stepMs, at, finer));
      offset = now;
    }
    return found;
  };
  return within(Date.UTC(year, 0, 1), Date.UTC(year, 0, 1) + 53 * 7 * DAY_MS, [7 * DAY_MS, DAY_MS, CELL_MS]);
}

describe('buckets in a zone', () => {
  test('every IANA zone has, around both changes of daylight saving, the hours and days that a wall clock shows', () => {
    for (const id of ZONES) {
      const zone = zoneNamed(id);
      const clock = wallClock(id);
      const changes = changesOf(id, PROBE_YEAR);
      for (const change of changes.length > 0 ? changes : [Date.UTC(PROBE_YEAR, 5, 1)]) {
        // A zone that never changes shows all it has in less than two days.
        const hours = changes.length > 0 ? 26 : 13;
        const range = { fromMs: change - hours * 3_600_000, toMs: change + hours * 3_600_000 };
        for (const grain of ['hour', 'day'] as const) {
          const buckets = bucketsOf({ zone, grain, ...range, bucketsMax: 1_000 });
          expect([id, grain, buckets?.edgesMs]).toEqual([id, grain, oracleEdges(clock, grain, range)]);
          expect(buckets?.edgesRounded).toBe(false);
        }
      }
    }
  }, 120_000);

  test('any range since 1980 at any grain in any zone is tiled by the units that a wall clock shows', () => {
    const zones = fc.oneof(fc.constantFrom(...ZONES), fc.constantFrom(...FIXED));
    const grains = fc.constantFrom<BucketGrain>('quarter_hour', 'hour', 'day', 'week', 'month', 'quarter', 'year');
    const start = fc.integer({ min: Date.UTC(1980, 0, 2) / CELL_MS, max: Date.UTC(2037, 0, 1) / CELL_MS });
    fc.assert(
      fc.property(zones, grains, fc.tuple(start, fc.integer({ min: 1, max: 1_500 })), (id, grain, [cell, cells]) => {
        const range = { fromMs: cell * CELL_MS, toMs: (cell + cells) * CELL_MS };
        const buckets = bucketsOf({ zone: zoneNamed(id), grain, ...range, bucketsMax: 10_000 });
        if (buckets === null) throw new Error('too many buckets');
        expect(buckets.edgesMs[0]).toBe(range.fromMs);
        expect(buckets.edgesMs.at(-1)).toBe(range.toMs);
        for (let i = 1; i < buckets.edgesMs.length; i++) expect(buckets.edgesMs[i]).toBeGreaterThan(buckets.edgesMs[i - 1] ?? Infinity);
        // A clock that changes at one minute past midnight has an edge inside a cell: said, and not comparable cell by cell.
        expect(buckets.edgesMs).toEqual(buckets.edgesRounded ? buckets.edgesMs : oracleEdges(wallClock(id), grain, range));
      }),
      { numRuns: 150 },
    );
  });

  test('an offset off the grid of 15 minutes is said to round the edges, and only then', () => {
    const ask = { grain: 'day', bucketsMax: 100 } as const;
    const monrovia = bucketsOf({ ...ask, zone: zoneNamed('Africa/Monrovia'), fromMs: Date.UTC(1970, 0, 1), toMs: Date.UTC(1970, 0, 4) });
    // Monrovia was 44 min 30 s behind UTC until 1972: its midnight is 00:44:30 UTC, in the cell that begins at 00:30.
    expect(monrovia?.edgesRounded).toBe(true);
    expect(monrovia?.edgesMs.slice(1, 3)).toEqual([Date.UTC(1970, 0, 1, 0, 30), Date.UTC(1970, 0, 2, 0, 30)]);
    const kathmandu = bucketsOf({ ...ask, zone: zoneNamed('Asia/Kathmandu'), fromMs: Date.UTC(1990, 0, 1), toMs: Date.UTC(1990, 0, 4) });
    expect(kathmandu?.edgesRounded).toBe(false);
  });

  test('minutes are those of the wall clock, also where an hour is shown twice, and Monrovia of 1970 loses half a minute', () => {
    const oslo = { zone: zoneNamed('Europe/Oslo'), fromMs: Date.UTC(2025, 9, 26, 0, 59), toMs: Date.UTC(2025, 9, 26, 1, 2) };
    const minutes = bucketsOf({ ...oslo, grain: 'minute', cellMs: 60_000, bucketsMax: 10 });
    // 02:59 of summer time, then 02:00 and 02:01 of winter time.
    expect(minutes?.startsMs.map((at) => toIsoIn(oslo.zone, at).slice(11, 16))).toEqual(['02:59', '02:00', '02:01']);
    expect(minutes?.edgesMs).toEqual([0, 1, 2, 3].map((at) => oslo.fromMs + at * 60_000));
    const monrovia = { zone: zoneNamed('Africa/Monrovia'), fromMs: Date.UTC(1970, 0, 1), toMs: Date.UTC(1970, 0, 3) };
    const days = bucketsOf({ ...monrovia, grain: 'day', cellMs: 60_000, bucketsMax: 10 });
    expect([days?.edgesRounded, days?.edgesMs[1]]).toEqual([true, Date.UTC(1970, 0, 1, 0, 44)]);
  });

  test('the day that Samoa skipped is no bucket', () => {
    const zone = zoneNamed('Pacific/Apia');
    const fromMs = parseMoment('2011-12-29', zone) ?? 0;
    const buckets = bucketsOf({ zone, grain: 'day', fromMs, toMs: parseMoment('2012-01-01', zone) ?? 0, bucketsMax: 10 });
    expect(buckets?.startsMs.map((at) => toIsoIn(zone, at))).toEqual(['2011-12-29T00:00:00.000-10:00', '2011-12-31T00:00:00.000+14:00']);
  });

  test('more buckets than allowed are refused, not cut', () => {
    const ask = { zone: zoneNamed('UTC'), fromMs: 0, toMs: 100 * DAY_MS };
    expect(bucketsOf({ ...ask, grain: 'day', bucketsMax: 99 })).toBeNull();
    expect(bucketsOf({ ...ask, grain: 'day', bucketsMax: 100 })?.startsMs).toHaveLength(100);
    expect(bucketsOf({ ...ask, grain: 'hour', bucketsMax: 2_399 })).toBeNull();
  });
});

describe('times as people write them', () => {
  test('a time that the clock shows twice is the earlier one, a skipped one moves on by the length of the skip', () => {
    const oslo = zoneNamed('Europe/Oslo');
    // 2025-10-26: 03:00+02:00 becomes 02:00+01:00. 2025-03-30: 02:00+01:00 becomes 03:00+02:00.
    expect(parseMoment('2025-10-26T02:30', oslo)).toBe(Date.UTC(2025, 9, 26, 0, 30));
    expect(parseMoment('2025-03-30T02:30', oslo)).toBe(Date.UTC(2025, 2, 30, 1, 30));
    expect(parseMoment('2025-10-26T02:30:00.25+01:00', oslo)).toBe(Date.UTC(2025, 9, 26, 1, 30, 0, 250));
  });

  test('a date that does not exist is none', () => {
    const utc = zoneNamed('UTC');
    for (const text of ['2025-02-29', '2025-13-01', '2025-00-10', '2025-04-31', '2025-01-01T24:00', '2025-01-01T10:60']) {
      expect([text, parseMoment(text, utc)]).toEqual([text, null]);
    }
    expect(parseMoment('2024-02-29', utc)).toBe(Date.UTC(2024, 1, 29));
    expect(createZone('Mars/Olympus')).toBeNull();
    expect(createZone('+02:00')).toBeNull();
  });

  test('the last 2 days are today and yesterday in the zone, up to the end of the current bucket', () => {
    const oslo = zoneNamed('Europe/Oslo');
    const nowMs = Date.UTC(2025, 9, 26, 10, 20); // 11:20+01:00 on the day with 25 hours
    const yesterday = Date.UTC(2025, 9, 24, 22);
    expect(lastRange({ last: '2d', zone: oslo, nowMs, grain: 'hour' })).toEqual({ fromMs: yesterday, toMs: Date.UTC(2025, 9, 26, 11) });
    expect(lastRange({ last: '2d', zone: oslo, nowMs, grain: null })).toEqual({ fromMs: yesterday, toMs: Date.UTC(2025, 9, 26, 23) });
    expect(lastRange({ last: '3h', zone: oslo, nowMs, grain: null })).toEqual({
      fromMs: Date.UTC(2025, 9, 26, 8),
      toMs: Date.UTC(2025, 9, 26, 11),
    });
    expect(lastRange({ last: '2mo', zone: oslo, nowMs, grain: 'day' })?.fromMs).toBe(Date.UTC(2025, 7, 31, 22));
  });
});
