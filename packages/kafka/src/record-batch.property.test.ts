import { createRequire } from 'node:module';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compressionsAlgorithms, crc32c } from '@platformatic/kafka';
import { NO_HEADERS, encodeHeaders, headerValue, readHeaders, traceparentOf } from './headers.ts';
import type { RecordHeader, RecordSlab } from './port.ts';
import { BATCH_HEADER_BYTES, createRecordBatch } from './record-batch.ts';
import { UnreadableBatch, readSlab } from './slab.ts';
import { readVarint, varintSize, writeVarint } from './varint.ts';

// The other side of the comparison: kafkajs's own encoder and decoder, which it does not export by name.
const require = createRequire(import.meta.url);
const KafkajsDecoder = require('kafkajs/src/protocol/decoder');
const decodeKafkajsBatch = require('kafkajs/src/protocol/recordBatch/v0/decoder');
const { RecordBatch: encodeKafkajsBatch } = require('kafkajs/src/protocol/recordBatch/v0');
const encodeKafkajsRecord = require('kafkajs/src/protocol/recordBatch/record/v0');

const STAMP = { producerId: 4_711n, producerEpoch: 3, baseSequence: 17, timestampMs: 1_767_225_600_000 };

interface SentRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RecordHeader[];
}

const bytes = fc.uint8Array({ maxLength: 300 });
const header = fc.record({ name: fc.string({ minLength: 1, maxLength: 12 }), value: fc.option(bytes) });
const record: fc.Arbitrary<SentRecord> = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.array(header, { maxLength: 4 }),
});

function encode(records: readonly SentRecord[], baseOffset = 0): Buffer {
  const batch = createRecordBatch({ initialBytes: 64 });
  for (const { key, value, headers } of records) batch.add(key, value, encodeHeaders(headers));
  const sealed = Buffer.from(batch.seal(STAMP));
  sealed.writeBigInt64BE(BigInt(baseOffset), 0);
  return sealed;
}

function read(fetched: Uint8Array, fromOffset = 0): RecordSlab {
  return readSlab({ topic: 't', partition: 0, bytes: fetched, fromOffset, endOffset: 1_000_000 });
}

function field(slab: RecordSlab, start: number | undefined, end: number | undefined): Uint8Array | null {
  return start === undefined || start < 0 ? null : Uint8Array.from(slab.bytes.subarray(start, end));
}

function recordsOf(slab: RecordSlab): SentRecord[] {
  return Array.from({ length: slab.count }, (_, i) => ({
    key: field(slab, slab.keyStart[i], slab.keyEnd[i]),
    value: field(slab, slab.valueStart[i], slab.valueEnd[i]),
    headers: readHeaders(slab.bytes, slab.headersStart[i] ?? 0, slab.headersEnd[i] ?? 0).map(({ name, value }) => ({
      name,
      value: value === null ? null : Uint8Array.from(value),
    })),
  }));
}

function compressed(batch: Buffer, codec: number, compress: (records: Buffer) => Buffer): Buffer {
  const packed = Buffer.concat([batch.subarray(0, BATCH_HEADER_BYTES), compress(batch.subarray(BATCH_HEADER_BYTES))]);
  packed.writeInt32BE(packed.length - 12, 8);
  packed.writeInt16BE(codec, 21);
  return packed;
}

describe('record batches', () => {
  it('come back as they were added, however they are split into batches', () => {
    fc.assert(
      fc.property(fc.array(fc.array(record, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 4 }), (batches) => {
        let baseOffset = 100;
        const parts = batches.map((records) => {
          const part = encode(records, baseOffset);
          baseOffset += records.length;
          return part;
        });
        const slab = read(Buffer.concat(parts));
        expect(recordsOf(slab)).toEqual(batches.flat());
        expect([...slab.offsets]).toEqual(batches.flat().map((_, i) => 100 + i));
        expect(slab.nextOffset).toBe(baseOffset);
      }),
    );
  });

  it('are read by the decoder of another client', async () => {
    const text = fc.record({ key: fc.string(), value: fc.string() });
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 20 }), async (texts) => {
        const sent = texts.map(({ key, value }) => ({ key: Buffer.from(key), value: Buffer.from(value), headers: [] }));
        const decoded = await decodeKafkajsBatch(new KafkajsDecoder(encode(sent, 40)));
        expect(decoded).toMatchObject({ firstOffset: '40', producerId: '4711', producerEpoch: 3, firstSequence: 17 });
        const found = decoded.records.map((one: { key: Buffer; value: Buffer; offset: string }) => [
          one.key.toString(),
          one.value.toString(),
          one.offset,
        ]);
        expect(found).toEqual(texts.map(({ key, value }, i) => [key, value, String(40 + i)]));
      }),
      { numRuns: 30 },
    );
  });

  it('written by another client are read, header by header', async () => {
    const records = [0, 1, 2].map((i) =>
      encodeKafkajsRecord({ offsetDelta: i, timestampDelta: i * 10, key: `k${i}`, value: `v${i}`, headers: { kind: 'event' } }),
    );
    const foreign = await encodeKafkajsBatch({
      firstTimestamp: 1_000,
      maxTimestamp: 1_020,
      lastOffsetDelta: 2,
      records,
    });
    const slab = read(foreign.buffer);
    expect([...slab.timestampsMs]).toEqual([1_000, 1_010, 1_020]);
    const utf8 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));
    expect(recordsOf(slab)).toEqual(
      [0, 1, 2].map((i) => ({ key: utf8(`k${i}`), value: utf8(`v${i}`), headers: [{ name: 'kind', value: utf8('event') }] })),
    );
  });

  it('carry the checksum over everything after it', () => {
    // Published check value of CRC-32C (RFC 3720, B.4).
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
    const sealed = encode([{ key: null, value: Buffer.from('x'), headers: [] }]);
    expect(sealed.readUInt32BE(17)).toBe(crc32c(sealed.subarray(21)));
  });

  it('keep their bytes when they are sealed again for a retry', () => {
    const batch = createRecordBatch();
    batch.add(null, Buffer.from('x'), NO_HEADERS);
    const first = Buffer.from(batch.seal(STAMP));
    batch.seal({ ...STAMP, producerId: 9n, baseSequence: 0 });
    expect(Buffer.from(batch.seal(STAMP))).toEqual(first);
  });

  it('are read from the offset that was asked for on', () => {
    const sent = Array.from({ length: 10 }, (_, i) => ({ key: null, value: Uint8Array.of(i), headers: [] }));
    const slab = read(encode(sent, 50), 57);
    expect([...slab.offsets]).toEqual([57, 58, 59]);
    expect(recordsOf(slab)).toEqual(sent.slice(7));
  });

  it.each([
    { name: 'gzip', codec: 1, compress: (records: Buffer) => gzipSync(records) },
    { name: 'snappy', codec: 2, compress: (records: Buffer) => compressionsAlgorithms.snappy.compressSync(records) },
    { name: 'lz4', codec: 3, compress: (records: Buffer) => compressionsAlgorithms.lz4.compressSync(records) },
    { name: 'zstd', codec: 4, compress: (records: Buffer) => zstdCompressSync(records) },
  ])('are read when $name packed them, between others that are not packed', ({ codec, compress }) => {
    const sent = (from: number): SentRecord[] =>
      [0, 1].map((i) => ({ key: null, value: Uint8Array.from(Buffer.from(`value ${from + i}`.repeat(9))), headers: [] }));
    const slab = read(Buffer.concat([encode(sent(0), 0), compressed(encode(sent(2), 2), codec, compress), encode(sent(4), 4)]));
    expect(recordsOf(slab)).toEqual([...sent(0), ...sent(2), ...sent(4)]);
    expect([...slab.offsets]).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('leave out transaction marks but move past them', () => {
    const mark = encode([{ key: Buffer.from([0, 0, 0, 1]), value: null, headers: [] }], 1);
    mark.writeInt16BE(0x30, 21);
    const slab = read(Buffer.concat([encode([{ key: null, value: null, headers: [] }], 0), mark]));
    expect([...slab.offsets]).toEqual([0]);
    expect(slab.nextOffset).toBe(2);
  });

  it('keep the gap that compaction left at their end', () => {
    const batch = encode([{ key: null, value: null, headers: [] }], 10);
    batch.writeInt32BE(4, 23); // the last offset of the batch was 14 before compaction
    expect(read(batch).nextOffset).toBe(15);
  });

  it('that are cut off are left for the next fetch, at every length', () => {
    const whole = encode([{ key: null, value: Buffer.from('whole'), headers: [] }], 0);
    const next = encode([{ key: null, value: Buffer.from('next'), headers: [] }], 1);
    for (let cut = 0; cut < next.length; cut++) {
      const slab = read(Buffer.concat([whole, next.subarray(0, cut)]));
      expect([slab.count, slab.nextOffset]).toEqual([1, 1]);
    }
  });

  it('that are damaged are an error, never a record', () => {
    const damaged = encode([{ key: null, value: Buffer.from('abc'), headers: [] }]);
    damaged[BATCH_HEADER_BYTES] = 0x7e; // the record claims 63 bytes
    expect(() => read(damaged)).toThrow(UnreadableBatch);
    const old = encode([{ key: null, value: null, headers: [] }]);
    old[16] = 1;
    expect(() => read(old)).toThrow('format 1');
  });
});

describe('headers', () => {
  it('are found by name without reading the others', () => {
    const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const headers = [
      { name: 'kind', value: Buffer.from('event') },
      { name: 'nothing', value: null },
      { name: 'traceparent', value: Buffer.from(trace) },
    ];
    const slab = read(
      encode([
        { key: null, value: null, headers },
        { key: null, value: null, headers: [] },
      ]),
    );
    expect(headerValue(slab, 0, 'kind')).toEqual(Buffer.from('event'));
    expect(headerValue(slab, 0, 'nothing')).toBeNull();
    expect(headerValue(slab, 0, 'kin')).toBeUndefined();
    expect([traceparentOf(slab, 0), traceparentOf(slab, 1)]).toEqual([trace, null]);
  });
});

describe('varints', () => {
  it('come back, in the size that was foretold', () => {
    fc.assert(
      fc.property(fc.integer(), (value) => {
        const buffer = new Uint8Array(5);
        const end = writeVarint(buffer, 0, value);
        const cursor = { position: 0 };
        expect([readVarint(buffer, cursor), cursor.position, varintSize(value)]).toEqual([value, end, end]);
      }),
      { examples: [[0], [-1], [63], [64], [-64], [-65], [2 ** 31 - 1], [-(2 ** 31)]] },
    );
  });

  it('of 53 bits are exact', () => {
    // 2^52 as zigzag is 2^53: seven bytes of continuation and 2^53 = 16 * 2^49 in the eighth.
    const buffer = Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10);
    expect(readVarint(buffer, { position: 0 })).toBe(2 ** 52);
  });
});
