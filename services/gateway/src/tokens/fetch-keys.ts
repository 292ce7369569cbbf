import { decodeJson } from '@tidegate/http';
import { request } from 'undici';
import type { FetchKeys } from './key-set.ts';

const TIMEOUT_MS = 5_000;
const BYTES_MAX = 262_144;

/**
 * Reads a key set over HTTP: one GET, no redirect followed (the address was checked when it was given, the next one was not),
 * at most 256 KB, 5 s in all.
 */
export const fetchKeys: FetchKeys = async (uri) => {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const { statusCode, body } = await request(uri, { headers: { accept: 'application/json' }, signal, headersTimeout: TIMEOUT_MS });
  if (statusCode !== 200) {
    await body.dump({ limit: BYTES_MAX });
    throw new Error(`the key set was answered with status ${statusCode}`);
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BYTES_MAX) throw new Error(`the key set has more than ${BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  const read = decodeJson(Buffer.concat(chunks));
  if (!read.ok) throw new Error('the key set is not JSON');
  return read.value;
};
