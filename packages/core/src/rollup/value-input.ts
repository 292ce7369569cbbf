import { SUBJECT_FIELD } from '../pack/compile-measures.ts';
import type { CountedValue } from '../sketch/space-saving.ts';
import type { EventView } from './event-view.ts';

/** A field of the event at hand as a value among others, or its subject: hash and text are made once, when they are asked for. */
export class ValueInput implements CountedValue {
  private readonly field: string;
  private event: EventView | null = null;
  private knownHash = -1;
  private isTextKnown = false;
  private knownText: string | null = null;

  constructor(field: string) {
    this.field = field;
  }

  look(event: EventView): void {
    this.event = event;
    this.knownHash = -1;
    this.isTextKnown = false;
  }

  /** 0 where the event has no such value. */
  hash(): number {
    if (this.knownHash < 0) this.knownHash = (this.isSubject() ? this.event?.subjectHash() : this.event?.valueHash(this.field)) ?? 0;
    return this.knownHash;
  }

  /** Null where the event has no such value. */
  text(): string | null {
    if (!this.isTextKnown) this.knownText = (this.isSubject() ? this.event?.subject() || null : this.event?.dimension(this.field)) ?? null;
    this.isTextKnown = true;
    return this.knownText;
  }

  private isSubject(): boolean {
    return this.field === SUBJECT_FIELD;
  }
}

/** The greatest length of an event's id in UTF-8. */
const ID_BYTES_MAX = 512;

/** When the event at hand occurred and its id: what first and last go by. */
export class EventStamp {
  timeMs = 0;
  readonly id: Uint8Array = new Uint8Array(ID_BYTES_MAX);
  idLength = 0;

  look(event: EventView): void {
    this.timeMs = event.timeMs();
    this.idLength = event.copyId(this.id);
  }
}
