import { readWord, toIdentityBytes } from './identity-bytes.ts';
import { buildFilterInSteps, openFilter } from './filter.ts';
import type { IdentityFilter } from './filter.ts';
import { IdentitySet } from './identity-set.ts';
import { sortIdentities, sortIdentitiesInSteps } from './identity-sort.ts';
import { IDENTITY_BYTES } from './window-shape.ts';
import type {
  ArrivalSpan,
  DedupQuestion,
  DedupVerdict,
  DedupWindow,
  DedupWindowOptions,
  DedupWindowSize,
  GenerationToClose,
  JournaledIdentities,
  SealedLayer,
} from './window-shape.ts';

const HOURS_12_MS = 43_200_000;
/** Identities that a layer's table is made for; it grows where a batch has more. */
const LAYER_IDENTITIES = 4_096;

/** Shortest window under which reading the whole log again counts nothing twice, ms: a segment goes only when all of it is too old. */
export function dedupWindowMsMin(retentionMs: number, segmentMs: number): number {
  return retentionMs + segmentMs + HOURS_12_MS;
}

/** A generation that lies whole in memory: the last one takes identities, earlier ones wait to be closed. */
interface HeldGeneration {
  readonly generation: number;
  readonly set: IdentitySet;
  span: ArrivalSpan | null;
}

interface ClosedGeneration extends ArrivalSpan {
  readonly generation: number;
  filter: IdentityFilter | null;
}

interface Layer {
  readonly number: number;
  readonly set: IdentitySet;
  isSealed: boolean;
}

export function createDedupWindow(options: DedupWindowOptions): DedupWindow {
  return new LayeredWindow(options);
}

class LayeredWindow implements DedupWindow {
  private readonly options: DedupWindowOptions;
  /** By number, as `held` is; every closed generation is older than every held one. */
  private readonly closed: ClosedGeneration[];
  private readonly held: HeldGeneration[] = [];
  private layers: Layer[] = [];
  private layersMade = 0;
  private readonly questions = new Map<number, number[]>();
  private readonly answered = new IdentitySet();
  /** The identity at hand, as words. */
  private readonly identity = new Uint32Array(3);

  constructor(options: DedupWindowOptions) {
    this.options = options;
    this.closed = options.closed
      .map((one) => ({ ...one, filter: one.filter === null ? null : openFilter(one.filter) }))
      .sort((a, b) => a.generation - b.generation);
    this.keepFilterBudget();
  }

  begin(): number {
    if (this.layers.length === 0) this.rollIfFull();
    this.layersMade += 1;
    this.layers.push({ number: this.layersMade, set: new IdentitySet(LAYER_IDENTITIES), isSealed: false });
    return this.layersMade;
  }

  offer(bytes: Uint8Array, at: number): DedupVerdict {
    const top = this.topLayer();
    readIdentity(bytes, at, this.identity);
    if (this.isInMemory()) return 'copy';
    if (this.closed.length > 0 && this.isAsked()) return 'ask';
    top.set.add(this.identity, 0);
    return 'first';
  }

  takeQuestions(): readonly DedupQuestion[] {
    const taken: DedupQuestion[] = [];
    for (const [generation, words] of this.questions) taken.push({ generation, identities: distinct(words) });
    this.questions.clear();
    this.answered.clear();
    return taken;
  }

  answer(found: Uint8Array): void {
    addBlock(found, this.answered);
  }

  settle(bytes: Uint8Array, at: number): 'first' | 'copy' {
    readIdentity(bytes, at, this.identity);
    if (this.answered.has(this.identity, 0) || this.isInMemory()) return 'copy';
    this.topLayer().set.add(this.identity, 0);
    return 'first';
  }

  seal(number: number): SealedLayer {
    const layer = this.oldestLayer(number);
    layer.isSealed = true;
    return { identities: toIdentityBytes(sortIdentities(layer.set.words())), generation: this.openGeneration().generation };
  }

  commit(number: number, arrival: ArrivalSpan): void {
    const layer = this.oldestLayer(number);
    this.layers.shift();
    if (layer.set.size === 0) return;
    const target = this.openGeneration();
    layer.set.addTo(target.set);
    target.span = widest(target.span, arrival);
    this.rollIfFull();
  }

  abort(number: number): void {
    this.layers = this.layers.filter((layer) => layer.number < number);
    this.questions.clear();
  }

  generationsToClose(): readonly GenerationToClose[] {
    return this.held.slice(0, -1).flatMap((one) => (one.span === null ? [] : [toClose(one, one.span)]));
  }

  markClosed(generation: number, filter: Uint8Array): void {
    const first = this.held[0];
    // In order, because the number of the last closed generation says which journal blocks a rebuild may skip.
    if (first?.generation !== generation || first.span === null || this.held.length === 1) {
      throw new Error('only the oldest full generation can be closed');
    }
    this.held.shift();
    this.closed.push({ ...first.span, generation, filter: openFilter(filter) });
    this.keepFilterBudget();
  }

  expire(nowMs: number): number | null {
    let dropped: number | null = null;
    for (let first = this.closed[0]; first !== undefined && this.isBehind(first, nowMs); first = this.closed[0]) {
      dropped = first.generation;
      this.closed.shift();
    }
    return dropped;
  }

  restore(block: JournaledIdentities): void {
    if (block.identities.length === 0 || block.generation <= (this.closed.at(-1)?.generation ?? 0)) return;
    const target = this.held.find((one) => one.generation === block.generation) ?? this.open(block.generation);
    addBlock(block.identities, target.set);
    target.span = widest(target.span, block);
  }

  size(): DedupWindowSize {
    const sets = [...this.held, ...this.layers].map((one) => one.set);
    const filters = this.closed.map((one) => one.filter?.sizeBytes ?? 0);
    return {
      memoryBytes: sets.reduce((sum, set) => sum + set.bytes, 0) + filters.reduce((sum, bytes) => sum + bytes, 0),
      identitiesInMemory: sets.reduce((sum, set) => sum + set.size, 0),
      closedGenerations: this.closed.length,
      generationsWithoutFilter: this.closed.filter((one) => one.filter === null).length,
    };
  }

  private isBehind(one: ArrivalSpan, nowMs: number): boolean {
    return one.arrivalToMs + this.options.windowMs < nowMs;
  }

  private open(generation: number): HeldGeneration {
    const made = { generation, set: new IdentitySet(this.options.closeAt), span: null };
    this.held.push(made);
    this.held.sort((a, b) => a.generation - b.generation);
    return made;
  }

  private openGeneration(): HeldGeneration {
    return this.held.at(-1) ?? this.open((this.closed.at(-1)?.generation ?? 0) + 1);
  }

  private rollIfFull(): void {
    const { generation, set, span } = this.openGeneration();
    // A generation expires as a whole: one of a slow partition must not keep its first identities for ever.
    const isLong = span !== null && span.arrivalToMs - span.arrivalFromMs > this.options.windowMs;
    if (set.size >= this.options.closeAt || isLong) this.open(generation + 1);
  }

  private isInMemory(): boolean {
    for (let i = this.layers.length - 1; i >= 0; i -= 1) if (this.layers[i]?.set.has(this.identity, 0) === true) return true;
    for (let i = this.held.length - 1; i >= 0; i -= 1) if (this.held[i]?.set.has(this.identity, 0) === true) return true;
    return false;
  }

  private isAsked(): boolean {
    const [a = 0, b = 0, c = 0] = this.identity;
    let asks = false;
    for (const { generation, filter } of this.closed) {
      if (filter !== null && !filter.mayHold(this.identity, 0)) continue;
      asks = true;
      const asked = this.questions.get(generation);
      if (asked === undefined) this.questions.set(generation, [a, b, c]);
      else asked.push(a, b, c);
    }
    return asks;
  }

  private topLayer(): Layer {
    const top = this.layers.at(-1);
    if (top === undefined || top.isSealed) throw new Error('no layer takes identities: begin one first');
    return top;
  }

  private oldestLayer(number: number): Layer {
    const oldest = this.layers[0];
    if (oldest?.number !== number) throw new Error('only the oldest pending layer can be sealed or committed');
    return oldest;
  }

  /** Filters beyond the memory budget go, oldest first: those generations are asked for then, slower and still exact. */
  private keepFilterBudget(): void {
    let bytes = 0;
    for (let i = this.closed.length - 1; i >= 0; i -= 1) {
      const one = this.closed[i];
      if (one === undefined || one.filter === null) continue;
      bytes += one.filter.sizeBytes;
      if (bytes > this.options.filterBytesMax) one.filter = null;
    }
  }
}

function toClose(one: HeldGeneration, span: ArrivalSpan): GenerationToClose {
  return {
    generation: one.generation,
    ...span,
    identities: one.set.size,
    *build() {
      const sorted = yield* sortIdentitiesInSteps(one.set.words());
      const filter = yield* buildFilterInSteps(sorted);
      return { identities: toIdentityBytes(sorted), filter };
    },
  };
}

function widest(span: ArrivalSpan | null, other: ArrivalSpan): ArrivalSpan {
  return {
    arrivalFromMs: Math.min(span?.arrivalFromMs ?? other.arrivalFromMs, other.arrivalFromMs),
    arrivalToMs: Math.max(span?.arrivalToMs ?? other.arrivalToMs, other.arrivalToMs),
  };
}

function addBlock(bytes: Uint8Array, set: IdentitySet): void {
  const identity = new Uint32Array(3);
  for (let at = 0; at < bytes.length; at += IDENTITY_BYTES) {
    readIdentity(bytes, at, identity);
    set.add(identity, 0);
  }
}

function readIdentity(bytes: Uint8Array, at: number, into: Uint32Array): void {
  into[0] = readWord(bytes, at);
  into[1] = readWord(bytes, at + 4);
  into[2] = readWord(bytes, at + 8);
}

/** Sorted bytes of the identities, each once. */
function distinct(words: readonly number[]): Uint8Array {
  const all = Uint32Array.from(words);
  const set = new IdentitySet();
  for (let at = 0; at < all.length; at += 3) set.add(all, at);
  return toIdentityBytes(sortIdentities(set.words()));
}
