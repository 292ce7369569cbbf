const LENGTH_BYTES = 4;

/** Each part behind its length in bytes (little-endian u32), so that no two lists of texts are the same bytes. */
export function lengthPrefixed(parts: readonly string[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += LENGTH_BYTES + Buffer.byteLength(part);
  const bytes = Buffer.allocUnsafe(length);
  let at = 0;
  for (const part of parts) {
    const written = bytes.write(part, at + LENGTH_BYTES);
    bytes.writeUInt32LE(written, at);
    at += LENGTH_BYTES + written;
  }
  return bytes;
}
