import { z } from 'zod';

const SECRET_BYTES_MIN = 32;
const MEGABYTE = 1_048_576;

/** Schemas for settings: each takes the text of a variable and gives the value that a service wants. */
export const text = {
  /** Any text that is not empty. */
  line: (): z.ZodType<string> => z.string().trim().min(1),
  /** Any text, also none. */
  maybe: (): z.ZodType<string> => z.string(),
  integer: (range: { readonly min: number; readonly max: number }): z.ZodType<number> =>
    z
      .string()
      .trim()
      .regex(/^-?\d+$/, 'must be a whole number')
      .transform(Number)
      .pipe(z.number().min(range.min).max(range.max)),
  number: (range: { readonly min: number; readonly max: number }): z.ZodType<number> =>
    z
      .string()
      .trim()
      .regex(/^-?\d+(\.\d+)?$/, 'must be a number')
      .transform(Number)
      .pipe(z.number().min(range.min).max(range.max)),
  /** Seconds, as milliseconds. */
  seconds: (range: { readonly min: number; readonly max: number }): z.ZodType<number> =>
    text.number(range).transform((seconds) => Math.round(seconds * 1_000)),
  /** A TCP port; 0 asks the system for a free one. */
  port: (): z.ZodType<number> => text.integer({ min: 0, max: 65_535 }),
  /** A TCP port as above, or `none`: null. */
  portOrNone: (): z.ZodType<number | null> => z.union([z.literal('none').transform(() => null), text.port()]),
  megabytes: (range: { readonly min: number; readonly max: number }): z.ZodType<number> =>
    text.integer(range).transform((count) => count * MEGABYTE),
  flag: (): z.ZodType<boolean> =>
    z
      .string()
      .trim()
      .toLowerCase()
      .pipe(z.enum(['true', 'false', '1', '0', 'yes', 'no']))
      .transform((word) => word === 'true' || word === '1' || word === 'yes'),
  choice: <const C extends readonly [string, ...string[]]>(choices: C): z.ZodType<C[number]> => z.enum(choices),
  /** Some of these, comma separated, or `none`: an empty text is as one that is not set. */
  choices: <const C extends readonly [string, ...string[]]>(choices: C): z.ZodType<readonly C[number][]> =>
    z
      .string()
      .transform((value) => (value.trim() === 'none' ? [] : splitList(value)))
      .pipe(z.array(z.enum(choices))),
  url: (schemes: readonly string[]): z.ZodType<string> =>
    z
      .string()
      .trim()
      .refine((value) => URL.canParse(value) && schemes.includes(new URL(value).protocol.slice(0, -1)), {
        message: `must be a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
      }),
  /** Words, comma separated; also none. */
  list: (): z.ZodType<readonly string[]> => z.string().transform(splitList),
  /** `host:port` pairs, comma separated. */
  hostPorts: (): z.ZodType<readonly string[]> =>
    z
      .string()
      .transform(splitList)
      .pipe(
        z.array(z.string().regex(/^[^\s:]+:\d{1,5}$/, 'must be host:port, comma separated')).min(1, 'must name at least one host:port'),
      ),
  /** A secret of at least 32 bytes, given as text. */
  secret: (): z.ZodType<Uint8Array> =>
    z
      .string()
      .transform((value): Uint8Array => new TextEncoder().encode(value))
      .refine((bytes) => bytes.length >= SECRET_BYTES_MIN, { message: `must be at least ${SECRET_BYTES_MIN} bytes long` }),
  /** Base64 keys of exactly 32 bytes, comma separated; the first is the current one, the others still open old data. */
  keys: (): z.ZodType<readonly Uint8Array[]> =>
    z
      .string()
      .transform((value) => splitList(value).map((part): Uint8Array => new Uint8Array(Buffer.from(part, 'base64'))))
      .refine((keys) => keys.length > 0 && keys.every((key) => key.length === SECRET_BYTES_MIN), {
        message: `must be base64 of exactly ${SECRET_BYTES_MIN} bytes, or several of them, comma separated`,
      }),
} as const;

function splitList(value: string): string[] {
  return value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
