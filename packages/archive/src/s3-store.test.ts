import { createHash, createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createS3Store } from './s3-store.ts';

const SETTINGS = { bucket: 'cold', region: 'eu-north-1', accessKeyId: 'AKID', secretAccessKey: 'not-a-secret' };
const objects = new Map<string, Buffer>();
let failures = 0;
const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** AWS Signature Version 4, made from the request as the documentation of S3 describes it. */
function signatureOf(request: IncomingMessage, signedHeaders: string): string {
  const header = (name: string): string => String(request.headers[name] ?? '');
  const at = header('x-amz-date');
  const headers = signedHeaders.split(';').map((name) => `${name}:${header(name)}\n`);
  const canonical = [request.method, request.url, '', headers.join(''), signedHeaders, header('x-amz-content-sha256')].join('\n');
  const scope = `${at.slice(0, 8)}/${SETTINGS.region}/s3/aws4_request`;
  const key = [SETTINGS.region, 's3', 'aws4_request'].reduce(hmac, hmac(`AWS4${SETTINGS.secretAccessKey}`, at.slice(0, 8)));
  return hmac(key as Buffer, ['AWS4-HMAC-SHA256', at, scope, sha256(canonical)].join('\n')).toString('hex');
}

/** What the store does with a request whose signature is right. */
function serve(request: IncomingMessage, body: Buffer): { readonly status: number; readonly bytes?: Buffer } {
  const key = request.url ?? '';
  const known = objects.get(key);
  if (request.method === 'GET') return known === undefined ? { status: 404 } : { status: 200, bytes: known };
  if (request.method === 'DELETE') return { status: objects.delete(key) ? 204 : 404 };
  if (request.headers['content-md5'] !== createHash('md5').update(body).digest('base64')) return { status: 400 };
  objects.set(key, body);
  return { status: 200 };
}

function isSigned(request: IncomingMessage): boolean {
  const [, headers = '', signature = ''] = /SignedHeaders=([^,]+), Signature=([0-9a-f]+)$/.exec(request.headers.authorization ?? '') ?? [];
  return signatureOf(request, headers) === signature;
}

const server = createServer((request, response) => {
  void buffer(request).then((body) => {
    const isBusy = failures > 0;
    failures = Math.max(0, failures - 1);
    const answer: ReturnType<typeof serve> = !isSigned(request) ? { status: 403 } : isBusy ? { status: 503 } : serve(request, body);
    response.writeHead(answer.status).end(answer.bytes);
  });
});
let endpoint = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  endpoint = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
});
afterAll(() => server.close());

describe('objects behind the S3 API', () => {
  it('are put, got and deleted by signed requests, in the bucket, under their keys', async () => {
    const store = createS3Store({ ...SETTINGS, endpoint });
    const bytes = Uint8Array.from({ length: 70_000 }, (_, at) => at % 251);
    await store.put('raw/2026-08-01/1/acme/-0.parquet.sealed', bytes);
    expect([...objects.keys()]).toEqual(['/cold/raw/2026-08-01/1/acme/-0.parquet.sealed']);
    expect(Buffer.compare((await store.get('raw/2026-08-01/1/acme/-0.parquet.sealed')) ?? Buffer.alloc(0), bytes)).toBe(0);
    expect(await store.get('raw/other')).toBeNull();
    await store.delete('raw/2026-08-01/1/acme/-0.parquet.sealed');
    await store.delete('raw/2026-08-01/1/acme/-0.parquet.sealed');
    expect(objects.size).toBe(0);
  });

  it('a store that is busy is tried again; what it refuses is a failure, not an object', async () => {
    const store = createS3Store({ ...SETTINGS, endpoint });
    failures = 2;
    await store.put('a', Uint8Array.of(1));
    expect(await store.get('a')).toEqual(Uint8Array.of(1));
    const stranger = createS3Store({ ...SETTINGS, endpoint, secretAccessKey: 'another' });
    await expect(stranger.put('b', Uint8Array.of(1))).rejects.toThrow('403');
    await expect(stranger.get('a')).rejects.toThrow('403');
  });
});
