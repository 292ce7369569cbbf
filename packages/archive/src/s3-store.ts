import { createHash } from 'node:crypto';
import { AwsClient } from 'aws4fetch';
import type { ObjectStore } from './object-store.ts';

export interface S3Settings {
  /** `https://<host>`; the bucket is the first part of the path, which every S3 API takes. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const TRIES = 5;

/** Objects behind the S3 API. What fails on the way, or with 429 or a 5xx, is tried again after growing pauses. */
export function createS3Store({ endpoint, bucket, region, accessKeyId, secretAccessKey }: S3Settings): ObjectStore {
  const client = new AwsClient({ accessKeyId, secretAccessKey, region, service: 's3', retries: TRIES - 1 });
  const urlOf = (key: string): string => `${endpoint.replace(/\/$/, '')}/${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;

  async function call(key: string, init: RequestInit): Promise<Response | null> {
    const answer = await client.fetch(urlOf(key), init);
    if (answer.status === 404) return null;
    if (!answer.ok) throw new Error(`the object store answers ${answer.status} to ${init.method ?? 'GET'} ${key}`);
    return answer;
  }

  return {
    async put(key, bytes) {
      // The store compares: what arrives is what was sent.
      const md5 = createHash('md5').update(bytes).digest('base64');
      const answer = await call(key, { method: 'PUT', body: Buffer.from(bytes), headers: { 'content-md5': md5 } });
      if (answer === null) throw new Error(`the object store has no bucket ${bucket}`);
    },
    async get(key) {
      const answer = await call(key, { method: 'GET' });
      return answer === null ? null : new Uint8Array(await answer.arrayBuffer());
    },
    delete: async (key) => void (await call(key, { method: 'DELETE' })),
  };
}
