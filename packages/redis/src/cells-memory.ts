/** The cell store in memory, for tests without a server; keeps to the scripts of `lua/` step by step. */
import type {
  Advance,
  Advanced,
  AdvanceOutcome,
  CellLimits,
  CellStore,
  ChunkName,
  ChunkReading,
  NewEpoch,
  PartitionProgress,
  ReadContent,
  ChangedMarks,
} from './cell-store.ts';
import { CELL_LIMITS, partsFor, splitBase, splitContent } from './cell-store.ts';
import { answerKey, chunkKey } from './chunk-key.ts';
import { createMemoryPart } from './cells-memory-part.ts';
import type { MemoryPart } from './cells-memory-part.ts';
import { createMemoryMarks } from './marks-memory.ts';

export interface MemoryCellsOptions {
  readonly nowMs: () => number;
  readonly limits?: CellLimits;
}

/** The twin, and what may happen to a server. */
export interface MemoryCells extends CellStore {
  /** Forgets one chunk, as an eviction does. */
  evict(name: ChunkName): void;
  /** Forgets one part of a split chunk. */
  evictPart(name: ChunkName, part: number): void;
  evictMark(tenant: string, name: string): void;
  flush(): void;
  /** Starts again with the same data, as from a snapshot: the run id is another one. */
  restart(): void;
}

interface MemoryChunk {
  readonly token: string;
  readonly epoch: string;
  readonly run: number;
  isFilled: boolean;
  expiresMs: number;
  /** Null in place of a part that was evicted. */
  parts: (MemoryPart | null)[];
}

export function createMemoryCells({ nowMs, limits = CELL_LIMITS }: MemoryCellsOptions): MemoryCells {
  const chunks = createMemoryChunks(nowMs, limits);
  const answers = createMemoryAnswers(nowMs);
  const marks = createMemoryMarks(nowMs, chunks.run);
  const progress = createMemoryProgress(marks.drop);
  return {
    ...progress.port,
    ...chunks.port,
    ...answers.port,
    ...marks.port,
    close: async () => Promise.resolve(),
    evict: chunks.evict,
    evictPart: chunks.evictPart,
    restart: chunks.restart,
    evictMark: (tenant, name) => marks.drop([{ tenant, names: [name] }]),
    flush() {
      chunks.clear();
      answers.clear();
      marks.clear();
      progress.clear();
    },
  };
}

type ChunkPort = Pick<CellStore, 'findPresent' | 'update' | 'create' | 'fill' | 'read'>;
type MemoryChunks = Pick<MemoryCells, 'evict' | 'evictPart' | 'restart'> & { readonly port: ChunkPort; run(): number; clear(): void };

function createMemoryChunks(nowMs: () => number, limits: CellLimits): MemoryChunks {
  const chunks = new Map<string, MemoryChunk>();
  let run = 0;
  const keyOf = (name: ChunkName): string => chunkKey('', name);
  const find = (name: ChunkName): MemoryChunk | null => {
    const chunk = chunks.get(keyOf(name));
    return chunk === undefined || chunk.expiresMs <= nowMs() ? null : chunk;
  };
  const port: ChunkPort = {
    findPresent: async (names) => names.filter((name) => find(name) !== null),
    async update(name, content) {
      const chunk = find(name);
      if (chunk === null) return null;
      const changed = splitContent(content, chunk.parts.length).map((part, at) => chunk.parts[at]?.update(part) ?? 0);
      const size = chunk.parts.reduce((sum, part) => sum + (part?.size() ?? 0), 0);
      if (size > limits.cellsMax * 4 * chunk.parts.length) chunks.delete(keyOf(name));
      return changed.reduce((sum, one) => sum + one, 0);
    },
    async create(name, { token, epoch, brokenToken }) {
      const chunk = find(name);
      if (chunk !== null && chunk.run === run && chunk.epoch === epoch && chunk.token !== brokenToken) {
        return { kind: chunk.isFilled ? 'filled' : 'loading', token: chunk.token };
      }
      chunks.set(keyOf(name), { token, epoch, run, isFilled: false, expiresMs: nowMs() + limits.ttlMs, parts: [createMemoryPart()] });
      return { kind: 'created', token };
    },
    async fill(name, token, base) {
      const chunk = find(name);
      if (chunk === null || chunk.token !== token || chunk.run !== run) return { kind: 'lost' };
      const parts = partsFor(base, limits);
      if (chunk.parts.length === 1 && parts > 1) {
        if (chunk.isFilled) return { kind: 'lost' };
        chunk.parts = Array.from({ length: parts }, createMemoryPart);
        return { kind: 'split' };
      }
      const filled = splitBase(base, chunk.parts.length).map((part, at) => chunk.parts[at]?.fill(part));
      chunk.isFilled = true;
      chunk.expiresMs = nowMs() + limits.ttlMs;
      return { kind: 'filled', version: filled.every((isOwn) => isOwn === true) ? { token, counters: filled.map(() => 0) } : null };
    },
    read: async (name, as) => Promise.resolve(readChunk(find(name), { ...as, run })),
  };
  return {
    port,
    evict: (name) => void chunks.delete(keyOf(name)),
    evictPart(name, part) {
      const chunk = find(name);
      if (chunk !== null) chunk.parts[part] = null;
    },
    restart() {
      run += 1;
    },
    run: () => run,
    clear: () => chunks.clear(),
  };
}

function createMemoryAnswers(nowMs: () => number): { readonly port: Pick<CellStore, 'readAnswer' | 'writeAnswer'>; clear(): void } {
  const answers = new Map<string, { readonly bytes: Uint8Array; readonly expiresMs: number }>();
  return {
    port: {
      async readAnswer(tenant, key) {
        const answer = answers.get(answerKey('', tenant, key));
        return answer === undefined || answer.expiresMs <= nowMs() ? null : answer.bytes;
      },
      async writeAnswer(tenant, key, { bytes, ttlMs }) {
        answers.set(answerKey('', tenant, key), { bytes: bytes.slice(), expiresMs: nowMs() + ttlMs });
      },
    },
    clear: () => answers.clear(),
  };
}

type ReadAs = Parameters<CellStore['read']>[1] & { readonly run: number };

function readChunk(chunk: MemoryChunk | null, { epoch, known, changesOnly, run }: ReadAs): ChunkReading {
  if (chunk === null || !chunk.isFilled || chunk.epoch !== epoch || chunk.run !== run) return { kind: 'absent', brokenToken: null };
  const parts = chunk.parts.filter((part) => part !== null);
  if (parts.length < chunk.parts.length) return { kind: 'absent', brokenToken: chunk.token };
  const version = { token: chunk.token, counters: parts.map((part) => part.counter()) };
  const since = parts.map((part, at) => part.since(known?.token === chunk.token ? (known.counters[at] ?? -1) : -1));
  if (since.every(({ kind }) => kind === 'same')) return { kind: 'same', version };
  if (changesOnly === true && since.some(({ kind }) => kind === 'full')) return { kind: 'version', version };
  const content: ReadContent = {
    series: since.flatMap(({ series }) => series),
    packed: since.flatMap(({ packed }) => packed),
    cells: since.flatMap(({ cells }) => cells),
  };
  return { kind: since.every(({ kind }) => kind === 'full') ? 'full' : 'delta', version, content };
}

type ProgressPort = Pick<CellStore, 'advance' | 'beginEpoch' | 'readProgress'>;

function createMemoryProgress(dropMarks: (changed: readonly ChangedMarks[]) => void): { readonly port: ProgressPort; clear(): void } {
  let epoch: string | null = null;
  const partitions = new Map<number, PartitionProgress>();
  const advanceOne = (advance: Advance): Advanced => {
    const known = partitions.get(advance.progress.partition) ?? null;
    if (epoch === null || known === null) return { outcome: epoch === null ? 'lost' : 'hole', resumeAt: 0 };
    const outcome = judgeAdvance(known, advance);
    if (outcome !== 'advanced') return { outcome, resumeAt: known.rollupsOffset };
    partitions.set(advance.progress.partition, advance.progress);
    return { outcome, resumeAt: advance.offset + 1 };
  };
  const port: ProgressPort = {
    async advance(advances, changed = []) {
      dropMarks(changed);
      return advances.map(advanceOne);
    },
    async beginEpoch(next: NewEpoch) {
      if (epoch !== next.seen) return false;
      epoch = next.epoch;
      for (const one of next.progress) partitions.set(one.partition, one);
      return true;
    },
    readProgress: async () => (epoch === null ? null : { epoch, partitions: new Map(partitions) }),
  };
  return {
    port,
    clear() {
      epoch = null;
      partitions.clear();
    },
  };
}

/** The rules of `progress-advance.lua`. */
function judgeAdvance(known: PartitionProgress, { progress, offset, previousCommitNo }: Advance): AdvanceOutcome {
  if (offset < known.rollupsOffset) return 'old';
  const { term, commitNo } = progress;
  if (term < known.term) return commitNo > known.commitNo ? 'term' : 'old';
  if (term === known.term && commitNo < known.commitNo) return 'old';
  const isSame = term === known.term && commitNo === known.commitNo;
  if (isSame || previousCommitNo === known.commitNo) return 'advanced';
  return previousCommitNo > known.commitNo ? 'hole' : 'term';
}
