import { createHash } from 'node:crypto';
import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { IngestFixture } from './ingest-fixture.ts';
import { event, send, startFixture } from './ingest-fixture.ts';
import { storedIds } from './stored-records.ts';

let fixture: IngestFixture;

beforeEach(async () => {
  fixture = await startFixture();
});

afterEach(async () => {
  await fixture.app.stop();
});

const stored = (): string[] => storedIds(fixture.broker);
const post = (body: Uint8Array | string, encoding: string) => send(fixture.app, body, { headers: { 'content-encoding': encoding } });

/** Of these bodies each encoder makes several blocks, so that something comes before a cut. */
const zstd = (body: Uint8Array | string): Buffer => zstdCompressSync(body, { params: { [constants.ZSTD_c_windowLog]: 15 } });

describe.each([
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
  ['zstd', zstd],
] as const)('a body in %s', (encoding, compress) => {
  test('is inflated, and lines that span pieces of it are whole', async () => {
    const ids = Array.from({ length: 3_000 }, (_, i) => `e-${String(i)}`);
    const answer = await post(compress(ids.map((id) => event(id)).join('\n')), encoding);
    expect(answer).toMatchObject({ status: 202, body: { accepted: 3_000 } });
    expect(stored()).toEqual(ids.toSorted());
  });

  test('that is cut: the events before the cut count as sent, the rest is bad_encoding', async () => {
    const item = (i: number): string => createHash('sha512').update(String(i)).digest('hex').slice(0, 99);
    const whole = compress(Array.from({ length: 6_000 }, (_, i) => event(`e-${String(i)}`, `"item":"${item(i)}","count":1`)).join('\n'));
    const answer = await post(whole.subarray(0, whole.length * 0.75), encoding);
    expect(answer).toMatchObject({ status: 207, body: { rejected: [{ code: 'bad_encoding' }] } });
    expect(answer.body['accepted']).toBeGreaterThan(500);
    expect(answer.body['accepted']).toBe(stored().length);
  });

  test('that is something else is 400', async () => {
    expect(await post(event('a'), encoding)).toMatchObject({ status: 400, body: { code: 'bad_encoding' } });
  });

  test('is inflated up to the limit only', async () => {
    const bomb = compress(Buffer.concat([Buffer.from(`${event('a')}\n`), Buffer.alloc(40_000_000, 0x20)]));
    expect(bomb.length).toBeLessThan(100_000);
    expect(await post(bomb, encoding)).toMatchObject({ status: 207, body: { accepted: 1, rejected: [{ code: 'body_too_large' }] } });
    expect(stored()).toEqual(['a']);
  });
});

test.each(['compress', 'gzip, br', 'gzip, gzip', 'toString'])(
  'the encoding %s is refused, with the ones that are taken',
  async (encoding) => {
    const answer = await post(event('a'), encoding);
    expect(answer).toMatchObject({ status: 415, body: { code: 'unsupported_encoding' } });
    expect(answer.headers['accept-encoding']).toBe('br, deflate, gzip, zstd');
  },
);

test('a zstd body that asks for a window of more than 8 MB is bad_encoding', async () => {
  const wide = zstdCompressSync(Buffer.alloc(12_000_000, 0x20), { params: { [constants.ZSTD_c_windowLog]: 24 } });
  expect(await post(wide, 'zstd')).toMatchObject({ status: 400, body: { code: 'bad_encoding' } });
});
