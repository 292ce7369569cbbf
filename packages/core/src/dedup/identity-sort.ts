const WORDS = 3;
/** Identities a bucket on average; the first words of hashes are even, so buckets are short and sort by insertion. */
const BUCKET_MEAN = 4;
/** Beyond this a bucket (identities that are no hashes) is sorted by comparison. */
const BUCKET_MAX = 64;
/** Identities between two pauses: a few milliseconds. */
const STEP = 65_536;

/** Sorts identities (three words each) by their words, which is the order of their bytes. */
export function sortIdentities(words: Uint32Array): Uint32Array {
  const steps = sortIdentitiesInSteps(words);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** The same, pausing every few milliseconds: one counting pass over the leading bits, then each small bucket by itself. */
export function* sortIdentitiesInSteps(words: Uint32Array): Generator<undefined, Uint32Array> {
  const buckets = Math.max(1, Math.ceil(words.length / WORDS / BUCKET_MEAN));
  const starts = yield* bucketStarts(words, buckets);
  const out = new Uint32Array(words.length);
  const next = starts.slice();
  for (let i = 0; i < words.length / WORDS; i += 1) {
    if (i % STEP === STEP - 1) yield;
    const bucket = bucketOf(words[i * WORDS] ?? 0, buckets);
    const place = next[bucket] ?? 0;
    next[bucket] = place + 1;
    copy(words, i, { into: out, place });
  }
  for (let bucket = 0; bucket < buckets; bucket += 1) {
    if (bucket % STEP === STEP - 1) yield;
    sortBucket(out, starts[bucket] ?? 0, starts[bucket + 1] ?? 0);
  }
  return out;
}

/** Where each bucket begins; one more, where the last one ends. */
function* bucketStarts(words: Uint32Array, buckets: number): Generator<undefined, Uint32Array> {
  const starts = new Uint32Array(buckets + 1);
  for (let i = 0; i < words.length / WORDS; i += 1) {
    if (i % STEP === STEP - 1) yield;
    const after = bucketOf(words[i * WORDS] ?? 0, buckets) + 1;
    starts[after] = (starts[after] ?? 0) + 1;
  }
  for (let bucket = 1; bucket <= buckets; bucket += 1) starts[bucket] = (starts[bucket] ?? 0) + (starts[bucket - 1] ?? 0);
  return starts;
}

function bucketOf(firstWord: number, buckets: number): number {
  return Math.floor((firstWord * buckets) / 4_294_967_296);
}

function copy(words: Uint32Array, from: number, to: { readonly into: Uint32Array; readonly place: number }): void {
  to.into[to.place * WORDS] = words[from * WORDS] ?? 0;
  to.into[to.place * WORDS + 1] = words[from * WORDS + 1] ?? 0;
  to.into[to.place * WORDS + 2] = words[from * WORDS + 2] ?? 0;
}

function sortBucket(words: Uint32Array, from: number, to: number): void {
  if (to - from > BUCKET_MAX) return sortLargeBucket(words, from, to);
  for (let i = from + 1; i < to; i += 1) {
    for (let j = i; j > from && isBefore(words, j, j - 1); j -= 1) swap(words, j, j - 1);
  }
}

function sortLargeBucket(words: Uint32Array, from: number, to: number): void {
  const places = Array.from({ length: to - from }, (_, i) => i);
  const source = words.slice(from * WORDS, to * WORDS);
  places.sort((a, b) => (isBefore(source, a, b) ? -1 : isBefore(source, b, a) ? 1 : 0));
  for (let i = 0; i < places.length; i += 1) copy(source, places[i] ?? 0, { into: words, place: from + i });
}

function isBefore(words: Uint32Array, i: number, j: number): boolean {
  for (let word = 0; word < WORDS; word += 1) {
    const difference = (words[i * WORDS + word] ?? 0) - (words[j * WORDS + word] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function swap(words: Uint32Array, i: number, j: number): void {
  for (let word = 0; word < WORDS; word += 1) {
    const kept = words[i * WORDS + word] ?? 0;
    words[i * WORDS + word] = words[j * WORDS + word] ?? 0;
    words[j * WORDS + word] = kept;
  }
}
