/** What an answer is made of, told before it is read (docs/design/answer-cache.md). */
import type { CompiledEntity } from '@tidegate/core';

export interface ReadLog {
  /** `person`: pseudonym of the one whom the question is about; null: of no one in particular. */
  metric(metric: string, person: string | null): Promise<void>;
  /** Rows of an entity: the one that has an id, those that have a value, those of one person, or any. */
  entity(of: EntityName, which: WhichRows): Promise<void>;
  /** No announcement tells when it changes. */
  untold(): void;
  /** For readings whose changes leave the answer until it is so old. */
  mayAge(ms: number): ReadLog;
}

export type EntityName = Pick<CompiledEntity, 'pack' | 'entity' | 'lookups'>;

export interface WhichRows {
  readonly person: string | null;
  readonly id: string | null;
  /** Of one of the entity's lookups. */
  readonly value: LookedUp | null;
}

export interface LookedUp {
  readonly lookup: string;
  readonly text: string;
}
