/** The one place where this service reads JSON text other than events; a zod schema judges the result. */
export function decodeJson(bytes: Uint8Array): unknown {
  try {
    // oxlint-disable-next-line no-restricted-properties -- see above
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
