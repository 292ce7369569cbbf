import { readWord, toIdentityBytes } from './block.ts';
import { buildFilterInSteps, openFilter } from './filter.ts';
import type { IdentityFilter } from './filter.ts';
import { IdentitySet } from './generation.ts';
import { sortIdentities, sortIdentitiesInSteps } from './identity-sort.ts';
import { IDENTITY_BYTES } from './window-shape.ts';
import type {
  ArrivalSpan,
  DedupQuestion,
  DedupWindow,
  DedupWindowOptions,
  GenerationToClose,
  JournaledIdentities,
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
  let closed: ClosedGeneration[] = options.closed
    .map((one) => ({ ...one, filter: one.filter === null ? null : openFilter(one.filter) }))
    .sort((a, b) => a.generation - b.generation);
  const held: HeldGeneration[] = [];
  let layers: Layer[] = [];
  let layersMade = 0;
  const questions = new Map<number, number[]>();
  const answered = new IdentitySet();

  function open(generation: number): HeldGeneration {
    const made = { generation, set: new IdentitySet(options.closeAt), span: null };
    held.push(made);
    return made;
  }

  function openGeneration(): HeldGeneration {
    return held.at(-1) ?? open((closed.at(-1)?.generation ?? 0) + 1);
  }

  function rollIfFull(): void {
    const { generation, set, span } = openGeneration();
    const isOld = span !== null && span.arrivalToMs - span.arrivalFromMs > options.windowMs;
    if (set.size >= options.closeAt || isOld) open(generation + 1);
  }

  function isInMemory(a: number, b: number, c: number): boolean {
    for (let i = layers.length - 1; i >= 0; i -= 1) if (layers[i]?.set.has(a, b, c) === true) return true;
    for (let i = held.length - 1; i >= 0; i -= 1) if (held[i]?.set.has(a, b, c) === true) return true;
    return false;
  }

  function isAsked(a: number, b: number, c: number): boolean {
    let asks = false;
    for (const { generation, filter } of closed) {
      if (filter !== null && !filter.mayHold(a, b, c)) continue;
      asks = true;
      const asked = questions.get(generation);
      if (asked === undefined) questions.set(generation, [a, b, c]);
      else asked.push(a, b, c);
    }
    return asks;
  }

  function topLayer(): Layer {
    const top = layers.at(-1);
    if (top === undefined || top.isSealed) throw new Error('no layer takes identities: begin one first');
    return top;
  }

  function oldestLayer(number: number): Layer {
    const oldest = layers[0];
    if (oldest?.number !== number) throw new Error('only the oldest pending layer can be sealed or committed');
    return oldest;
  }

  /** Filters beyond the memory budget go, oldest first: those generations are asked for then, slower and still exact. */
  function keepFilterBudget(): void {
    let bytes = 0;
    for (let i = closed.length - 1; i >= 0; i -= 1) {
      const one = closed[i];
      if (one === undefined || one.filter === null) continue;
      bytes += one.filter.sizeBytes;
      if (bytes > options.filterBytesMax) one.filter = null;
    }
  }

  function restore(block: JournaledIdentities): void {
    if (block.generation <= (closed.at(-1)?.generation ?? 0)) return;
    let target = held.find((one) => one.generation === block.generation);
    if (target === undefined) {
      target = open(block.generation);
      held.sort((a, b) => a.generation - b.generation);
    }
    for (let at = 0; at < block.identities.length; at += IDENTITY_BYTES) addBytes(target.set, block.identities, at);
    if (block.identities.length > 0) target.span = widest(target.span, block);
  }

  keepFilterBudget();
  return {
    begin() {
      if (layers.length === 0) rollIfFull();
      layersMade += 1;
      layers.push({ number: layersMade, set: new IdentitySet(LAYER_IDENTITIES), isSealed: false });
      return layersMade;
    },
    offer(bytes, at) {
      const top = topLayer();
      const a = readWord(bytes, at);
      const b = readWord(bytes, at + 4);
      const c = readWord(bytes, at + 8);
      if (isInMemory(a, b, c)) return 'copy';
      if (closed.length > 0 && isAsked(a, b, c)) return 'ask';
      top.set.add(a, b, c);
      return 'first';
    },
    takeQuestions() {
      const taken: DedupQuestion[] = [];
      for (const [generation, words] of questions) taken.push({ generation, identities: distinct(words) });
      questions.clear();
      answered.clear();
      return taken;
    },
    answer(found) {
      for (let at = 0; at < found.length; at += IDENTITY_BYTES) addBytes(answered, found, at);
    },
    settle(bytes, at) {
      const a = readWord(bytes, at);
      const b = readWord(bytes, at + 4);
      const c = readWord(bytes, at + 8);
      if (answered.has(a, b, c) || isInMemory(a, b, c)) return 'copy';
      topLayer().set.add(a, b, c);
      return 'first';
    },
    seal(number) {
      const layer = oldestLayer(number);
      layer.isSealed = true;
      return { identities: toIdentityBytes(sortIdentities(layer.set.words())), generation: openGeneration().generation };
    },
    commit(number, arrival) {
      const layer = oldestLayer(number);
      layers.shift();
      if (layer.set.size === 0) return;
      const target = openGeneration();
      layer.set.addTo(target.set);
      target.span = widest(target.span, arrival);
      rollIfFull();
    },
    abort(number) {
      layers = layers.filter((layer) => layer.number < number);
      questions.clear();
    },
    generationsToClose: () => held.slice(0, -1).flatMap((one) => (one.span === null ? [] : [toClose(one, one.span)])),
    markClosed(generation, filter) {
      const place = held.findIndex((one) => one.generation === generation);
      const done = held[place];
      if (done === undefined || done.span === null || place === held.length - 1) throw new Error('only a full generation can be closed');
      held.splice(place, 1);
      closed = [...closed, { ...done.span, generation, filter: openFilter(filter) }].sort((a, b) => a.generation - b.generation);
      keepFilterBudget();
    },
    expire(nowMs) {
      let dropped: number | null = null;
      for (let first = closed[0]; first !== undefined && first.arrivalToMs + options.windowMs < nowMs; first = closed[0]) {
        dropped = first.generation;
        closed.shift();
      }
      return dropped;
    },
    restore,
    size() {
      const sets = [...held, ...layers].map((one) => one.set);
      const filters = closed.map((one) => one.filter?.sizeBytes ?? 0);
      return {
        memoryBytes: sets.reduce((sum, set) => sum + set.bytes, 0) + filters.reduce((sum, bytes) => sum + bytes, 0),
        identitiesInMemory: sets.reduce((sum, set) => sum + set.size, 0),
        closedGenerations: closed.length,
        generationsWithoutFilter: closed.filter((one) => one.filter === null).length,
      };
    },
  };
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

function addBytes(set: IdentitySet, bytes: Uint8Array, at: number): void {
  set.add(readWord(bytes, at), readWord(bytes, at + 4), readWord(bytes, at + 8));
}

/** Sorted bytes of the identities, each once. */
function distinct(words: readonly number[]): Uint8Array {
  const set = new IdentitySet();
  for (let i = 0; i < words.length; i += 3) set.add(words[i] ?? 0, words[i + 1] ?? 0, words[i + 2] ?? 0);
  return toIdentityBytes(sortIdentities(set.words()));
}
