import type { S3Server } from '@tidegate/testkit';
import { S3_CREDENTIALS, startS3Server } from '@tidegate/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createS3Store } from './s3-store.ts';

let server: S3Server;
beforeAll(async () => void (server = await startS3Server()));
afterAll(() => server.close());

describe('objects behind the S3 API', () => {
  it('are put, got and deleted by signed requests, in the bucket, under their keys', async () => {
    const store = createS3Store({ ...S3_CREDENTIALS, endpoint: server.endpoint });
    const bytes = Uint8Array.from({ length: 70_000 }, (_, at) => at % 251);
    await store.put('raw/2026-08-01/1/acme/-0.parquet.sealed', bytes);
    expect([...server.objects.keys()]).toEqual(['/cold/raw/2026-08-01/1/acme/-0.parquet.sealed']);
    expect(Buffer.compare((await store.get('raw/2026-08-01/1/acme/-0.parquet.sealed')) ?? Buffer.alloc(0), bytes)).toBe(0);
    expect(await store.get('raw/other')).toBeNull();
    await store.delete('raw/2026-08-01/1/acme/-0.parquet.sealed');
    await store.delete('raw/2026-08-01/1/acme/-0.parquet.sealed');
    expect(server.objects.size).toBe(0);
  });

  it('a store that is busy is tried again; what it refuses is a failure, not an object', async () => {
    const store = createS3Store({ ...S3_CREDENTIALS, endpoint: server.endpoint });
    server.failures = 2;
    await store.put('a', Uint8Array.of(1));
    expect(await store.get('a')).toEqual(Uint8Array.of(1));
    const stranger = createS3Store({ ...S3_CREDENTIALS, endpoint: server.endpoint, secretAccessKey: 'another' });
    await expect(stranger.put('b', Uint8Array.of(1))).rejects.toThrow('403');
    await expect(stranger.get('a')).rejects.toThrow('403');
  });
});
