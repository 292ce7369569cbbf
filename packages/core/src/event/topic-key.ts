/** The partition of a keyed record: its first four bytes, little-endian, modulo the count. All writers agree by this. */
export function partitionOf(key: Uint8Array, partitions: number): number {
  const word = ((key[0] ?? 0) | ((key[1] ?? 0) << 8) | ((key[2] ?? 0) << 16) | ((key[3] ?? 0) << 24)) >>> 0;
  return word % partitions;
}
