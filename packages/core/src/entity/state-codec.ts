/** What a row keeps beside its values, as the column `_state` has it (docs/design/entities.md, section 3). */
import { columnHash } from '../pack/compiled-entity.ts';
import { ByteReader } from '../rollup/byte-reader.ts';
import { ByteWriter } from '../rollup/byte-writer.ts';
import { compareStamps } from './entity-shape.ts';
import type { EntityState, EntityValue, ForeignStamp, Stamp, StampedValue } from './entity-shape.ts';

export const ENTITY_STATE_VERSION = 1;

const writer = new ByteWriter();

export function encodeEntityState(state: EntityState): Uint8Array {
  const stamped = [...[...state.values].map(([name, { stamp }]) => ({ hash: columnHash(name), stamp })), ...state.foreign];
  const stamps = distinct([...stamped.map(({ stamp }) => stamp), ...present(state.live), ...present(state.deleted)]);
  const placeOf = (stamp: Stamp): number => stamps.findIndex((one) => compareStamps(one, stamp) === 0);
  writer.reset();
  writer.byte(ENTITY_STATE_VERSION);
  writer.byte(state.createdMs === null ? 0 : 1);
  if (state.createdMs !== null) writer.zigzag(state.createdMs);
  writer.varint(stamps.length);
  for (const { timeMs, id } of stamps) {
    writer.zigzag(timeMs);
    writer.text(id);
  }
  for (const stamp of [state.live, state.deleted]) writer.varint(stamp === null ? 0 : placeOf(stamp) + 1);
  writer.varint(stamped.length);
  for (const { hash, stamp } of stamped.toSorted((a, b) => a.hash - b.hash)) {
    for (let shift = 0; shift < 32; shift += 8) writer.byte((hash >>> shift) & 0xff);
    writer.varint(placeOf(stamp));
  }
  writer.varint(state.counted.length);
  for (const version of state.counted) writer.varint(version);
  return writer.finish();
}

/** Greatest first, each once. */
function distinct(stamps: readonly Stamp[]): readonly Stamp[] {
  const sorted = stamps.toSorted((a, b) => compareStamps(b, a));
  return sorted.filter((stamp, at) => at === 0 || compareStamps(sorted[at - 1] ?? stamp, stamp) !== 0);
}

function present(stamp: Stamp | null): readonly Stamp[] {
  return stamp === null ? [] : [stamp];
}

/** `values`: by the names of their columns. Null where the bytes are no state, or of a version that is not known here. */
export function decodeEntityState(bytes: Uint8Array, values: ReadonlyMap<string, EntityValue>): EntityState | null {
  const from = new ByteReader(bytes);
  if (from.byte() !== ENTITY_STATE_VERSION) return null;
  const createdMs = from.byte() === 0 ? null : from.zigzag();
  const stamps = readAll(from, (): Stamp => ({ timeMs: from.zigzag(), id: from.text() }));
  const live = stamps[from.varint() - 1] ?? null;
  const deleted = stamps[from.varint() - 1] ?? null;
  const stamped = readAll(from, () => readStamped(from, stamps));
  const counted = readAll(from, () => from.varint());
  return from.isDone ? { createdMs, live, deleted, counted, ...assign(stamped, values) } : null;
}

function readAll<T>(from: ByteReader, read: () => T): readonly T[] {
  const all: T[] = [];
  for (let left = from.count(); left > 0 && !from.isBroken; left -= 1) all.push(read());
  return all;
}

function readStamped(from: ByteReader, stamps: readonly Stamp[]): ForeignStamp {
  let hash = 0;
  for (let shift = 0; shift < 32; shift += 8) hash += from.byte() * 2 ** shift;
  const stamp = stamps[from.varint()];
  if (stamp === undefined) from.fail();
  return { hash, stamp: stamp ?? { timeMs: 0, id: '' } };
}

/** A value without a stamp was never written by an aggregator: the next event that carries one replaces it. */
function assign(stamped: readonly ForeignStamp[], values: ReadonlyMap<string, EntityValue>): Pick<EntityState, 'values' | 'foreign'> {
  const byHash = new Map(stamped.map(({ hash, stamp }) => [hash, stamp]));
  const known = new Map<string, StampedValue>();
  for (const [name, value] of values) {
    const hash = columnHash(name);
    const stamp = byHash.get(hash);
    if (stamp !== undefined) known.set(name, { value, stamp });
    byHash.delete(hash);
  }
  return { values: known, foreign: stamped.filter(({ hash }) => byHash.has(hash)) };
}
