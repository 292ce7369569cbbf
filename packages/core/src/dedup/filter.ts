import { readWord } from './identity-bytes.ts';

/**
 * Binary fuse filter of 14 bits with three places a key (T. M. Graf, D. Lemire, "Binary Fuse Filters: Fast and Smaller Than Xor
 * Filters", ACM JEA 2022): about 15.8 bits an identity at a million and more, and of identities that are not in it one in
 * 16,384 is taken for one that may be.
 *
 * Bytes: version 2; log2 of the segment length; bits of a fingerprint; a zero; then big-endian u32 seed, number of segments,
 * number of identities; then the fingerprints, packed from the lowest bit of the first byte on. No segments but identities: the
 * filter could not be made, and says of everything that it may be there. Version 1 had zero for the bits, and 16 of them.
 */
export const FILTER_VERSION = 2;

const FINGERPRINT_BITS = 14;
const FINGERPRINT_BITS_V1 = 16;

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
  /** Of the identity at a place in an array of words; never false of one that is in the filter. */
  mayHold(words: Uint32Array, at: number): boolean;
}

/** Null where the bytes are no filter of a version known here. */
export function openFilter(bytes: Uint8Array): IdentityFilter | null {
  const fingerprintBits = fingerprintBitsOf(bytes);
  if (bytes.length < HEAD_BYTES || fingerprintBits === null) return null;
  const shape: FilterShape = { bits: bytes[1] ?? 0, segments: readWord(bytes, 8), seed: readWord(bytes, 4) };
  const identities = readWord(bytes, 12);
  if (shape.bits > SEGMENT_BITS_MAX || bytes.length !== HEAD_BYTES + packedBytes(slotsOf(shape), fingerprintBits)) return null;
  const packed: PackedSlots = { bytes, bits: fingerprintBits };
  const mask = 2 ** fingerprintBits - 1;
  const places = new Int32Array(ARITY + 1);
  return {
    sizeBytes: bytes.length,
    mayHold(words, at) {
      if (shape.segments === 0) return identities > 0;
      locate(words, at, { shape, places });
      let fingerprint = places[ARITY] ?? 0;
      for (let i = 0; i < ARITY; i += 1) fingerprint ^= readSlot(packed, places[i] ?? 0);
      return (fingerprint & mask) === 0;
    },
  };
}

/** Null where the version is none known here. */
function fingerprintBitsOf(bytes: Uint8Array): number | null {
  if (bytes[0] === 1) return FINGERPRINT_BITS_V1;
  return bytes[0] === FILTER_VERSION && bytes[2] === FINGERPRINT_BITS ? FINGERPRINT_BITS : null;
}

/** Fingerprints behind the head of a filter. */
interface PackedSlots {
  readonly bytes: Uint8Array;
  readonly bits: number;
}

function packedBytes(slots: number, bits: number): number {
  return Math.ceil((slots * bits) / 8);
}

/** With bits above it that belong to the next slot. */
function readSlot({ bytes, bits }: PackedSlots, slot: number): number {
  const bit = slot * bits;
  const at = HEAD_BYTES + (bit >>> 3);
  return ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16)) >>> (bit & 7);
}

/** Into a slot that is all zeros. */
function fillSlot({ bytes, bits }: PackedSlots, slot: number, value: number): void {
  const bit = slot * bits;
  const at = HEAD_BYTES + (bit >>> 3);
  const shifted = value << (bit & 7);
  bytes[at] = (bytes[at] ?? 0) | shifted;
  bytes[at + 1] = (bytes[at + 1] ?? 0) | (shifted >>> 8);
  if (at + 2 < bytes.length) bytes[at + 2] = (bytes[at + 2] ?? 0) | (shifted >>> 16);
}

/** The filter of distinct identities, three words each. */
export function buildFilter(words: Uint32Array): Uint8Array {
  const steps = buildFilterInSteps(words);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** The same, pausing every few milliseconds; needs about 20 bytes an identity besides them while it runs. */
export function* buildFilterInSteps(words: Uint32Array): Generator<undefined, Uint8Array> {
  const count = words.length / WORDS;
  for (let attempt = 0; attempt < TRIES_MAX && count > 0; attempt += 1) {
    const shape = shapeFor(count, Math.imul(attempt, 0x9e3779b9) >>> 0);
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

interface Location {
  readonly shape: FilterShape;
  /** The three places of an identity, then its fingerprint. */
  readonly places: Int32Array;
}

/** Finds the places of the identity at `at` and writes them down. */
function locate(words: Uint32Array, at: number, { shape, places }: Location): void {
  const a = words[at] ?? 0;
  const c = words[at + 2] ?? 0;
  const spread = mix(mix(c ^ shape.seed) ^ (words[at + 1] ?? 0));
  // Identities are even hashes already, and in sorted order this keeps neighbours together: three times faster to build.
  // Later tries spread them anew.
  const first = shape.seed === 0 ? a : mix(spread ^ a);
  const rest = mix(a ^ spread);
  const length = 1 << shape.bits;
  const start = Math.floor(((first >>> 0) * (shape.segments * length)) / 4_294_967_296);
  places[0] = start;
  places[1] = (start + length) ^ (rest & (length - 1));
  places[2] = (start + 2 * length) ^ ((rest >>> 16) & (length - 1));
  places[ARITY] = mix(rest ^ c) & 0xffff;
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

/** Per place, how many keys have it and the exclusive or of their numbers: of a place with one key, that key's number. */
class Occupancy {
  readonly shape: FilterShape;
  readonly places = new Int32Array(ARITY + 1);
  private readonly words: Uint32Array;
  private readonly counts: Uint8Array;
  private readonly keyXor: Uint32Array;
  /** Places that came down to one key, or began with one; each does so once. */
  private readonly lone: Uint32Array;
  private loneEnd = 0;

  constructor(words: Uint32Array, shape: FilterShape) {
    this.words = words;
    this.shape = shape;
    this.counts = new Uint8Array(slotsOf(shape));
    this.keyXor = new Uint32Array(this.counts.length);
    this.lone = new Uint32Array(this.counts.length);
  }

  /** False where a place has more keys than can be counted. */
  add(key: number): boolean {
    locate(this.words, key * WORDS, this);
    for (let i = 0; i < ARITY; i += 1) {
      const slot = this.places[i] ?? 0;
      const count = this.counts[slot] ?? 0;
      if (count === 0xff) return false;
      this.counts[slot] = count + 1;
      this.keyXor[slot] = (this.keyXor[slot] ?? 0) ^ key;
    }
    return true;
  }

  findLone(): void {
    for (let slot = 0; slot < this.counts.length; slot += 1) if (this.counts[slot] === 1) this.lone[this.loneEnd++] = slot;
  }

  /** A place that one key has for itself; -1 where there is none. */
  takeLone(): number {
    while (this.loneEnd > 0) {
      this.loneEnd -= 1;
      const slot = this.lone[this.loneEnd] ?? 0;
      if (this.counts[slot] === 1) return slot;
    }
    return -1;
  }

  /** Takes the key of a lone place out of all its places; returns its number. */
  remove(loneSlot: number): number {
    const key = this.keyXor[loneSlot] ?? 0;
    locate(this.words, key * WORDS, this);
    for (let i = 0; i < ARITY; i += 1) {
      const slot = this.places[i] ?? 0;
      const count = (this.counts[slot] ?? 0) - 1;
      this.counts[slot] = count;
      this.keyXor[slot] = (this.keyXor[slot] ?? 0) ^ key;
      if (count === 1) this.lone[this.loneEnd++] = slot;
    }
    return key;
  }
}

/** Takes out, again and again, a key that is alone in one of its places; null where some keys hold each other fast. */
function* peel(words: Uint32Array, shape: FilterShape): Generator<undefined, PeelOrder | null> {
  const count = words.length / WORDS;
  const occupancy = new Occupancy(words, shape);
  for (let key = 0; key < count; key += 1) {
    if (key % STEP === STEP - 1) yield;
    if (!occupancy.add(key)) return null;
  }
  occupancy.findLone();
  const order = { keys: new Uint32Array(count), slots: new Uint32Array(count) };
  let end = 0;
  for (let slot = occupancy.takeLone(); slot >= 0; slot = occupancy.takeLone()) {
    order.slots[end] = slot;
    order.keys[end] = occupancy.remove(slot);
    end += 1;
    if (end % STEP === 0) yield;
  }
  return end === count ? order : null;
}

/** Gives fingerprints in the reverse order, so that each key sets the one place that no later key touches. */
function* assign(words: Uint32Array, shape: FilterShape, order: PeelOrder): Generator<undefined, Uint8Array> {
  const bytes = emptyFilter(shape, order.keys.length);
  const location = { shape, places: new Int32Array(ARITY + 1) };
  const packed: PackedSlots = { bytes, bits: FINGERPRINT_BITS };
  for (let i = order.keys.length - 1; i >= 0; i -= 1) {
    if (i % STEP === 0) yield;
    locate(words, (order.keys[i] ?? 0) * WORDS, location);
    let fingerprint = location.places[ARITY] ?? 0;
    for (let place = 0; place < ARITY; place += 1) fingerprint ^= readSlot(packed, location.places[place] ?? 0);
    fillSlot(packed, order.slots[i] ?? 0, fingerprint & (2 ** FINGERPRINT_BITS - 1));
  }
  return bytes;
}

function emptyFilter(shape: FilterShape, identities: number): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + packedBytes(slotsOf(shape), FINGERPRINT_BITS));
  const view = new DataView(bytes.buffer);
  view.setUint8(0, FILTER_VERSION);
  view.setUint8(1, shape.bits);
  view.setUint8(2, FINGERPRINT_BITS);
  view.setUint32(4, shape.seed);
  view.setUint32(8, shape.segments);
  view.setUint32(12, identities);
  return bytes;
}
