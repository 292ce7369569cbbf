import type { IncomingMessage } from 'node:http';
import type { Result } from '@tidegate/core';
import { failed, ok } from '@tidegate/core';

export interface BodyFault {
  readonly code: 'bad_json' | 'bad_utf8' | 'body_too_large' | 'unsupported_format';
}

const JSON_TYPE = /^application\/(json|[a-z.+-]+\+json)\s*(;|$)/i;

/**
 * Reads a small JSON body whole. Rejects only when the connection breaks. What comes back is `unknown`: a schema decides
 * what it is.
 */
export async function readJsonBody(request: IncomingMessage, bytesMax: number): Promise<Result<unknown, BodyFault>> {
  const type = request.headers['content-type'];
  if (type !== undefined && !JSON_TYPE.test(type)) return failed({ code: 'unsupported_format' });
  const bytes = await readBytes(request, bytesMax);
  return bytes === null ? failed({ code: 'body_too_large' }) : decodeJson(bytes);
}

/** The whole body, or null as soon as it is longer than `bytesMax`. */
export async function readBytes(request: IncomingMessage, bytesMax: number): Promise<Buffer | null> {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) return null;
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request.iterator({ destroyOnReturn: false })) {
    const chunk: Buffer = part;
    bytes += chunk.length;
    if (bytes > bytesMax) return null;
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}

export function decodeJson(bytes: Uint8Array): Result<unknown, BodyFault> {
  return decode(bytes, (text) => JSON.parse(text) as unknown);
}

/** As `decodeJson`; null where a number of it has more digits than a double holds: it would be another one. */
export function decodeExactJson(bytes: Uint8Array): Result<{ readonly value: unknown } | null, BodyFault> {
  let isExact = true;
  const read = decode(bytes, (text) =>
    JSON.parse(text, (_name, value: unknown, context?: { readonly source?: string }) => {
      if (typeof value === 'number') isExact &&= digitsOf(context?.source ?? '') <= EXACT_DIGITS && Number.isFinite(value);
      return value;
    }),
  );
  return read.ok ? ok(isExact ? { value: read.value } : null) : read;
}

/**
 * JSON with each number as it is written: one that a double would change comes as `JSON.rawJSON`, which is written out as it
 * came in. Undefined where the text is no JSON.
 */
export function decodeExactly(text: string): unknown {
  try {
    return JSON.parse(text, (_name, value: unknown, { source }) =>
      typeof value === 'number' && String(value) !== source ? JSON.rawJSON(source) : value,
    );
  } catch {
    return undefined;
  }
}

/** Any decimal of so many digits is the shortest form of the double that it is read as. */
const EXACT_DIGITS = 15;

function digitsOf(number: string): number {
  const [mantissa = ''] = number.toLowerCase().split('e');
  return mantissa.replace(/[-.]/g, '').replace(/^0+/, '').replace(/0+$/, '').length;
}

function decode(bytes: Uint8Array, parse: (text: string) => unknown): Result<unknown, BodyFault> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return failed({ code: 'bad_utf8' });
  }
  try {
    return ok(parse(text));
  } catch {
    return failed({ code: 'bad_json' });
  }
}
