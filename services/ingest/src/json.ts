/** The one place where this service reads JSON text other than events; a zod schema judges the result. */
export function decodeJson(bytes: Uint8Array): unknown {
  try {
    // oxlint-disable-next-line no-restricted-properties -- see above
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/**
 * The same, with each number as it is written: one that a double would change comes as `JSON.rawJSON`, which is written out as it
 * came in.
 */
export function decodeExactly(text: string): unknown {
  try {
    // oxlint-disable-next-line no-restricted-properties -- see above
    return JSON.parse(text, (_name, value: unknown, { source }) =>
      typeof value === 'number' && String(value) !== source ? JSON.rawJSON(source) : value,
    );
  } catch {
    return undefined;
  }
}
