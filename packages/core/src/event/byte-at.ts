/** The byte at a position, 0 beyond the end. One small function, so that engines inline it and callers need no branch. */
export function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}
