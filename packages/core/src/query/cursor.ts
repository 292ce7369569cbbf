/**
 * Where the next page of a table begins: after the row with this order value and key. Rows are found again by value, not by
 * position, so rows that arrive between two pages neither hide nor repeat one that did not change.
 */
import { z } from 'zod';
import { parseExact } from '../event/exact-number.ts';
import type { ExactNumber } from '../event/exact-number.ts';

const MARK_SCHEMA = z.strictObject({
  v: z.literal(1),
  /** Which question it belongs to, so that it is refused for another one. */
  question: z.string(),
  /** The range as it was resolved for the first page: "the last 30 days" must not move under the reader. */
  fromMs: z.number(),
  toMs: z.number(),
  /** `x` exact digits, `d` a double, `s` a text, `n` nothing. */
  order: z.discriminatedUnion('t', [
    z.strictObject({ t: z.literal('x'), v: z.string() }),
    z.strictObject({ t: z.literal('d'), v: z.number() }),
    z.strictObject({ t: z.literal('s'), v: z.string() }),
    z.strictObject({ t: z.literal('n') }),
  ]),
  bucketMs: z.number().nullable(),
  key: z.string(),
});

export type CursorMark = z.output<typeof MARK_SCHEMA>;
export type OrderMark = CursorMark['order'];

/** The value that a row is ordered by: of a measure, of a dimension (its stored text), of a bucket (epoch ms). */
export type OrderValue = ExactNumber | number | string | null;

export function parseCursorMark(decoded: unknown): CursorMark | null {
  const parsed = MARK_SCHEMA.safeParse(decoded);
  return parsed.success ? parsed.data : null;
}

export function orderValueOf(mark: OrderMark): OrderValue {
  switch (mark.t) {
    case 'x':
      return parseExact(mark.v);
    case 'd':
      return mark.v;
    case 's':
      return mark.v;
    case 'n':
      return null;
  }
}
