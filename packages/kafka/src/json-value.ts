const utf8 = new TextDecoder();

/** What the bytes say as JSON, for a schema to judge; undefined: they are none. */
export function decodeJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes)) as unknown;
  } catch {
    return undefined;
  }
}
