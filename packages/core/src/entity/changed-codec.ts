/** Keys of changed rows, as announcements and the journal carry them. */
import { ByteReader } from '../rollup/byte-reader.ts';
import { ByteWriter } from '../rollup/byte-writer.ts';
import type { ChangedEntities, EntityRowKey } from './entity-shape.ts';

const VERSION = 1;
const writer = new ByteWriter();

/** Byte 1, then as `writeChangedEntities`. */
export function encodeChangedEntities(changed: readonly ChangedEntities[]): Uint8Array {
  writer.reset();
  writer.byte(VERSION);
  writeChangedEntities(changed, writer);
  return writer.finish();
}

/** Null where the bytes are malformed or of an unknown version. */
export function decodeChangedEntities(bytes: Uint8Array): readonly ChangedEntities[] | null {
  const from = new ByteReader(bytes);
  if (from.byte() !== VERSION) return null;
  const changed = readChangedEntities(from);
  return from.isDone ? changed : null;
}

/** Varint number of entities, each: tenant, pack, entity, varint number of keys, each: subject, id. */
export function writeChangedEntities(changed: readonly ChangedEntities[], into: ByteWriter): void {
  into.varint(changed.length);
  for (const { tenant, pack, entity, keys } of changed) {
    for (const text of [tenant, pack, entity]) into.text(text);
    into.varint(keys.length);
    for (const { subject, id } of keys) {
      into.text(subject);
      into.text(id);
    }
  }
}

export function readChangedEntities(from: ByteReader): readonly ChangedEntities[] {
  const changed: ChangedEntities[] = [];
  for (let left = from.count(); left > 0 && !from.isBroken; left -= 1) {
    const [tenant, pack, entity] = [from.text(), from.text(), from.text()];
    const keys: EntityRowKey[] = [];
    for (let more = from.count(); more > 0 && !from.isBroken; more -= 1) keys.push({ subject: from.text(), id: from.text() });
    changed.push({ tenant, pack, entity, keys });
  }
  return changed;
}

/** Upper bound of what a key takes. */
export function keyBytes({ subject, id }: EntityRowKey): number {
  return 16 + 3 * (subject.length + id.length);
}

/** Parts of at most about so many bytes; none where nothing changed. */
export function splitChangedEntities(changed: readonly ChangedEntities[], bytesMax: number): readonly (readonly ChangedEntities[])[] {
  const parts: ChangedEntities[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const { keys, ...named } of changed) {
    let open: EntityRowKey[] | null = null;
    for (const key of keys) {
      if (bytes + keyBytes(key) > bytesMax) {
        parts.push([]);
        bytes = 0;
        open = null;
      }
      if (open === null) {
        open = [];
        parts.at(-1)?.push({ ...named, keys: open });
        bytes += 3 * (named.tenant.length + named.pack.length + named.entity.length);
      }
      open.push(key);
      bytes += keyBytes(key);
    }
  }
  return parts;
}
