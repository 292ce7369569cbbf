import { readWord } from './block.ts';

/**
 * Binary fuse filter of 16 bits with three places a key (T. M. Graf, D. Lemire, "Binary Fuse Filters: Fast and Smaller Than Xor
 * Filters", ACM JEA 2022): about 18.1 bits an identity at a million and more, and of identities that are not in it one in
 * 65,536 is taken for one that may be.
 *
 * Bytes: version 1; log2 of the segment length; two zeros; then big-endian u32 seed, number of segments, number of
 * identities; then the fingerprints, little-endian u16. No segments but identities: the filter could not be made, and
 * says of everything that it may be there.
 */
export const FILTER_VERSION = 1;

const HEAD_BYTES = 16;
const WORDS = 3;
const ARITY = 3;
const SEGMENT_BITS_MAX = 16;
/** A try fails less than once in a hundred; only identities that are not distinct fail always. */
const TRIES_MAX = 40;
/** Identities between two pauses: a few milliseconds. */
const STEP = 32_768;

export interface IdentityFilter {
  readonly sizeBytes: number;
  /** Never false of an identity that is in it. */
  mayHold(a: number, b: number, c: number): boolean;
}

/** Null where the bytes are no filter of a version known here. */
export function openFilter(bytes: Uint8Array): IdentityFilter | null {
  if (bytes.length < HEAD_BYTES || bytes[0] !== FILTER_VERSION) return null;
  const shape: FilterShape = { bits: bytes[1] ?? 0, segments: readWord(bytes, 8), seed: readWord(bytes, 4) };
  const identities = readWord(bytes, 12);
  if (bytes.length !== HEAD_BYTES + 2 * slotsOf(shape) || shape.bits > SEGMENT_BITS_MAX) return null;
  const places = new Int32Array(ARITY + 1);
  return {
    sizeBytes: bytes.length,
    mayHold(a, b, c) {
      if (shape.segments === 0) return identities > 0;
      locate([a, b, c], shape, places);
      let fingerprint = places[ARITY] ?? 0;
      for (let i = 0; i < ARITY; i += 1) {
        const at = HEAD_BYTES + 2 * (places[i] ?? 0);
        fingerprint ^= (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
      }
      return fingerprint === 0;
    },
  };
}

/** The filter of distinct identities, three words each. */
export function buildFilter(words: Uint32Array): Uint8Array {
  const steps = buildFilterInSteps(words);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** The same, pausing every few milliseconds; needs about 14 bytes an identity besides them while it runs. */
export function* buildFilterInSteps(words: Uint32Array): Generator<undefined, Uint8Array> {
  const count = words.length / WORDS;
  for (let attempt = 0; attempt < TRIES_MAX && count > 0; attempt += 1) {
    const shape = shapeFor(count, Math.imul(attempt + 1, 0x9e3779b9) >>> 0);
    const order = yield* peel(words, shape);
    if (order !== null) return yield* assign(words, shape, order);
  }
  return emptyFilter({ bits: 0, segments: 0, seed: 0 }, count);
}

interface FilterShape {
  readonly bits: number;
  /** Segments in which the first place of a key may lie; two more follow. */
  readonly segments: number;
  readonly seed: number;
}

/** The sizes that the paper found by experiment for three places a key. */
function shapeFor(count: number, seed: number): FilterShape {
  const size = Math.max(2, count);
  const bits = Math.min(SEGMENT_BITS_MAX, Math.floor(Math.log(size) / Math.log(3.33) + 2.25));
  const factor = Math.max(1.125, 0.875 + (0.25 * Math.log(1_000_000)) / Math.log(size));
  const segments = Math.max(1, Math.ceil((size * factor) / 2 ** bits) - (ARITY - 1));
  return { bits, segments, seed };
}

function slotsOf(shape: FilterShape): number {
  return shape.segments === 0 ? 0 : (shape.segments + ARITY - 1) * 2 ** shape.bits;
}

/** Writes the three places of an identity and its fingerprint. */
function locate([a, b, c]: readonly [number, number, number], shape: FilterShape, into: Int32Array): void {
  const spread = mix(mix(c ^ shape.seed) ^ b);
  const first = mix(spread ^ a);
  const rest = mix(first ^ spread ^ c);
  const length = 2 ** shape.bits;
  const start = Math.floor(((first >>> 0) * (shape.segments * length)) / 4_294_967_296);
  into[0] = start;
  into[1] = (start + length) ^ (rest & (length - 1));
  into[2] = (start + 2 * length) ^ ((rest >>> 16) & (length - 1));
  into[ARITY] = mix(rest ^ spread) & 0xffff;
}

/** Finaliser of MurmurHash3 (A. Appleby, public domain). */
function mix(value: number): number {
  let h = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

interface PeelOrder {
  readonly keys: Uint32Array;
  /** The place that the key had for itself when it was taken out. */
  readonly slots: Uint32Array;
}

/** Takes out, again and again, a key that is alone in one of its places; null where some keys hold each other fast. */
function* peel(words: Uint32Array, shape: FilterShape): Generator<undefined, PeelOrder | null> {
  const count = words.length / WORDS;
  const counts = new Uint8Array(slotsOf(shape));
  const keyXor = new Uint32Array(counts.length);
  const places = new Int32Array(ARITY + 1);
  for (let key = 0; key < count; key += 1) {
    if (key % STEP === STEP - 1) yield;
    locateKey(words, key, { shape, places });
    for (let i = 0; i < ARITY; i += 1) {
      const slot = places[i] ?? 0;
      if (counts[slot] === 0xff) return null;
      counts[slot] = (counts[slot] ?? 0) + 1;
      keyXor[slot] = (keyXor[slot] ?? 0) ^ key;
    }
  }
  const order = { keys: new Uint32Array(count), slots: new Uint32Array(count) };
  // The order doubles as the queue: a key stands in it from the moment that it is alone somewhere.
  let end = 0;
  let alone = 0;
  const queue = new Uint32Array(counts.length);
  for (let slot = 0; slot < counts.length; slot += 1) if (counts[slot] === 1) queue[alone++] = slot;
  while (alone > 0) {
    const slot = queue[--alone] ?? 0;
    if (counts[slot] !== 1) continue;
    const key = keyXor[slot] ?? 0;
    order.keys[end] = key;
    order.slots[end++] = slot;
    if (end % STEP === 0) yield;
    locateKey(words, key, { shape, places });
    for (let i = 0; i < ARITY; i += 1) {
      const other = places[i] ?? 0;
      counts[other] = (counts[other] ?? 0) - 1;
      keyXor[other] = (keyXor[other] ?? 0) ^ key;
      if (counts[other] === 1) queue[alone++] = other;
    }
  }
  return end === count ? order : null;
}

/** Gives fingerprints in the reverse order, so that each key sets the one place that no later key touches. */
function* assign(words: Uint32Array, shape: FilterShape, order: PeelOrder): Generator<undefined, Uint8Array> {
  const bytes = emptyFilter(shape, order.keys.length);
  const places = new Int32Array(ARITY + 1);
  for (let i = order.keys.length - 1; i >= 0; i -= 1) {
    if (i % STEP === 0) yield;
    locateKey(words, order.keys[i] ?? 0, { shape, places });
    let fingerprint = places[ARITY] ?? 0;
    for (let place = 0; place < ARITY; place += 1) {
      const at = HEAD_BYTES + 2 * (places[place] ?? 0);
      fingerprint ^= (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
    }
    const own = HEAD_BYTES + 2 * (order.slots[i] ?? 0);
    bytes[own] = fingerprint;
    bytes[own + 1] = fingerprint >>> 8;
  }
  return bytes;
}

function locateKey(words: Uint32Array, key: number, by: { readonly shape: FilterShape; readonly places: Int32Array }): void {
  locate([words[key * WORDS] ?? 0, words[key * WORDS + 1] ?? 0, words[key * WORDS + 2] ?? 0], by.shape, by.places);
}

function emptyFilter(shape: FilterShape, identities: number): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + 2 * slotsOf(shape));
  const view = new DataView(bytes.buffer);
  view.setUint8(0, FILTER_VERSION);
  view.setUint8(1, shape.bits);
  view.setUint32(4, shape.seed);
  view.setUint32(8, shape.segments);
  view.setUint32(12, identities);
  return bytes;
}
