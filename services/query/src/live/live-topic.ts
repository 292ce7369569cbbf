/** A question, or a view, that is asked again whenever what it is made of changed, for all who watch it. */
import type { ProblemFault } from '@tidegate/http';
import { storeFaultOf } from '../store-fault.ts';
import { isSameHistory, isWithin } from './commit-vector.ts';
import type { CommitVector } from './commit-vector.ts';
import { LiveRows } from './live-rows.ts';
import type { LiveRow } from './live-rows.ts';
import type { Watched, WatchedAnswer, WatchedColumn } from './watched.ts';

export interface LiveTopicDeps {
  readonly watched: Watched;
  readonly signal: AbortSignal;
  /** What is materialised now. */
  readonly vector: () => CommitVector;
  readonly monotonicMs: () => number;
  /** Least time between two askings. */
  readonly paceMs: number;
  /** Most, even if nothing is announced: `last` moves on, and Redis may be away. */
  readonly idleMs: number;
  readonly onFailed: (error: unknown) => void;
}

type Meta = WatchedAnswer['meta'];

export type LiveMessage =
  | { readonly kind: 'snapshot'; readonly columns: readonly WatchedColumn[]; readonly rows: readonly LiveRow[]; readonly meta: Meta }
  | { readonly kind: 'update'; readonly rows: readonly LiveRow[]; readonly removed: readonly LiveRow[]; readonly meta: Meta }
  | { readonly kind: 'snapshot' | 'update'; readonly answer: unknown; readonly meta: Meta };

/** How far a watcher is; -1: it has nothing. */
export type LiveSeq = number;

/** The same object for all watchers who lack the same, so that it is written and sealed once for all of them. */
export interface LiveTold {
  readonly message: LiveMessage;
  readonly seq: LiveSeq;
  readonly vector: CommitVector;
}

export interface LiveTopic {
  /** Asks for the first time; a problem is the question's own. */
  begin(): Promise<ProblemFault | null>;
  /** The metric changed, or may have. */
  wake(): void;
  watch(onChange: () => void): () => void;
  readonly watchers: number;
  /** Whose rows the last answer held, for the audit. */
  readonly persons: readonly string[];
  /** What a watcher lacks; null: nothing. */
  messageFor(seq: LiveSeq): LiveTold | null;
  /** How far a watcher is that has what this vector reaches; -1: not known. */
  seqOf(vector: CommitVector): LiveSeq;
  end(): void;
}

/** Answers that are remembered for watchers who come back. */
const HISTORY_MAX = 512;
/** Ranges that move with the time lose rows for ever: from here on watchers get a snapshot. */
const REMOVED_MAX = 10_000;
const FAILED_MS = 1_000;

export function createLiveTopic(deps: LiveTopicDeps): LiveTopic {
  return new AskedAgain(deps);
}

class AskedAgain implements LiveTopic {
  private readonly deps: LiveTopicDeps;
  private readonly onChanges = new Set<() => void>();
  /** By how far a watcher is; until the next answer. */
  private readonly told = new Map<LiveSeq, LiveTold | null>();
  private rows: LiveRows;
  /** Of answers before this one nothing is known that fits those after it. */
  private resetSeq = 0;
  private columns: readonly WatchedColumn[] = [];
  private meta: Meta | null = null;
  persons: readonly string[] = [];
  private history: { readonly vector: CommitVector; readonly seq: LiveSeq }[] = [];
  private timer: NodeJS.Timeout | null = null;
  /** From an asking until it is settled when the next one is. */
  private isAsking = false;
  private isWoken = false;
  private isEnded = false;
  private askedMs = Number.NEGATIVE_INFINITY;

  constructor(deps: LiveTopicDeps) {
    this.deps = deps;
    this.rows = new LiveRows(deps.watched.keys ?? 0);
  }

  get watchers(): number {
    return this.onChanges.size;
  }

  async begin(): Promise<ProblemFault | null> {
    const problem = await this.askNow();
    if (problem === null) this.sleep(this.deps.idleMs);
    return problem;
  }

  wake(): void {
    if (this.isAsking) {
      this.isWoken = true;
      return;
    }
    this.setTimer(Math.max(0, this.askedMs + this.deps.paceMs - this.deps.monotonicMs()));
  }

  watch(onChange: () => void): () => void {
    this.onChanges.add(onChange);
    return () => this.onChanges.delete(onChange);
  }

  messageFor(seq: LiveSeq): LiveTold | null {
    const known = this.told.get(seq);
    if (known !== undefined) return known;
    const made = this.makeMessage(seq);
    this.told.set(seq, made);
    return made;
  }

  private makeMessage(seq: LiveSeq): LiveTold | null {
    const { meta, rows } = this;
    const vector = this.history.at(-1)?.vector;
    if (meta === null || vector === undefined) return null;
    const message = this.deps.watched.keys === null ? this.wholeSince(seq, meta) : this.rowsSince(seq, meta);
    return message === null ? null : { message, seq: rows.seq, vector };
  }

  private rowsSince(seq: LiveSeq, meta: Meta): LiveMessage | null {
    const { rows, columns } = this;
    if (seq < this.resetSeq) return { kind: 'snapshot', columns, rows: rows.all(), meta };
    const changes = rows.since(seq);
    return changes.rows.length === 0 && changes.removed.length === 0 ? null : { kind: 'update', ...changes, meta };
  }

  private wholeSince(seq: LiveSeq, meta: Meta): LiveMessage | null {
    const [answer = null] = this.rows.all()[0] ?? [];
    if (seq < this.resetSeq) return { kind: 'snapshot', answer, meta };
    return seq < this.rows.seq ? { kind: 'update', answer, meta } : null;
  }

  seqOf(vector: CommitVector): LiveSeq {
    const now = this.history.at(-1)?.vector;
    if (now === undefined || !isSameHistory(vector, now)) return -1;
    const at = this.history.findLastIndex((one) => isWithin(one.vector, vector));
    // What was there before the first of them is not known: nor what a watcher has that is gone since.
    if (at <= 0) return -1;
    // What came in with that answer may be beyond the vector, so it is told again.
    return Math.max(this.resetSeq, (this.history[at]?.seq ?? 0) - 1);
  }

  end(): void {
    this.isEnded = true;
    if (this.timer !== null) clearTimeout(this.timer);
  }

  /** After an asking: for so long, or for less where the metric changed while it ran. */
  private sleep(ms: number): void {
    this.isAsking = false;
    if (this.isWoken) this.wake();
    else this.setTimer(ms);
  }

  private setTimer(ms: number): void {
    if (this.timer !== null) clearTimeout(this.timer);
    if (!this.isEnded) this.timer = setTimeout(() => void this.askAgain(), ms);
  }

  private async askAgain(): Promise<void> {
    const problem = await this.askNow();
    this.sleep(problem === null ? this.deps.idleMs : FAILED_MS);
  }

  /** Never rejects: what stands in the way now may be gone the next time. */
  private async askNow(): Promise<ProblemFault | null> {
    const { watched, signal, vector, monotonicMs, onFailed } = this.deps;
    this.isAsking = true;
    this.isWoken = false;
    this.askedMs = monotonicMs();
    const reached = vector();
    try {
      const outcome = await watched.ask(signal);
      if (!outcome.ok) return outcome.problem;
      this.take(outcome);
      this.meta = outcome.meta;
      this.persons = outcome.persons;
      this.told.clear();
      this.history = [...this.history.slice(-HISTORY_MAX), { vector: reached, seq: this.rows.seq }];
      for (const onChange of this.onChanges) onChange();
      return null;
    } catch (error) {
      onFailed(error);
      return storeFaultOf(error, 'question_too_slow') ?? { code: 'internal' };
    }
  }

  private take({ columns, rows }: WatchedAnswer): void {
    const isOther = JSON.stringify(columns) !== JSON.stringify(this.columns);
    if (isOther || this.rows.removedCount > REMOVED_MAX) {
      const before = this.rows.seq;
      this.rows = new LiveRows(this.deps.watched.keys ?? 0);
      this.rows.seq = before + 1;
      this.resetSeq = before + 1;
      this.history = [];
      this.columns = columns;
    }
    this.rows.take(rows);
  }
}
