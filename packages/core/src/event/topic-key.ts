/** The partition of a keyed record: its first four bytes, little-endian, modulo the count. All writers agree by this. */
export function partitionOf(key: Uint8Array, partitions: number): number {
  return partitionAt(key, 0, partitions);
}

/** The same of a key that lies in other bytes. */
export function partitionAt(bytes: Uint8Array, at: number, partitions: number): number {
  const word = ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0;
  return word % partitions;
}
