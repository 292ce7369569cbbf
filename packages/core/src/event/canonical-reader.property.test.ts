import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hashText } from '../hash/value-hash.ts';
import { createCanonicalReader } from './canonical-reader.ts';
import type { CanonicalReader } from './canonical-shape.ts';

/** Few values, so that one record's stretches come again in the next, and some that only look alike. */
const texts = fc.constantFrom('a', 'ab', 'b"', 'back\\slash', 'é', '日本', '', '😀', 'tab\t', 'x'.repeat(70));
const names = fc.constantFrom('n', 'name', 'größe', 'q"', 'data');
const plainValues = fc.oneof(
  texts,
  fc.constantFrom<unknown>(0, -0, 12, -7, 1.5, 1e21, 123_456_789_012_345, 1_234_567_890_123_456, true, false, null),
);
const values = fc.oneof(
  { weight: 8, arbitrary: plainValues },
  { weight: 1, arbitrary: fc.constantFrom<unknown>([], [1], {}, { data: 1 }) },
);
const often = <T>(usual: readonly T[], rare: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...usual) }, { weight: 1, arbitrary: fc.constantFrom(...rare) });
const times = often(['2026-11-28T10:00:00.000Z', '1899-12-31T23:59:59.999Z'], ['2026-02-30T00:00:00.000Z', '2026-11-28T10:00:00Z']);

const records = fc
  .record({
    id: texts,
    source: often(['urn:tidegate:no-source', 'shop'], ['shop"']),
    type: often(['shop.sale', 'shop.sal'], ['shop.sales']),
    subject: fc.constantFrom<string | undefined>(undefined, undefined, 'abcd', ''),
    time: times,
    tenant: often(['acme'], ['acme2']),
    packversion: often([1, 12], [0]),
    schemaversion: often<number | undefined>([undefined], [3]),
    data: fc.dictionary(names, values, { maxKeys: 4 }),
    attributes: often([''], ['"region":"x"', '"n":1,"data2":"}"']),
    space: often([''], [' ']),
  })
  .map(({ space, subject, schemaversion, attributes, ...rest }) => {
    const members = [
      ...[`"specversion":"1.0"`, `"id":${JSON.stringify(rest.id)}`, `"source":${JSON.stringify(rest.source)}`],
      ...[`"type":${JSON.stringify(rest.type)}`, ...(subject === undefined ? [] : [`"subject":${JSON.stringify(subject)}`])],
      ...[`"time":"${rest.time}"`, '"datacontenttype":"application/json"', `"tenant":"${rest.tenant}"`],
      ...[`"packversion":${rest.packversion}`, ...(schemaversion === undefined ? [] : [`"schemaversion":${schemaversion}`])],
      `"data":${JSON.stringify(rest.data)}`,
      ...(attributes === '' ? [] : [attributes]),
    ];
    return `{${members.join(`,${space}`)}}`;
  });

/** Most are whole; some have one of their marks replaced, doubled or left out, or end early. */
const harm = fc.oneof(
  { weight: 5, arbitrary: fc.constant(null) },
  {
    weight: 2,
    arbitrary: fc.record({
      place: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      put: fc.constantFrom('', '::', ',,', '}}', '}', '{', '"', ':', ',', '\\', '\u0000', ' ', '0'),
      isCut: fc.constantFrom(false, false, false, true),
    }),
  },
);
type Harm = { readonly place: number; readonly put: string; readonly isCut: boolean };

function harmed(record: string, harm: Harm | null): Uint8Array {
  if (harm === null) return new TextEncoder().encode(record);
  const marks = [...record.matchAll(/["{}:,]/g)].map(({ index }) => index);
  // From the end: there are the marks of `data`.
  const at = marks[marks.length - 1 - Math.floor(harm.place ** 2 * marks.length)] ?? 0;
  const text = harm.isCut ? record.slice(0, at) : record.slice(0, at) + harm.put + record.slice(at + 1);
  return new TextEncoder().encode(text);
}

function sawOf(reader: CanonicalReader, bytes: Uint8Array): unknown {
  const fields = ['n', 'name', 'größe', 'q"', 'data', 'nothing'].map((field) => [
    ...[reader.kind(field), reader.text(field), reader.shortInteger(field), reader.exact(field), reader.double(field)],
    ...[reader.boolean(field), reader.dimension(field)],
  ]);
  const idBytes = reader.idStart() < 0 ? null : new TextDecoder().decode(bytes.subarray(reader.idStart(), reader.idEnd()));
  return {
    envelope: [reader.tenant(), reader.id(), reader.source(), reader.type(), reader.subject(), reader.timeMs(), reader.packVersion()],
    ...{ range: [reader.dataStart(), reader.dataEnd()], fields, isIdAsWritten: idBytes === null || idBytes === reader.id() },
    attributes: new TextDecoder().decode(reader.attributes()),
  };
}

test('a reader that has read other records reads each as one that has read none', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(records, harm), { minLength: 1, maxLength: 60, size: 'max' }), (stream) => {
      const warm = createCanonicalReader();
      for (const [record, harm] of stream) {
        const written = harmed(record, harm);
        // Records lie in a fetched slab one behind the other; what follows may look as if it belonged to this one.
        const slab = new TextEncoder().encode(`..${'.'.repeat(written.length)}${record.slice(-20)}`);
        slab.set(written, 2);
        const [start, end] = [2, 2 + written.length];
        const fresh = createCanonicalReader();
        const isRead = fresh.read(slab, start, end);
        expect(warm.read(slab, start, end)).toBe(isRead);
        if (isRead) expect(sawOf(warm, slab)).toEqual({ ...(sawOf(fresh, slab) as object), isIdAsWritten: true });
      }
    }),
    { numRuns: 60 },
  );
});

const OWN = ['specversion', 'id', 'source', 'type', 'subject', 'time', 'datacontenttype', 'tenant', 'packversion', 'data'];

test('the attributes of a record are all that it says beside its data and what every record says, whatever was read before', () => {
  const reader = createCanonicalReader();
  fc.assert(
    fc.property(records, (record) => {
      const bytes = new TextEncoder().encode(record);
      if (!reader.read(bytes, 0, bytes.length)) return;
      const said = Object.entries(JSON.parse(record) as object).filter(([name]) => !OWN.includes(name));
      const attributes = new TextDecoder().decode(reader.attributes());
      expect(attributes === '' ? null : JSON.parse(attributes)).toEqual(said.length === 0 ? null : Object.fromEntries(said));
    }),
    { numRuns: 500 },
  );
});

test('the hash of a value is that of its text, however the text is written, and the id is copied as its UTF-8 bytes', () => {
  fc.assert(
    fc.property(records, (record) => {
      const reader = createCanonicalReader();
      const bytes = new TextEncoder().encode(record);
      if (!reader.read(bytes, 0, bytes.length)) return;
      for (const field of ['n', 'name', 'größe', 'q"', 'data', 'nothing']) {
        const text = reader.dimension(field);
        expect(reader.valueHash(field)).toBe(text === null ? 0 : hashText(text));
      }
      expect(reader.subjectHash()).toBe(reader.subject() === '' ? 0 : hashText(reader.subject()));
      const id = new Uint8Array(512);
      expect(id.subarray(0, reader.copyId(id))).toEqual(new TextEncoder().encode(reader.id()));
    }),
  );
  // One number in four writings, of which three are not canonical.
  const reader = createCanonicalReader();
  const written = ['10', '10.0', '1e1', '100e-1'].map((digits) => {
    const data = `{"n":${digits},"text":"\\u0061b"}`;
    const bytes = new TextEncoder().encode(
      `{"specversion":"1.0","id":"a","source":"s","type":"t","time":"2026-11-28T10:00:00.000Z","datacontenttype":"application/json","tenant":"acme","packversion":1,"data":${data}}`,
    );
    expect(reader.read(bytes, 0, bytes.length)).toBe(true);
    return [reader.valueHash('n'), reader.valueHash('text')];
  });
  expect(written).toEqual(written.map(() => [hashText('10'), hashText('ab')]));
});
