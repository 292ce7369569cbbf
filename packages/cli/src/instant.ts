import { Temporal } from 'temporal-polyfill';

/** How a column writes an instant: see `packs/README.md`. */
export type TimeFormat = 'iso' | 'epoch_s' | 'epoch_ms' | 'epoch_us' | 'epoch_ns' | { readonly pattern: string; readonly zone: string };

const DAY_MS = 86_400_000;
const EPOCH_UNITS_PER_MS: Readonly<Record<string, bigint>> = { epoch_ms: 1n, epoch_us: 1_000n, epoch_ns: 1_000_000n };

const PATTERN_PARTS: Readonly<Record<string, string>> = {
  YYYY: '(?<year>\\d{4})',
  MM: '(?<month>\\d{2})',
  M: '(?<month>\\d{1,2})',
  DD: '(?<day>\\d{2})',
  D: '(?<day>\\d{1,2})',
  HH: '(?<hour>\\d{2})',
  H: '(?<hour>\\d{1,2})',
  hh: '(?<hour>\\d{2})',
  h: '(?<hour>\\d{1,2})',
  mm: '(?<minute>\\d{2})',
  ss: '(?<second>\\d{2})',
  A: '(?<half>AM|PM)',
};

/** Reads instants of a format into RFC 3339 in UTC with milliseconds (finer digits are cut); null where the text is none. */
export function createInstantReader(format: TimeFormat): (text: string) => string | null {
  if (format === 'iso') return readIso;
  if (format === 'epoch_s') return readEpochSeconds;
  if (typeof format === 'string') {
    const perMs = EPOCH_UNITS_PER_MS[format] ?? 1n;
    return (text) => (/^-?\d{1,19}$/.test(text) ? fromEpochMs(Number(floorDivide(BigInt(text), perMs))) : null);
  }
  return createPatternReader(format.pattern, format.zone);
}

/** The same time of day so many days of the zone later; null beyond the calendar. */
export function addDays(instant: string, days: number, zone: string): string | null {
  const ms = Date.parse(instant);
  if (zone === 'UTC') return fromEpochMs(ms + days * DAY_MS);
  try {
    return toRfc3339(Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone).add({ days }).epochMilliseconds);
  } catch {
    return null;
  }
}

function readIso(text: string): string | null {
  // A local time without a zone is read as UTC, so that the same file gives the same events on every machine.
  const zoned = /[zZ]$|[+-]\d{2}:?\d{2}$/.test(text) ? text : `${text}Z`;
  return fromEpochMs(Date.parse(/^\d{4}-\d{2}-\d{2}Z$/.test(zoned) ? zoned.slice(0, -1) : zoned));
}

function readEpochSeconds(text: string): string | null {
  return /^-?\d{1,12}(\.\d+)?$/.test(text) ? fromEpochMs(Math.floor(Number(text) * 1000)) : null;
}

function createPatternReader(pattern: string, zone: string): (text: string) => string | null {
  const expression = new RegExp(
    `^${pattern.replaceAll(/YYYY|MM|DD|HH|hh|mm|ss|[MDHhA]|[.*+?^${'$'}{}()|[\]\\]/g, (part) => PATTERN_PARTS[part] ?? `\\${part}`)}$`,
  );
  return (text) => {
    const fields = expression.exec(text.trim())?.groups;
    if (fields === undefined) return null;
    const local = localFields(fields);
    // Most files are in UTC, and there the calendar of the language is a hundred times faster.
    return zone === 'UTC' ? fromUtc(local) : fromZone(local, zone);
  };
}

interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

function fromUtc({ year, month, day, hour, minute, second }: LocalTime): string | null {
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  const isReal = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  return isReal && year >= 100 ? date.toISOString() : null;
}

/** A time that the clocks skip is read with the offset before the gap, one that they show twice as the first. */
function fromZone(local: LocalTime, zone: string): string | null {
  try {
    return toRfc3339(Temporal.PlainDateTime.from(local, { overflow: 'reject' }).toZonedDateTime(zone).epochMilliseconds);
  } catch {
    return null;
  }
}

function localFields(fields: Readonly<Record<string, string | undefined>>): LocalTime {
  const number = (name: string, otherwise: number): number => Number(fields[name] ?? otherwise);
  const written = number('hour', 0);
  const hour = fields['half'] === undefined ? written : (written % 12) + (fields['half'] === 'PM' ? 12 : 0);
  return {
    year: number('year', 1970),
    month: number('month', 1),
    day: number('day', 1),
    hour,
    minute: number('minute', 0),
    second: number('second', 0),
  };
}

function floorDivide(value: bigint, by: bigint): bigint {
  return value < 0n && value % by !== 0n ? value / by - 1n : value / by;
}

function fromEpochMs(ms: number): string | null {
  return Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 ? toRfc3339(ms) : null;
}

function toRfc3339(ms: number): string {
  return new Date(ms).toISOString();
}
