import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toIdentityBytes } from './identity-bytes.ts';
import { buildFilter } from './filter.ts';
import { createDedupWindow, dedupWindowMsMin } from './window.ts';
import type { ClosedGenerationFilter, DedupWindow, JournaledIdentities } from './window-shape.ts';

const CLOSE_AT = 6;
const WINDOW_MS = 100;

/** What happens to a partition's window, in the order of the log. */
type Step =
  | { readonly kind: 'batch'; readonly ids: readonly number[]; readonly passedMs: number }
  | { readonly kind: 'commit' | 'close' | 'rebuild' }
  | { readonly kind: 'abort'; readonly layer: number }
  | { readonly kind: 'expire'; readonly passedMs: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('batch' as const), ids: fc.array(fc.nat(40), { maxLength: 8 }), passedMs: fc.nat(30) }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('commit' as const, 'close' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('rebuild' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('abort' as const), layer: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('expire' as const), passedMs: fc.nat(150) }) },
  ),
  { maxLength: 40 },
);

/** Words of an identity: small numbers spread over 96 bits. */
function wordsOf(id: number): number[] {
  return [Math.imul(id + 1, 0x9e3779b1) >>> 0, id, Math.imul(id + 7, 0x85ebca6b) >>> 0];
}

function bytesOf(id: number): Uint8Array {
  return toIdentityBytes(Uint32Array.from(wordsOf(id)));
}

/** Identities in byte order, which is the order of their hexadecimal text. */
function blockOf(ids: Iterable<number>): Uint8Array {
  const hex = (id: number) =>
    wordsOf(id)
      .map((word) => word.toString(16).padStart(8, '0'))
      .join('');
  return toIdentityBytes(Uint32Array.from([...ids].toSorted((a, b) => (hex(a) < hex(b) ? -1 : 1)).flatMap(wordsOf)));
}

interface PendingBatch {
  readonly layer: number;
  readonly firsts: Set<number>;
  readonly arrivalMs: number;
}

interface ModelGeneration {
  readonly ids: Set<number>;
  arrivalFromMs: number;
  arrivalToMs: number;
  isClosed: boolean;
}

/** The plain model: sets of numbers. It also plays the store that keeps journal and closed generations. */
class WindowModel {
  readonly generations = new Map<number, ModelGeneration>();
  readonly journal: JournaledIdentities[] = [];
  readonly filters = new Map<number, Uint8Array>();
  /** What the window said, and beside it what the model says. */
  readonly seen: unknown[] = [];
  readonly expected: unknown[] = [];
  pending: PendingBatch[] = [];
  nowMs = 1_000;
  window: DedupWindow;
  private readonly filterBytesMax: number;

  constructor(filterBytesMax: number) {
    this.filterBytesMax = filterBytesMax;
    this.window = this.rebuilt();
  }

  isCounted(id: number): boolean {
    return [...this.generations.values()].some(({ ids }) => ids.has(id)) || this.pending.some(({ firsts }) => firsts.has(id));
  }

  run(step: Step): void {
    switch (step.kind) {
      case 'batch':
        return this.batch(step.ids, step.passedMs);
      case 'commit':
        return this.commit();
      case 'close':
        return this.close();
      case 'rebuild':
        this.pending = [];
        this.window = this.rebuilt();
        return;
      case 'abort':
        return this.abort(step.layer);
      case 'expire':
        return this.expire(step.passedMs);
    }
  }

  private observe(seen: unknown, expected: unknown): void {
    this.seen.push(seen);
    this.expected.push(expected);
  }

  private batch(ids: readonly number[], passedMs: number): void {
    this.nowMs += passedMs;
    const batch: PendingBatch = { layer: this.window.begin(), firsts: new Set(), arrivalMs: this.nowMs };
    const verdicts = ids.map((id) => this.window.offer(bytesOf(id), 0));
    for (const { generation, identities } of this.window.takeQuestions()) {
      this.window.answer(this.lookUp(generation, identities));
    }
    this.pending.push(batch);
    const settled = ids.map((id, i) => (verdicts[i] === 'ask' ? this.window.settle(bytesOf(id), 0) : verdicts[i]));
    const expected = ids.map((id, i) => (this.isCountedBefore(batch, id) || ids.indexOf(id) < i ? 'copy' : 'first'));
    ids.forEach((id, i) => expected[i] === 'first' && batch.firsts.add(id));
    this.observe(settled, expected);
  }

  /** The store's answer: those of the asked identities that the closed generation holds. */
  private lookUp(generation: number, asked: Uint8Array): Uint8Array {
    const model = this.generations.get(generation);
    const wanted = new Set(Array.from({ length: asked.length / 12 }, (_, i) => String(asked.slice(12 * i, 12 * i + 12))));
    this.observe(model?.isClosed, true);
    return blockOf([...(model?.ids ?? [])].filter((id) => wanted.has(String(bytesOf(id)))));
  }

  private isCountedBefore(batch: PendingBatch, id: number): boolean {
    return !batch.firsts.has(id) && this.isCounted(id);
  }

  private commit(): void {
    const batch = this.pending.shift();
    if (batch === undefined) return;
    const { identities, generation } = this.window.seal(batch.layer);
    this.observe(identities, blockOf(batch.firsts));
    const span = { arrivalFromMs: batch.arrivalMs, arrivalToMs: batch.arrivalMs };
    this.window.commit(batch.layer, span);
    this.journal.push({ generation, identities, ...span });
    if (batch.firsts.size === 0) return;
    const target = this.generations.get(generation) ?? { ids: new Set(), isClosed: false, ...span };
    this.observe(target.ids.size < CLOSE_AT, true);
    for (const id of batch.firsts) target.ids.add(id);
    target.arrivalToMs = batch.arrivalMs;
    this.generations.set(generation, target);
  }

  private abort(at: number): void {
    const batch = this.pending[at];
    if (batch === undefined) return;
    this.window.abort(batch.layer);
    this.pending = this.pending.slice(0, at);
  }

  private close(): void {
    const [oldest] = this.window.generationsToClose();
    if (oldest === undefined) return;
    const model = this.generations.get(oldest.generation);
    const work = oldest.build();
    let step = work.next();
    while (step.done !== true) step = work.next();
    this.observe(step.value.identities, blockOf(model?.ids ?? []));
    this.observe([oldest.arrivalFromMs, oldest.arrivalToMs], [model?.arrivalFromMs, model?.arrivalToMs]);
    if (model !== undefined) model.isClosed = true;
    this.filters.set(oldest.generation, step.value.filter);
    this.window.markClosed(oldest.generation, step.value.filter);
  }

  private expire(passedMs: number): void {
    this.nowMs += passedMs;
    let expected: number | null = null;
    for (const [generation, { isClosed, arrivalToMs }] of this.generations) {
      if (!isClosed || arrivalToMs + WINDOW_MS >= this.nowMs) break;
      this.generations.delete(generation);
      expected = generation;
    }
    this.observe(this.window.expire(this.nowMs), expected);
  }

  /** As at a take-over: filters of closed generations, then the whole journal. */
  private rebuilt(): DedupWindow {
    const closed: ClosedGenerationFilter[] = [...this.generations].flatMap(([generation, { isClosed, ids, ...span }]) =>
      isClosed ? [{ generation, identities: ids.size, filter: this.filters.get(generation) ?? null, ...span }] : [],
    );
    const window = createDedupWindow({ closeAt: CLOSE_AT, windowMs: WINDOW_MS, filterBytesMax: this.filterBytesMax, closed });
    const kept = new Set(this.generations.keys());
    for (const block of this.journal) if (kept.has(block.generation)) window.restore(block);
    return window;
  }
}

test('whatever commits, fails, closes, expires or is taken over, an identity is first exactly where a plain set says so', () => {
  fc.assert(
    fc.property(steps, fc.constantFrom(0, 100, 1_000_000), (all, filterBytesMax) => {
      const model = new WindowModel(filterBytesMax);
      for (const step of all) model.run(step);
      expect(model.seen).toEqual(model.expected);
    }),
    { numRuns: 800 },
  );
});

test('an identity whose flush failed is first again, and so are those of the batches after it', () => {
  const window = createDedupWindow({ closeAt: 10, windowMs: 1, filterBytesMax: 0, closed: [] });
  const failing = window.begin();
  expect(window.offer(bytesOf(1), 0)).toBe('first');
  window.begin();
  expect([window.offer(bytesOf(2), 0), window.offer(bytesOf(1), 0)]).toEqual(['first', 'copy']);
  window.abort(failing);
  window.begin();
  expect([window.offer(bytesOf(1), 0), window.offer(bytesOf(2), 0)]).toEqual(['first', 'first']);
});

test('only the oldest pending layer can be sealed, so commits follow each other', () => {
  const window = createDedupWindow({ closeAt: 10, windowMs: 1, filterBytesMax: 0, closed: [] });
  window.begin();
  const later = window.begin();
  expect(() => window.seal(later)).toThrow('oldest');
});

test('a generation whose filter does not fit the memory is asked for, and its size is visible', () => {
  const closed = [1, 2].map((generation) => ({
    generation,
    arrivalFromMs: 0,
    arrivalToMs: 0,
    identities: 1,
    filter: buildFilter(Uint32Array.from(wordsOf(generation))),
  }));
  const oneFilter = closed[0]?.filter.length ?? 0;
  const window = createDedupWindow({ closeAt: 10, windowMs: 1, filterBytesMax: oneFilter, closed });
  expect(window.size()).toMatchObject({ closedGenerations: 2, generationsWithoutFilter: 1 });
  window.begin();
  expect(window.offer(bytesOf(99), 0)).toBe('ask');
  expect(window.takeQuestions()).toEqual([{ generation: 1, identities: bytesOf(99) }]);
  expect(window.settle(bytesOf(99), 0)).toBe('first');
});

test('of two copies in one batch that had to be asked for, the second is a copy of the first', () => {
  const closed = [{ generation: 1, arrivalFromMs: 0, arrivalToMs: 0, identities: 1, filter: buildFilter(Uint32Array.from(wordsOf(1))) }];
  const window = createDedupWindow({ closeAt: 10, windowMs: 1, filterBytesMax: 0, closed });
  window.begin();
  expect([window.offer(bytesOf(99), 0), window.offer(bytesOf(99), 0)]).toEqual(['ask', 'ask']);
  expect(window.takeQuestions()).toEqual([{ generation: 1, identities: bytesOf(99) }]);
  window.answer(new Uint8Array());
  expect([window.settle(bytesOf(99), 0), window.settle(bytesOf(99), 0)]).toEqual(['first', 'copy']);
});

test('a generation is kept until the last of its identities, not the first, is older than the window', () => {
  const closed = [{ generation: 1, arrivalFromMs: 0, arrivalToMs: 60, identities: 1, filter: buildFilter(Uint32Array.from(wordsOf(1))) }];
  const window = createDedupWindow({ closeAt: 10, windowMs: 100, filterBytesMax: 1_000, closed });
  // The first is 160 ms old, the last 100 ms: exactly as old as the window is long.
  expect(window.expire(160)).toBeNull();
  window.begin();
  expect(window.offer(bytesOf(1), 0)).toBe('ask');
  expect(window.expire(161)).toBe(1);
  expect(window.offer(bytesOf(1), 0)).toBe('first');
});

test('the window outlasts the log by the segment that is still open and half a day', () => {
  const hour = 3_600_000;
  // 7 days of retention, segments of 6 h: 168 + 6 + 12 = 186 h.
  expect(dedupWindowMsMin(7 * 24 * hour, 6 * hour)).toBe(186 * hour);
});
