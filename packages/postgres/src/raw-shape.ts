/** Raw rows of one partition, read again: what a metric version is made of, and what its cells are compared with. */
import type { EventLane, RawEvent } from '@tidegate/core';

export interface ArrivalDayKept {
  /** Days since 1970-01-01 UTC. */
  readonly arrivalDay: number;
  /** False: its rows were dropped. */
  readonly isKept: boolean;
}

export interface ArrivalDaysAsk {
  readonly tenant: string;
  readonly types: readonly string[];
  readonly eventDay: number | null;
}

/** Offsets `fromOffset` ≤ offset ≤ `lastOffset` of one log that rows of an arrival day have. */
export interface RawSpan {
  readonly lane: EventLane;
  readonly logGeneration: number;
  readonly fromOffset: number;
  readonly lastOffset: number;
}

export interface RawRange {
  readonly partition: number;
  readonly arrivalDay: number;
  readonly lane: EventLane;
  readonly logGeneration: number;
  /** `fromOffset` ≤ offset < `toOffset`. */
  readonly fromOffset: number;
  readonly toOffset: number;
  readonly tenant: string;
  readonly types: readonly string[];
  /** `fromMs` ≤ time of occurrence < `toMs`; null: any. */
  readonly occurred: { readonly fromMs: number; readonly toMs: number } | null;
  readonly rowsMax: number;
}

export interface StoredEvent extends RawEvent {
  readonly logOffset: number;
}

export interface RawStore {
  /**
   * Days on which events of the tenant came, oldest first; with `eventDay` those that hold events of that day. A day is kept
   * where the rows of all the types are.
   */
  readArrivalDays(of: ArrivalDaysAsk): Promise<readonly ArrivalDayKept[]>;
  /** The live lane first, each by generation. */
  readRawSpans(partition: number, arrivalDay: number): Promise<readonly RawSpan[]>;
  /** In the order of their offsets. */
  readRawRows(range: RawRange): Promise<readonly StoredEvent[]>;
}
