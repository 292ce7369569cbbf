/** Answers go out smaller where the caller takes them so (RFC 9110, section 12.5.3). */
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { byText } from './by-text.ts';

const gzipAsync = promisify(gzip);
const brotliAsync = promisify(brotliCompress);

/** Less fits a packet as it is. */
const BYTES_MIN = 1_024;
/** Fast ones: a body is made once and read once. */
const GZIP_LEVEL = 1;
const BROTLI_QUALITY = 3;

export type Encoding = 'gzip' | 'br';

export interface Compressed {
  readonly body: Buffer;
  /** Null: as it was. */
  readonly encoding: Encoding | null;
}

/** Of bodies that are given out again and again: the same buffer is made smaller once. */
const held: Readonly<Record<Encoding, WeakMap<Buffer, Buffer>>> = { gzip: new WeakMap(), br: new WeakMap() };

export async function compressed(body: Buffer, acceptEncoding: string | undefined): Promise<Compressed> {
  const encoding = body.length < BYTES_MIN ? null : encodingOf(acceptEncoding);
  if (encoding === null) return { body, encoding };
  const known = held[encoding].get(body);
  if (known !== undefined) return { body: known, encoding };
  const smaller =
    encoding === 'gzip'
      ? await gzipAsync(body, { level: GZIP_LEVEL })
      : await brotliAsync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } });
  held[encoding].set(body, smaller);
  return { body: smaller, encoding };
}

/** The one with the greatest quality, gzip of equal ones: it takes the least time. Null: neither is named. */
export function encodingOf(acceptEncoding: string | undefined): Encoding | null {
  return acceptEncoding === undefined ? null : acceptedEncoding(acceptEncoding);
}

const acceptedEncoding = byText((acceptEncoding: string): Encoding | null => {
  const weights = new Map<string, number>();
  for (const part of acceptEncoding.split(',')) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    const weight = parameters.find((text) => text.startsWith('q='));
    weights.set(name, weight === undefined ? 1 : Number(weight.slice(2)));
  }
  const [gzipWeight = 0, brotliWeight = 0] = [weights.get('gzip'), weights.get('br')];
  if (!(gzipWeight > 0 || brotliWeight > 0)) return null;
  return brotliWeight > gzipWeight ? 'br' : 'gzip';
});
