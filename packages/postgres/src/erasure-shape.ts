/** What owners read of persons who are erased, and what their commits take away (docs/design/erasure.md). */
import type { CompiledEntity, EventLane } from '@tidegate/core';
import type { StoredEvent } from './raw-shape.ts';

export interface Person {
  readonly tenant: string;
  /** The pseudonym. */
  readonly subject: string;
}

export interface Erasure extends Person {
  readonly requestId: string;
  /** Whose owner has it in hand. */
  readonly partition: number;
  /** Partitions that the person's keys had or have, and where nothing is left. */
  readonly visited: readonly number[];
  /** The tombstone stands: no event of the person is counted any more. */
  readonly isBegun: boolean;
  /** No raw event of the person is left, nor anything that was made of them. */
  readonly isDone: boolean;
}

/** Where a raw row lies in its log. */
export interface RawPlace {
  readonly lane: EventLane;
  readonly logGeneration: number;
  readonly logOffset: number;
}

export interface PersonRow extends StoredEvent, RawPlace {}

/** Days since 1970-01-01 UTC. */
export interface PersonDay {
  readonly eventDay: number;
  readonly arrivalFrom: number;
  readonly arrivalTo: number;
}

export interface PersonRowsAsk extends Person, PersonDay {
  readonly partition: number;
  readonly rowsMax: number;
}

/** One step of an erasure, a part of its owner's commit. */
export interface ErasureStep extends Person {
  readonly requestId: string;
  readonly step:
    | { readonly kind: 'begin' }
    /** Rows of one entity that leave the figures in the same commit. */
    | { readonly kind: 'entity'; readonly entity: CompiledEntity; readonly ids: readonly string[] }
    /** Told once the cells are resolved: none where something else was found than what they were made for. */
    | { readonly kind: 'rows'; readonly day: PersonDay; places(): readonly RawPlace[]; restatedCells(): number }
    /** Nothing is left in this partition: the owner of another goes on. */
    | { readonly kind: 'hand_on'; readonly to: number }
    | { readonly kind: 'end' };
}

export interface ErasureReader {
  /** Of some partitions, oldest request first; `all`: those too that are done. */
  readErasures(partitions: readonly number[], all: boolean): Promise<readonly Erasure[]>;
  /** Writes requests that Postgres lost with a restored backup. */
  restoreErasures(erasures: readonly Erasure[]): Promise<void>;
  /** Event days of which raw rows of the person are left. */
  readPersonDays(of: Person & { readonly partition: number }): Promise<readonly PersonDay[]>;
  readPersonRows(ask: PersonRowsAsk): Promise<readonly PersonRow[]>;
  /** Ids of the person's rows of an entity. */
  readPersonEntities(entity: CompiledEntity, subject: string, idsMax: number): Promise<readonly string[]>;
}
