import type { EventLane, Fault, OffsetRun, Receipt } from '@tidegate/core';
import { decodeJsonText, GrowingBuffer } from '@tidegate/core';
import type { BatchOutcome, BatchWaiter, PendingBatch } from './append.ts';

type Verdict = 'accepted' | 'rejected' | 'retry';

/** What became of one event. */
export interface EventVerdict {
  readonly index: number;
  readonly id: string;
  readonly verdict: Verdict;
  /** Why, where it is rejected. */
  readonly fault?: Fault;
}

export interface LedgerSummary {
  readonly accepted: number;
  readonly rejected: readonly EventVerdict[];
  readonly retry: readonly EventVerdict[];
}

interface Part {
  readonly batch: PendingBatch;
  /** See `placeOf`. */
  readonly place: number;
  /** Where in the batch the request's records lie: first position and number of each run, one after the other. */
  readonly runs: number[];
  /** The position after the last one. */
  end: number;
  outcome: BatchOutcome | null;
}

const NOT_TRIED = -1;

/** Places number what a request's records can lie in: rejected.v1 is 0, then each partition's live and backfill lane. */
const REJECTED = 0;

function placeOf(lane: EventLane, partition: number): number {
  return 1 + 2 * partition + (lane === 'live' ? 0 : 1);
}

function logPlaceOf(place: number): { readonly lane: EventLane; readonly partition: number } {
  return { lane: place % 2 === 1 ? 'live' : 'backfill', partition: Math.floor((place - 1) / 2) };
}

/**
 * The verdicts of one request. An event is accepted when the batch that holds it is in the log, rejected when its original
 * is; until then nothing is said, and what cannot be said is `retry`.
 */
export class Ledger implements BatchWaiter {
  private readonly parts: Part[] = [];
  /** By place: its part that was written to last, which is nearly always the next one's. */
  private readonly newest: number[] = [];
  private readonly partOf: number[] = [];
  private readonly faults = new Map<number, Fault>();
  private readonly ids = new GrowingBuffer(1_024);
  private readonly idEnds: number[] = [];
  private readonly done = Promise.withResolvers<void>();
  private open = 0;
  private isClosed = false;

  /** Events so far. */
  get count(): number {
    return this.partOf.length;
  }

  /** Keeps the id of the event that is entered next, as the bytes between its quotes; without it the id is "". */
  noteId(bytes: Uint8Array, start: number, end: number): void {
    this.ids.copy(bytes, start, end);
  }

  /** The id that was noted for the event that is entered next. */
  pendingId(): string {
    return decodeJsonText(this.ids.bytes, this.idEnds.at(-1) ?? 0, this.ids.length);
  }

  /** The event is in `batch`, as its last record. */
  accept(batch: PendingBatch, lane: EventLane, partition: number): void {
    this.enter(this.join(batch, placeOf(lane, partition)));
  }

  /** The event's original is in `batch`, as its last record. */
  reject(fault: Fault, batch: PendingBatch): void {
    this.faults.set(this.count, fault);
    this.enter(this.join(batch, REJECTED));
  }

  /** Rejected without an original to keep: what follows was not read. */
  rejectRest(fault: Fault): void {
    this.faults.set(this.count, fault);
    this.enter(NOT_TRIED);
  }

  /** The event was not handed to the log. */
  retry(): void {
    this.enter(NOT_TRIED);
  }

  /** The event waits: until it is released its verdict is open, and retry if nothing else comes of it. Returns its index. */
  hold(): number {
    this.enter(NOT_TRIED);
    this.open += 1;
    return this.count - 1;
  }

  /** The held event is in `batch`, as its last record; null: it was not handed to the log. */
  release(index: number, into: { readonly batch: PendingBatch; readonly lane: EventLane; readonly partition: number } | null): void {
    if (into !== null) this.partOf[index] = this.join(into.batch, placeOf(into.lane, into.partition));
    this.open -= 1;
    this.resolveIfDone();
  }

  settled(batch: PendingBatch, outcome: BatchOutcome): void {
    for (const part of this.parts) if (part.batch === batch) part.outcome = outcome;
    this.open -= 1;
    this.resolveIfDone();
  }

  /** Resolves when every batch that holds something of this request has ended. */
  close(): Promise<void> {
    this.isClosed = true;
    this.resolveIfDone();
    return this.done.promise;
  }

  /** The verdict of every event, in the order in which they came. */
  verdicts(): readonly EventVerdict[] {
    return this.partOf.map((_part, index) => this.verdict(index));
  }

  /** The verdicts in short: most events are accepted, so only the others become objects. */
  summary(): LedgerSummary {
    const others = this.partOf.flatMap((part, index) => {
      const isAccepted = this.parts[part]?.outcome?.isAppended === true && !this.faults.has(index);
      return isAccepted ? [] : [this.verdict(index)];
    });
    return {
      accepted: this.count - others.length,
      rejected: others.filter(({ verdict }) => verdict === 'rejected'),
      retry: others.filter(({ verdict }) => verdict === 'retry'),
    };
  }

  private verdict(index: number): EventVerdict {
    const id = this.id(index);
    const part = this.parts[this.partOf[index] ?? NOT_TRIED];
    const fault = this.faults.get(index);
    const isSettled = part === undefined ? fault !== undefined : part.outcome?.isAppended === true;
    if (!isSettled) return { index, id, verdict: 'retry' };
    return fault === undefined ? { index, id, verdict: 'accepted' } : { index, id, verdict: 'rejected', fault };
  }

  /** Where the accepted events lie; two batches of one partition become one entry. */
  receiptEntries(): Receipt['entries'] {
    const runsOf = new Map<number, OffsetRun[]>();
    for (const { place, outcome, runs } of this.parts) {
      if (place === REJECTED || outcome?.isAppended !== true) continue;
      const entry = runsOf.get(place) ?? [];
      for (let i = 0; i < runs.length; i += 2) entry.push({ first: outcome.baseOffset + (runs[i] ?? 0), count: runs[i + 1] ?? 0 });
      runsOf.set(place, entry);
    }
    return [...runsOf].toSorted(([a], [b]) => a - b).map(([place, runs]) => ({ ...logPlaceOf(place), runs }));
  }

  private join(batch: PendingBatch, place: number): number {
    const last = batch.records.count - 1;
    let index = this.newest[place] ?? -1;
    if (this.parts[index]?.batch !== batch) {
      index = this.parts.findLastIndex((part) => part.batch === batch && part.place === place);
    }
    if (index < 0) {
      index = this.parts.length;
      this.parts.push({ batch, place, runs: [], end: -1, outcome: null });
      batch.waiters.push(this);
      this.open += 1;
    }
    this.newest[place] = index;
    const part = this.parts[index];
    if (part !== undefined) extend(part, last);
    return index;
  }

  private enter(part: number): void {
    this.idEnds.push(this.ids.length);
    this.partOf.push(part);
  }

  private id(index: number): string {
    return decodeJsonText(this.ids.bytes, this.idEnds[index - 1] ?? 0, this.idEnds[index] ?? 0);
  }

  private resolveIfDone(): void {
    if (this.isClosed && this.open === 0) this.done.resolve();
  }
}

/** Records of one piece of a body come without another request's between them: a run is rarely ended. */
function extend(part: Part, position: number): void {
  const { runs } = part;
  const length = runs.length - 1;
  if (position === part.end) runs[length] = (runs[length] ?? 0) + 1;
  else runs.push(position, 1);
  part.end = position + 1;
}
