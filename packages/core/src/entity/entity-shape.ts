/** Rows of entities (docs/design/entities.md). */
import type { CompiledEntity } from '../pack/compiled-entity.ts';

/** When an event occurred, and its id: of two values the one with the greater stamp stands. */
export interface Stamp {
  readonly timeMs: number;
  readonly id: string;
}

/**
 * As tables hold it, by its column: numerics as canonical decimal text, instants in epoch milliseconds, dates in days since
 * 1970-01-01, lists and objects as their JSON text.
 */
export type EntityValue = string | number | boolean;

/** Which row of a tenant's entity; the empty text where the entity has no such part. */
export interface EntityRowKey {
  readonly subject: string;
  readonly id: string;
}

export interface StampedValue {
  readonly value: EntityValue;
  readonly stamp: Stamp;
}

/** A row with all that the next event needs to know. */
export interface EntityState {
  /** By the column's name. */
  readonly values: ReadonlyMap<string, StampedValue>;
  /** Least time of the events; null before the first. */
  readonly createdMs: number | null;
  /** The greatest of the events and of those that delete. */
  readonly live: Stamp | null;
  readonly deleted: Stamp | null;
  /** Metric versions whose cells hold the row as it is, by the hash of their names; rising. */
  readonly counted: readonly number[];
  /** Stamps of columns that the definition at hand does not have, by the hash of their names. */
  readonly foreign: readonly ForeignStamp[];
}

export interface ForeignStamp {
  readonly hash: number;
  readonly stamp: Stamp;
}

export interface EntityRowState {
  readonly key: EntityRowKey;
  readonly state: EntityState;
}

export interface ChangedRow extends EntityRowKey {
  /** Of each of the lookups the values that the row had before and has now. */
  readonly values: readonly (readonly string[])[];
}

/** The rows that a commit changed. */
export interface ChangedEntities extends Pick<CompiledEntity, 'tenant' | 'pack' | 'entity'> {
  /** Fields of which values are told; none where it is not known which values the rows had. */
  readonly lookups: readonly string[];
  readonly keys: readonly ChangedRow[];
}

/** Negative, zero or positive as a stands before, at or after b. Ids are compared by their UTF-8 bytes. */
export function compareStamps(a: Stamp, b: Stamp): number {
  return a.timeMs - b.timeMs || compareUtf8(a.id, b.id);
}

/** In the order of the UTF-8 bytes, which is that of the code points. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const [left, right] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (left !== right) return raised(left) - raised(right);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points beyond all that one unit can hold. */
function raised(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

export function isThere({ live, deleted }: EntityState): boolean {
  return live !== null && (deleted === null || compareStamps(live, deleted) > 0);
}
