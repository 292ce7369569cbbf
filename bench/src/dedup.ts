/** The dedup window of one partition: memory, closing, take-over, and what is paid where the memory ends. */
import { createDedupWindow } from '@tidegate/core';
import type { DedupWindow } from '@tidegate/core';
import { createPgStore } from '@tidegate/postgres';
import type { DataStore, PartitionCommit } from '@tidegate/postgres';
import { restoreWindow } from '../../services/aggregator/src/restore-window.ts';
import type { BenchDatabase } from './bench-database.ts';
import { createIdentities } from './identities.ts';
import type { Identities } from './identities.ts';
import type { BenchMeasurement } from './report.ts';

/** As many as a generation takes at most. */
const CLOSE_AT = 4_000_000;
/** Two generations are closed then, and half of a third is in the journal. */
const IDENTITIES = 10_000_000;
const BATCH = 4_000;
const IDENTITY_BYTES = 12;
const TOKEN = new Uint8Array(16).fill(1);
const SPAN = { arrivalFromMs: 0, arrivalToMs: 1 };
const NOTHING = new Uint8Array(0);
const FRESH = 2_000_000;
const LOOKUPS = 40;

export interface DedupOptions {
  readonly database: BenchDatabase;
  readonly seed: number;
  readonly say: (line: string) => void;
}

const LIMITS = { dedupWindowMs: 1e12, dedupCloseAt: CLOSE_AT, dedupFilterBytesMax: 1e9 };

export async function benchDedup({ database, seed, say }: DedupOptions): Promise<BenchMeasurement> {
  const window = database.window();
  const store = createPgStore({ databaseUrl: database.url, applicationName: 'tidegate-bench', role: 'tidegate_aggregator' });
  const lane = { startOffset: 0, topicId: 'bench/bench' };
  await store.claim([{ partition: 0, live: lane, backfill: lane, rejected: lane }], TOKEN);
  const filled = await fill(store, createIdentities(seed), say);
  say('take-over');
  const restored = await timed(async () => restoreWindow(store, 0, LIMITS));
  const known = knownAgain(restored.value, createIdentities(seed));
  if (known.missed > 0) throw new Error(`${known.missed} identities that were counted are not known after the take-over`);
  say('lookups');
  const lookups = await measureLookups(store, restored.value, createIdentities(seed + 1));
  const bare = await measureBare(store, createIdentities(seed + 2));
  await store.close();
  return {
    settings: { seed, identities: IDENTITIES, close_at: CLOSE_AT, batch: BATCH, load_max: 0.76, filter_bits: 14 },
    figures: {
      ...filled,
      takeover_s_per_10m: (restored.ms / 1_000) * (10_000_000 / IDENTITIES),
      takeover_cpu_s_per_10m: (restored.cpuMs / 1_000) * (10_000_000 / IDENTITIES),
      takeover_window_mb: restored.value.size().memoryBytes / 1e6,
      copy_ns: known.ns,
      ...lookups,
      ...bare,
    },
    ratios: {},
    outsideCores: window.end().outsideCores,
  };
}

/** Counts identities as the owner does: batch after batch into window and journal, generations closed when they are full. */
async function fill(store: DataStore, identities: Identities, say: (line: string) => void): Promise<Record<string, number>> {
  const window = createDedupWindow({ closeAt: CLOSE_AT, windowMs: LIMITS.dedupWindowMs, filterBytesMax: 1e9, closed: [] });
  const figures: Record<string, number> = {};
  let firstMs = 0;
  for (let batch = 0; batch < IDENTITIES / BATCH; batch += 1) {
    const bytes = identities.take(BATCH);
    const layer = window.begin();
    const startedMs = performance.now();
    const asked = offerAll(window, bytes);
    firstMs += performance.now() - startedMs;
    await settleAsked(store, window, { bytes, asked });
    const sealed = window.seal(layer);
    const outcome = await store.commit({ partitions: [commitOf(batch, sealed)] });
    if (outcome.kind !== 'committed') throw new Error(`a commit ended as ${outcome.kind}`);
    const { memoryBytes } = window.size();
    window.commit(layer, SPAN);
    const [full] = window.generationsToClose();
    if (full === undefined) continue;
    // The pending layer was counted in, the batch that filled the generation was not in it yet: 0.1 % of it.
    figures['bytes_per_identity'] ??= (memoryBytes * (1 - BATCH / CLOSE_AT)) / (CLOSE_AT - BATCH);
    say(`generation ${full.generation} is full: ${Math.round(memoryBytes / 1e6)} MB`);
    Object.assign(figures, await close(store, window, batch + 1));
  }
  return { ...figures, first_ns: (firstMs * 1e6) / IDENTITIES };
}

/** Places of the identities that only the store can tell. */
function offerAll(window: DedupWindow, bytes: Uint8Array): number[] {
  const asked: number[] = [];
  for (let at = 0; at < bytes.length; at += IDENTITY_BYTES) if (window.offer(bytes, at) === 'ask') asked.push(at);
  return asked;
}

async function settleAsked(
  store: DataStore,
  window: DedupWindow,
  { bytes, asked }: { readonly bytes: Uint8Array; readonly asked: readonly number[] },
): Promise<void> {
  for (const { generation, identities } of window.takeQuestions()) window.answer(await store.findIdentities(0, generation, identities));
  for (const at of asked) if (window.settle(bytes, at) !== 'first') throw new Error('two identities of the bench are one');
}

async function close(store: DataStore, window: DedupWindow, announcedCommitNo: number): Promise<Record<string, number>> {
  const [full] = window.generationsToClose();
  if (full === undefined) throw new Error('no generation is full');
  const building = full.build();
  const startedMs = performance.now();
  let step = building.next();
  let longestMs = performance.now() - startedMs;
  while (step.done !== true) {
    const stepMs = performance.now();
    step = building.next();
    longestMs = Math.max(longestMs, performance.now() - stepMs);
  }
  const buildMs = performance.now() - startedMs;
  const { identities, filter } = step.value;
  const closed = { partition: 0, generation: full.generation, ...SPAN, filter, identities, announcedCommitNo };
  const written = await timed(async () => store.closeGeneration(closed, TOKEN));
  window.markClosed(full.generation, filter);
  return {
    filter_bytes_per_identity: filter.length / (identities.length / IDENTITY_BYTES),
    close_build_s_per_million: (buildMs / 1_000) * (1e6 / full.identities),
    close_longest_step_ms: longestMs,
    close_write_s_per_million: (written.ms / 1_000) * (1e6 / full.identities),
  };
}

function commitOf(batch: number, { identities, generation }: { identities: Uint8Array; generation: number }): PartitionCommit {
  return {
    ...{ partition: 0, token: TOKEN, term: 1, commitNo: batch + 1, backfill: null, rejectedLane: null, completeThroughMs: null, ...SPAN },
    live: { expected: batch * BATCH, next: (batch + 1) * BATCH, lastRecordSha256: null },
    ...{ rawRows: NOTHING, arrivalDays: [], series: [], identities, generation, rejected: [], slice: null },
    cells: { absent: [], values: null, sealed: () => [], resolve: () => [] },
  };
}

/** Copies of everything that was counted: none may be taken for a first one. */
function knownAgain(window: DedupWindow, identities: Identities): { missed: number; ns: number } {
  window.begin();
  let missed = 0;
  let ms = 0;
  for (let batch = 0; batch < IDENTITIES / BATCH; batch += 1) {
    const bytes = identities.take(BATCH);
    const startedMs = performance.now();
    for (let at = 0; at < bytes.length; at += IDENTITY_BYTES) if (window.offer(bytes, at) === 'first') missed += 1;
    ms += performance.now() - startedMs;
    window.takeQuestions();
  }
  return { missed, ns: (ms * 1e6) / IDENTITIES };
}

/** New identities against two closed generations: how many are asked for, and what a question costs. */
async function measureLookups(store: DataStore, window: DedupWindow, identities: Identities): Promise<Record<string, number>> {
  let asked = 0;
  let offerMs = 0;
  let askMs = 0;
  for (let batch = 0; batch < FRESH / BATCH; batch += 1) {
    const bytes = identities.take(BATCH);
    const startedMs = performance.now();
    for (let at = 0; at < bytes.length; at += IDENTITY_BYTES) window.offer(bytes, at);
    offerMs += performance.now() - startedMs;
    for (const question of window.takeQuestions()) {
      asked += question.identities.length / IDENTITY_BYTES;
      askMs += (await timed(async () => store.findIdentities(0, question.generation, question.identities))).ms;
    }
  }
  return {
    first_behind_filters_ns: (offerMs * 1e6) / FRESH,
    false_positives_per_million: (asked * 1e6) / FRESH,
    false_positive_ms: askMs / Math.max(1, asked),
    false_positive_us_per_event: (askMs * 1e3) / FRESH,
  };
}

/** The same without the filters, as where DEDUP_MEMORY_MB has no room for them: everything is asked for. */
async function measureBare(store: DataStore, identities: Identities): Promise<Record<string, number>> {
  const window = await restoreWindow(store, 0, { ...LIMITS, dedupFilterBytesMax: 0 });
  window.begin();
  let ms = 0;
  for (let batch = 0; batch < LOOKUPS; batch += 1) {
    const bytes = identities.take(BATCH);
    for (let at = 0; at < bytes.length; at += IDENTITY_BYTES) window.offer(bytes, at);
    for (const { generation, identities: wanted } of window.takeQuestions())
      ms += (await timed(async () => store.findIdentities(0, generation, wanted))).ms;
  }
  const generations = window.size().closedGenerations;
  return { without_filter_us_per_event_and_generation: (ms * 1e3) / (LOOKUPS * BATCH * generations) };
}

interface Timed<T> {
  readonly value: T;
  readonly ms: number;
  /** Of this process: what the wait for a busy machine leaves out. */
  readonly cpuMs: number;
}

async function timed<T>(work: () => Promise<T>): Promise<Timed<T>> {
  const startedMs = performance.now();
  const before = process.cpuUsage();
  const value = await work();
  const { user, system } = process.cpuUsage(before);
  return { value, ms: performance.now() - startedMs, cpuMs: (user + system) / 1_000 };
}
