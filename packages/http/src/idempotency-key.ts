/** What HTTP can carry in a header, but for quote, backslash and space: it stands in ids as it is. */
const KEY = /^[!#-[\]-~]{1,64}$/;

/**
 * The key of the header `Idempotency-Key`, which may stand in quotes (draft-ietf-httpapi-idempotency-key-header): 1 to 64 printable
 * ASCII characters. Null: it is another.
 */
export function idempotencyKeyOf(header: string): string | null {
  const key = /^"(.*)"$/.exec(header)?.[1] ?? header;
  return KEY.test(key) ? key : null;
}
