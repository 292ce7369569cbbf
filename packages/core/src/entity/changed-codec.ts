/** Changed rows, as announcements and the journal carry them. */
import { ByteReader } from '../rollup/byte-reader.ts';
import { ByteWriter } from '../rollup/byte-writer.ts';
import type { ChangedEntities, ChangedRow } from './entity-shape.ts';

const VERSION = 2;
/** Told keys alone. */
const VERSION_KEYS = 1;
const writer = new ByteWriter();

/** Byte 2, then as `writeChangedEntities`. */
export function encodeChangedEntities(changed: readonly ChangedEntities[]): Uint8Array {
  writer.reset();
  writer.byte(VERSION);
  writeChangedEntities(changed, writer);
  return writer.finish();
}

/** Null where the bytes are malformed or of an unknown version. */
export function decodeChangedEntities(bytes: Uint8Array): readonly ChangedEntities[] | null {
  const from = new ByteReader(bytes);
  const version = from.byte();
  if (version !== VERSION && version !== VERSION_KEYS) return null;
  const changed = readChangedEntities(from, version === VERSION);
  return from.isDone ? changed : null;
}

/**
 * Varint number of entities, each: tenant, pack, entity, varint number of lookups, their names, varint number of rows, each:
 * subject, id, of each lookup the varint number of its values, the values.
 */
export function writeChangedEntities(changed: readonly ChangedEntities[], into: ByteWriter): void {
  into.varint(changed.length);
  for (const { tenant, pack, entity, lookups, keys } of changed) {
    for (const text of [tenant, pack, entity]) into.text(text);
    writeTexts(lookups, into);
    into.varint(keys.length);
    for (const { subject, id, values } of keys) {
      into.text(subject);
      into.text(id);
      for (const one of values) writeTexts(one, into);
    }
  }
}

function writeTexts(texts: readonly string[], into: ByteWriter): void {
  into.varint(texts.length);
  for (const text of texts) into.text(text);
}

/** `hasValues`: false of what was written before values were told. */
export function readChangedEntities(from: ByteReader, hasValues: boolean): readonly ChangedEntities[] {
  const changed: ChangedEntities[] = [];
  for (let left = from.count(); left > 0 && !from.isBroken; left -= 1) {
    const [tenant, pack, entity] = [from.text(), from.text(), from.text()];
    const lookups = hasValues ? readTexts(from) : [];
    const keys: ChangedRow[] = [];
    for (let more = from.count(); more > 0 && !from.isBroken; more -= 1) {
      keys.push({ subject: from.text(), id: from.text(), values: lookups.map(() => readTexts(from)) });
    }
    changed.push({ tenant, pack, entity, lookups, keys });
  }
  return changed;
}

function readTexts(from: ByteReader): readonly string[] {
  const texts: string[] = [];
  for (let left = from.count(); left > 0 && !from.isBroken; left -= 1) texts.push(from.text());
  return texts;
}

/** Upper bound of what a row takes. */
export function keyBytes({ subject, id, values }: ChangedRow): number {
  const ofValues = values.reduce((sum, texts) => texts.reduce((all, text) => all + 8 + 3 * text.length, sum + 2), 0);
  return 16 + 3 * (subject.length + id.length) + ofValues;
}

/** Parts of at most about so many bytes; none where nothing changed. */
export function splitChangedEntities(changed: readonly ChangedEntities[], bytesMax: number): readonly (readonly ChangedEntities[])[] {
  const parts: ChangedEntities[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const { keys, ...named } of changed) {
    let open: ChangedRow[] | null = null;
    for (const key of keys) {
      if (bytes + keyBytes(key) > bytesMax) {
        parts.push([]);
        bytes = 0;
        open = null;
      }
      if (open === null) {
        open = [];
        parts.at(-1)?.push({ ...named, keys: open });
        bytes += 3 * [named.tenant, named.pack, named.entity, ...named.lookups].join('').length;
      }
      open.push(key);
      bytes += keyBytes(key);
    }
  }
  return parts;
}
