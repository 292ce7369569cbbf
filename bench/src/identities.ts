/** Identities as their hash would make them: even over 96 bits, the same for a seed, none twice in practice. */
export interface Identities {
  /** The next ones, 12 bytes each, in bytes that are the caller's. */
  take(count: number): Uint8Array;
}

/** xorshift128 (G. Marsaglia, "Xorshift RNGs", 2003): a period of 2^128 - 1. */
export function createIdentities(seed: number): Identities {
  const state = Uint32Array.of(123_456_789, 362_436_069, 521_288_629, seed >>> 0);
  const next = (): number => {
    const [x = 0, y = 0, z = 0, w = 0] = state;
    const t = x ^ (x << 11);
    state[0] = y;
    state[1] = z;
    state[2] = w;
    state[3] = w ^ (w >>> 19) ^ t ^ (t >>> 8);
    return state[3];
  };
  // The first numbers of two seeds are alike.
  for (let i = 0; i < 1_000; i += 1) next();
  return {
    take(count) {
      const words = new Uint32Array(count * 3);
      for (let i = 0; i < words.length; i += 1) words[i] = next();
      return new Uint8Array(words.buffer);
    },
  };
}
