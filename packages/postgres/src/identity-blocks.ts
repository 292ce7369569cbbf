import { IDENTITY_BYTES } from '@tidegate/core';

/** 1,536 bytes, which a row holds inline: an identity is found with one search and one page, not with 48 KB. */
const IDENTITIES_PER_BLOCK = 128;

/** Cuts sorted identities into blocks of equal length (the last may be shorter). */
export function splitBlocks(identities: Uint8Array): readonly Uint8Array[] {
  const blocks: Uint8Array[] = [];
  const blockBytes = IDENTITIES_PER_BLOCK * IDENTITY_BYTES;
  for (let at = 0; at < identities.length; at += blockBytes) blocks.push(identities.subarray(at, at + blockBytes));
  return blocks;
}

/** Whether a block of sorted identities holds one. */
export function findIn(block: Uint8Array, identity: Uint8Array): boolean {
  let low = 0;
  let high = block.length / IDENTITY_BYTES - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    // Byte order, as Postgres compares bytea.
    const order = Buffer.compare(block.subarray(middle * IDENTITY_BYTES, (middle + 1) * IDENTITY_BYTES), identity);
    if (order === 0) return true;
    if (order < 0) low = middle + 1;
    else high = middle - 1;
  }
  return false;
}
