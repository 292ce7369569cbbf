import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hashParts } from '../hash/hash-parts.ts';
import { compilePack } from '../pack/compile.ts';
import { parsePack } from '../pack/parse.ts';
import { EventTypes } from './event-types.ts';
import { createIdentify } from './identity.ts';
import { EventJudge } from './judge.ts';
import { decodeReceipt, encodeReceipt } from './receipt.ts';
import { partitionOf } from './topic-key.ts';

const keys = { identity: new Uint8Array(16).fill(1), topicKey: new Uint8Array(16).fill(2) };
const identify = createIdentify(keys);
const judge = new EventJudge();
const parsed = parsePack({
  pack: 'p',
  title: 'P',
  events: {
    plain: { fields: {} },
    keyed: { key: 'page', fields: { page: { type: 'string' } } },
    numbered: { key: 'page', fields: { page: { type: 'integer' } } },
  },
  metrics: {},
});
if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
const types = new EventTypes([compilePack({ tenant: 'acme', version: 1, metricVersions: {}, pack: parsed.value })]);

/** A JSON string in which each sign stands as itself or, where marked, as \\u escapes of its UTF-16 units. */
function written(signs: readonly (readonly [string, boolean])[]): string {
  const escape = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return `"${signs.map(([sign, isEscaped]) => (isEscaped ? sign.split('').map(escape).join('') : JSON.stringify(sign).slice(1, -1))).join('')}"`;
}

function identityOf(event: object | string, pseudonym = ''): { identity: string; topicKey: string } {
  const bytes = new TextEncoder().encode(typeof event === 'string' ? event : JSON.stringify({ occurred_at: 0, ...event }));
  expect(judge.judge(bytes, { start: 0, end: bytes.length }, { types, nowMs: 0 })).toBe(null);
  const { identity, topicKey } = identify(judge, 'acme', pseudonym);
  return { identity: hex(identity), topicKey: hex(topicKey) };
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

const identityBy = (...parts: string[]): string => hex(hashParts(keys.identity, parts)).slice(0, 24);
const keyBy = (...parts: string[]): string => hex(hashParts(keys.topicKey, parts));

describe('identity and topic key, as the formats page has them', () => {
  test('identity is the keyed hash of tenant, source, id and pseudonym, absent parts being empty', () => {
    expect(identityOf({ id: 'a', type: 'plain' }).identity).toBe(identityBy('acme', '', 'a', ''));
    expect(identityOf({ id: 'a', type: 'plain', source: 's', subject: 'jo' }, 'abc').identity).toBe(identityBy('acme', 's', 'a', 'abc'));
  });

  test('an id written with escapes is the same id', () => {
    expect(identityOf({ id: 'a"é', type: 'plain' }).identity).toBe(identityBy('acme', '', 'a"é', ''));
  });

  test('with a subject the key is by subject, whatever the entity', () => {
    expect(identityOf({ id: 'a', type: 'keyed', subject: 'jo', data: { page: 'x' } }, 'abc').topicKey).toBe(keyBy('acme', 's', 'abc'));
  });

  test('without one it is by the entity id of the pack', () => {
    expect(identityOf({ id: 'a', type: 'keyed', data: { page: 'x"y' } }).topicKey).toBe(keyBy('acme', 'k', 'x"y'));
    expect(identityOf({ id: 'a', type: 'numbered', data: { page: 12 } }).topicKey).toBe(keyBy('acme', 'k', '12'));
  });

  test('any id and entity hash as the text that they spell, however it is written', () => {
    const spelled = fc
      .array(fc.tuple(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }), fc.boolean()), { minLength: 1, maxLength: 30 })
      .filter((signs) => !signs.some(([sign]) => sign.includes('\u0000')));
    fc.assert(
      fc.property(spelled, spelled, (id, page) => {
        const event = `{"id":${written(id)},"type":"keyed","occurred_at":0,"data":{"page":${written(page)}}}`;
        const text = (signs: readonly (readonly [string, boolean])[]): string => signs.map(([sign]) => sign).join('');
        expect(identityOf(event)).toEqual({
          identity: identityBy('acme', '', text(id), ''),
          topicKey: keyBy('acme', 'k', text(page)),
        });
      }),
    );
  });

  test('without either it is by source and id', () => {
    expect(identityOf({ id: 'a', type: 'plain', source: 's' }).topicKey).toBe(keyBy('acme', 'i', 's', 'a'));
  });

  test('the partition is the first four bytes, little-endian and unsigned, modulo the count', () => {
    // ff ff ff ff = 4294967295 = 12 * 357913941 + 3; 00 01 00 00 = 256 = 12 * 21 + 4.
    expect(partitionOf(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 9), 12)).toBe(3);
    expect(partitionOf(Uint8Array.of(0, 1, 0, 0, 9), 12)).toBe(4);
  });
});

describe('a receipt', () => {
  const receipt = {
    tenant: 'acme',
    logGeneration: 3,
    entries: [
      {
        lane: 'live',
        partition: 0,
        runs: [
          { first: 299, count: 2 },
          { first: 304, count: 1 },
        ],
      },
      { lane: 'backfill', partition: 11, runs: [{ first: 2 ** 40, count: 1 }] },
    ],
  } as const;

  test('has the bytes of the formats page', () => {
    // 299 = 0x02 * 128 + 0x2b, two events; 3 offsets after 300 lies the next one. 2^40 = 2^5 * 128^5: five bytes 80, then 20.
    const entries = `${'000002ab0201'}${'0300'}${'010b01'}${'80'.repeat(5)}20${'00'}`;
    expect(hex(encodeReceipt(receipt))).toBe(`02${'04'}61636d65${'03'}${'02'}${entries}`);
  });

  test('comes back as it went, and never from bytes that are cut, longer or of another version', () => {
    const bytes = encodeReceipt(receipt);
    expect(decodeReceipt(bytes)).toEqual(receipt);
    for (let length = 0; length < bytes.length; length += 1) expect(decodeReceipt(bytes.subarray(0, length))).toBe(null);
    expect(decodeReceipt(Uint8Array.of(...bytes, 0))).toBe(null);
    expect(decodeReceipt(Uint8Array.of(3, ...bytes.subarray(1)))).toBe(null);
  });

  test('of version 1 is read still: it named the last offset and the number of events of a partition', () => {
    const old = Buffer.from(`01${'04'}61636d65${'03'}${'02'}${'0000ac0202'}${'010b'}${'80'.repeat(5)}20${'01'}`, 'hex');
    expect(decodeReceipt(old)?.entries).toEqual([
      { lane: 'live', partition: 0, runs: [{ first: 299, count: 2 }] },
      { lane: 'backfill', partition: 11, runs: [{ first: 2 ** 40, count: 1 }] },
    ]);
    // No partition has -1 as its first offset.
    expect(decodeReceipt(Uint8Array.of(1, 0, 3, 1, 0, 0, 0, 2))).toBe(null);
  });
});
