import { createHash, createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** What clients of the server have to sign with. */
export const S3_CREDENTIALS = { bucket: 'cold', region: 'eu-north-1', accessKeyId: 'AKID', secretAccessKey: 'not-a-secret' } as const;

export interface S3Server {
  readonly endpoint: string;
  /** By path, the bucket included. */
  readonly objects: Map<string, Buffer>;
  /** So many of the next requests are answered 503. */
  failures: number;
  /** Asked before an object is put: false refuses it, 403. */
  mayPut: (path: string) => boolean;
  close(): void;
}

const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** Answers the S3 API's GET, PUT and DELETE of objects, to who signs as S3 wants it, and keeps them in memory. */
export async function startS3Server(): Promise<S3Server> {
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      const isBusy = own.failures > 0;
      own.failures = Math.max(0, own.failures - 1);
      const answer: Answer = !isSigned(request) ? { status: 403 } : isBusy ? { status: 503 } : serve(own, request, body);
      response.writeHead(answer.status).end(answer.bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const own: S3Server = {
    endpoint: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    objects: new Map(),
    failures: 0,
    mayPut: () => true,
    close: () => void server.close(),
  };
  return own;
}

interface Answer {
  readonly status: number;
  readonly bytes?: Buffer;
}

/** What the store does with a request whose signature is right. */
function serve({ objects, mayPut }: S3Server, request: IncomingMessage, body: Buffer): Answer {
  const key = request.url ?? '';
  const known = objects.get(key);
  if (request.method === 'GET') return known === undefined ? { status: 404 } : { status: 200, bytes: known };
  if (request.method === 'DELETE') return { status: objects.delete(key) ? 204 : 404 };
  if (!mayPut(key)) return { status: 403 };
  if (request.headers['content-md5'] !== createHash('md5').update(body).digest('base64')) return { status: 400 };
  objects.set(key, body);
  return { status: 200 };
}

function isSigned(request: IncomingMessage): boolean {
  const [, headers = '', signature = ''] = /SignedHeaders=([^,]+), Signature=([0-9a-f]+)$/.exec(request.headers.authorization ?? '') ?? [];
  return signatureOf(request, headers) === signature;
}

/** AWS Signature Version 4, made from the request as the documentation of S3 describes it. */
function signatureOf(request: IncomingMessage, signedHeaders: string): string {
  const header = (name: string): string => String(request.headers[name] ?? '');
  const at = header('x-amz-date');
  const headers = signedHeaders.split(';').map((name) => `${name}:${header(name)}\n`);
  const canonical = [request.method, request.url, '', headers.join(''), signedHeaders, header('x-amz-content-sha256')].join('\n');
  const scope = `${at.slice(0, 8)}/${S3_CREDENTIALS.region}/s3/aws4_request`;
  const key = [S3_CREDENTIALS.region, 's3', 'aws4_request'].reduce(hmac, hmac(`AWS4${S3_CREDENTIALS.secretAccessKey}`, at.slice(0, 8)));
  return hmac(key as Buffer, ['AWS4-HMAC-SHA256', at, scope, sha256(canonical)].join('\n')).toString('hex');
}
