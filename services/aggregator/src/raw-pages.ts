/** Raw rows of a partition in pages, day of arrival by day of arrival and in each by position in the log: of the live lane, then of the other. */
import type { ArrivalDayKept, EventLane, RawSpan, RawStore, StoredEvent } from '@tidegate/postgres';

/** Days without rows of the partition that one page passes over. */
const DAYS_MAX = 8;

export interface LogPosition {
  readonly logGeneration: number;
  readonly offset: number;
}

/** Rows that came on earlier days, and those of the day before the position, lie behind it. */
export interface RawPosition extends LogPosition {
  readonly arrivalDay: number;
  readonly lane: EventLane;
}

export interface RawPagesAsk {
  readonly partition: number;
  readonly tenant: string;
  readonly types: readonly string[];
  /** Rows at or above it, in their lane, are left out. All below must be committed: then the pages hold each once, whatever comes. */
  readonly bound: Readonly<Record<EventLane, LogPosition>>;
  /** The pages hold only events of this time; with the event day that all of it lies in. */
  readonly occurred: { readonly fromMs: number; readonly toMs: number; readonly eventDay: number } | null;
}

export interface RawPage {
  readonly events: readonly StoredEvent[];
  /** Where the next page begins; null: there is none. */
  readonly next: RawPosition | null;
  /** How much lies behind it, roughly: days, and offsets within one. */
  readonly share: number;
}

export interface RawPages {
  days(): Promise<readonly ArrivalDayKept[]>;
  /** `offsets`: how wide a window of the log it may look at. */
  read(from: RawPosition | null, size: { readonly rows: number; readonly offsets: number }): Promise<RawPage>;
}

export function createRawPages(store: RawStore, ask: RawPagesAsk): RawPages {
  const { partition, tenant, types, bound } = ask;
  let listed: Promise<readonly ArrivalDayKept[]> | null = null;
  let spans: { readonly day: number; readonly of: readonly RawSpan[] } | null = null;

  /** They cannot become more: rows below the bound are committed, and their days with them. */
  function days(): Promise<readonly ArrivalDayKept[]> {
    listed ??= store.readArrivalDays({ tenant, types, eventDay: ask.occurred?.eventDay ?? null }).catch((error: unknown) => {
      listed = null;
      throw error;
    });
    return listed;
  }

  async function spansOf(day: number): Promise<readonly RawSpan[]> {
    if (spans?.day !== day) spans = { day, of: await store.readRawSpans(partition, day) };
    return spans.of;
  }

  async function readWindow(day: number, window: Window, rowsMax: number): Promise<{ events: readonly StoredEvent[]; offset: number }> {
    const { lane, logGeneration, fromOffset, toOffset } = window;
    const events = await store.readRawRows({
      ...{ partition, arrivalDay: day, lane, logGeneration, fromOffset, toOffset, tenant, types, rowsMax },
      occurred: ask.occurred,
    });
    const last = events.at(-1);
    return { events, offset: events.length === rowsMax && last !== undefined ? last.logOffset + 1 : toOffset };
  }

  return {
    days,
    async read(from, { rows, offsets }) {
      const kept = (await days()).filter(({ isKept }) => isKept).map(({ arrivalDay }) => arrivalDay);
      const left = kept.filter((day) => from === null || day >= from.arrivalDay);
      const done = kept.length - left.length;
      for (const [passed, day] of left.slice(0, DAYS_MAX).entries()) {
        const at = from?.arrivalDay === day ? from : START_OF_LOG;
        const window = nextWindow(await spansOf(day), { at, bound }, offsets);
        if (window === null) continue;
        const { events, offset } = await readWindow(day, window, rows);
        const next = { arrivalDay: day, lane: window.lane, logGeneration: window.logGeneration, offset };
        const isLast = passed === left.length - 1 && nextWindow(await spansOf(day), { at: next, bound }, offsets) === null;
        return { events, next: isLast ? null : next, share: isLast ? 1 : (done + passed + window.share) / kept.length };
      }
      const after = left[DAYS_MAX];
      const next = after === undefined ? null : { arrivalDay: after, ...START_OF_LOG };
      return { events: [], next, share: next === null ? 1 : (done + DAYS_MAX) / kept.length };
    },
  };
}

const START_OF_LOG: LanePlace = { lane: 'live', logGeneration: 0, offset: 0 };

interface LanePlace extends LogPosition {
  readonly lane: EventLane;
}

interface Window {
  readonly lane: EventLane;
  readonly logGeneration: number;
  readonly fromOffset: number;
  readonly toOffset: number;
  /** Of the day's offsets those up to its end. */
  readonly share: number;
}

/** The first offsets at or above a position that rows of the day may have, below the bound; null: no more. */
function nextWindow(
  spans: readonly RawSpan[],
  { at, bound: bounds }: { readonly at: LanePlace; readonly bound: RawPagesAsk['bound'] },
  offsets: number,
): Window | null {
  for (const { lane, logGeneration, fromOffset, lastOffset } of spans) {
    const bound = bounds[lane];
    const passed = passedOf(at, { lane, logGeneration });
    if (passed === null || logGeneration > bound.logGeneration) continue;
    const from = Math.max(fromOffset, passed);
    const end = Math.min(lastOffset + 1, logGeneration === bound.logGeneration ? bound.offset : Number.POSITIVE_INFINITY);
    if (from >= end) continue;
    const toOffset = Math.min(end, from + offsets);
    return { lane, logGeneration, fromOffset: from, toOffset, share: (toOffset - fromOffset) / (lastOffset + 1 - fromOffset) };
  }
  return null;
}

/** The offset before which all of a log lies behind the position; null: the whole log does. */
function passedOf(at: LanePlace, { lane, logGeneration }: Omit<LanePlace, 'offset'>): number | null {
  // The live lane comes first.
  if (lane !== at.lane) return lane === 'live' ? null : 0;
  if (logGeneration < at.logGeneration) return null;
  return logGeneration === at.logGeneration ? at.offset : 0;
}
