import type { EventLane } from '@tidegate/core';

/** An event that was judged and waits for the key of its person. */
export interface HeldEvent {
  /** Its place in the ledger. */
  readonly index: number;
  /** Its own copy. */
  readonly bytes: Uint8Array;
  /** The id that was made for it, where it brought none: judging it again must not make another one. */
  readonly madeId: string | null;
  readonly needsKey: boolean;
  readonly lane: EventLane;
}

/** Bytes held by all requests together. */
export interface HoldBudget {
  readonly bytesMax: number;
  bytes: number;
}

/**
 * The events of one request that wait, by their persons' pseudonyms. Behind one of them all further events of its person wait too,
 * so a person's events reach the log in the order of the request.
 */
export class Hold {
  private readonly waiting = new Map<string, HeldEvent[]>();
  private readonly budget: HoldBudget;

  constructor(budget: HoldBudget) {
    this.budget = budget;
  }

  has(pseudonym: string): boolean {
    return this.waiting.size > 0 && this.waiting.has(pseudonym);
  }

  hasRoom(bytes: number): boolean {
    return this.budget.bytes + bytes <= this.budget.bytesMax;
  }

  /** True for the first event of a person that waits. */
  add(pseudonym: string, event: HeldEvent): boolean {
    this.budget.bytes += event.bytes.length;
    const before = this.waiting.get(pseudonym);
    if (before === undefined) this.waiting.set(pseudonym, [event]);
    else before.push(event);
    return before === undefined;
  }

  /** The person's events in their order, which wait no more. */
  take(pseudonym: string): readonly HeldEvent[] {
    const events = this.waiting.get(pseudonym) ?? [];
    this.waiting.delete(pseudonym);
    for (const { bytes } of events) this.budget.bytes -= bytes.length;
    return events;
  }
}
