/** Bytes of an identity: the first 96 bits of a keyed hash. */
export const IDENTITY_BYTES = 12;

/** `ask`: a closed generation may hold the identity; only the store knows. */
export type DedupVerdict = 'first' | 'copy' | 'ask';

export interface DedupQuestion {
  readonly generation: number;
  /** Identities to look for, 12 bytes each, sorted, each once. */
  readonly identities: Uint8Array;
}

export interface SealedLayer {
  /** First copies of the batch, 12 bytes each, sorted: the journal block. */
  readonly identities: Uint8Array;
  /** Generation that they join. */
  readonly generation: number;
}

export interface ArrivalSpan {
  readonly arrivalFromMs: number;
  readonly arrivalToMs: number;
}

export interface ClosedGenerationFilter extends ArrivalSpan {
  readonly generation: number;
  readonly identities: number;
  /** Null: always asked for. */
  readonly filter: Uint8Array | null;
}

export interface GenerationToClose extends ArrivalSpan {
  readonly generation: number;
  readonly identities: number;
  /**
   * Sorts the identities and builds their filter; each `next()` takes some milliseconds, so that a caller can let other work
   * in between.
   */
  build(): Generator<undefined, { readonly identities: Uint8Array; readonly filter: Uint8Array }>;
}

export interface JournaledIdentities extends ArrivalSpan {
  readonly generation: number;
  readonly identities: Uint8Array;
}

export interface DedupWindowSize {
  /** Of open and closing generations, layers and filters. */
  readonly memoryBytes: number;
  readonly identitiesInMemory: number;
  readonly closedGenerations: number;
  /** Closed generations whose filter is not held: each lookup is a question to the store. */
  readonly generationsWithoutFilter: number;
}

/**
 * The dedup window of one partition: which identities were counted.
 *
 * | a batch            | its identities                                                             |
 * |--------------------|----------------------------------------------------------------------------|
 * | `begin`            | go into a pending layer above the window and above all earlier layers       |
 * | `offer`            | are looked up in all layers, the generations in memory, the filters         |
 * | `seal`             | are fixed, with the generation they will join                               |
 * | `commit` (oldest)  | join the generation; a full generation stops taking and a new one opens     |
 * | `abort`            | are dropped, with those of all later layers                                 |
 */
export interface DedupWindow {
  /** Puts a new layer on top; returns its number. */
  begin(): number;
  /** Looks up the 12 bytes at `at`; `first` adds them to the top layer. */
  offer(bytes: Uint8Array, at: number): DedupVerdict;
  /** What was answered `ask` since the last call. */
  takeQuestions(): readonly DedupQuestion[];
  /** Identities that the store found, of one question; hold until the next `takeQuestions`. */
  answer(found: Uint8Array): void;
  /** Decides an identity that was answered `ask`, after all answers, in the order of the offers. */
  settle(bytes: Uint8Array, at: number): 'first' | 'copy';
  /** Only the oldest layer can be sealed: commits of a partition follow each other. */
  seal(layer: number): SealedLayer;
  commit(layer: number, arrival: ArrivalSpan): void;
  abort(layer: number): void;
  /** Generations that take no more identities and still lie whole in memory, oldest first; close them in this order. */
  generationsToClose(): readonly GenerationToClose[];
  /** The store has the generation's blocks and filter: from now on it is asked. */
  markClosed(generation: number, filter: Uint8Array): void;
  /** Drops closed generations that the window has left behind; the greatest number dropped, or null. */
  expire(nowMs: number): number | null;
  /** Puts back a journal block, before the first `begin`; blocks of closed generations are skipped. */
  restore(block: JournaledIdentities): void;
  size(): DedupWindowSize;
}

export interface DedupWindowOptions {
  /** Identities at which a generation closes. */
  readonly closeAt: number;
  /** By arrival, milliseconds. */
  readonly windowMs: number;
  /** Most bytes of filters held; the oldest ones beyond it are let go. */
  readonly filterBytesMax: number;
  readonly closed: readonly ClosedGenerationFilter[];
}
