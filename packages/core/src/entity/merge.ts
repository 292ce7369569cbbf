import { compareStamps } from './entity-shape.ts';
import type { EntityState, EntityValue, Stamp, StampedValue } from './entity-shape.ts';

export const NO_ENTITY: EntityState = { values: new Map(), createdMs: null, live: null, deleted: null, counted: [], foreign: [] };

/**
 * What two sets of events make of a row together, each given as the row that it makes alone: associative, commutative and
 * idempotent, so any order, partition into batches or replay gives the same row. Returns `into` itself where `from` adds nothing
 * to it. What is marked and foreign stays `into`'s.
 */
export function mergeEntity(into: EntityState, from: EntityState): EntityState {
  const values = mergeValues(into.values, from.values);
  const createdMs = least(into.createdMs, from.createdMs);
  const live = later(into.live, from.live);
  const deleted = later(into.deleted, from.deleted);
  const isSame = values === into.values && createdMs === into.createdMs && live === into.live && deleted === into.deleted;
  return isSame ? into : { ...into, values, createdMs, live, deleted };
}

function mergeValues(into: EntityState['values'], from: EntityState['values']): EntityState['values'] {
  let merged: Map<string, StampedValue> | null = null;
  for (const [name, value] of from) {
    const known = into.get(name);
    if (known !== undefined && !stands(value, known)) continue;
    merged ??= new Map(into);
    merged.set(name, value);
  }
  return merged ?? into;
}

/** Two events of one id and one instant (of two sources) are told apart by their values, so that no order of arrival shows. */
function stands(value: StampedValue, known: StampedValue): boolean {
  const order = compareStamps(value.stamp, known.stamp);
  return order > 0 || (order === 0 && isGreater(value.value, known.value));
}

function isGreater(value: EntityValue, known: EntityValue): boolean {
  return value !== known && (typeof value === typeof known ? value > known : typeof value > typeof known);
}

function least(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

/** `a` itself where `b` is not later. */
function later(a: Stamp | null, b: Stamp | null): Stamp | null {
  if (b === null) return a;
  return a === null || compareStamps(b, a) > 0 ? b : a;
}
