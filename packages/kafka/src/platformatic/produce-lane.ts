import { backoffMs } from '../delay.ts';
import { KafkaFailure } from '../failure.ts';
import type { AppendReceipt, RecordBatch } from '../port.ts';
import { verdictOf } from './produce-verdict.ts';

/** What the broker knows a producer by. */
export interface ProducerIdentity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

export interface SentResult {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly baseOffset: number;
  readonly appendTimeMs: number;
}

interface PendingAppend {
  readonly batch: RecordBatch;
  readonly deadlineMs: number;
  readonly resolve: (receipt: AppendReceipt) => void;
  readonly reject: (failure: KafkaFailure) => void;
  /** Some attempt may have been written. */
  isUncertain: boolean;
  /** The caller has had its answer (its time was up while an attempt was under way). */
  isSettled: boolean;
}

/** Sequence numbers are 31 bits and begin again at 0. */
const SEQUENCE_MASK = 0x7fffffff;

/**
 * The batches of one partition on their way, one at a time: so a batch is sent again before any later one is sent, and order
 * needs no more proof than that.
 *
 * | head of the queue | event | then |
 * |---|---|---|
 * | waiting | sent | in flight |
 * | in flight | appended | resolved, sequence moves on, next |
 * | in flight | refused, uncertain | waiting (with back-off), same bytes |
 * | in flight | stranger | waiting, new identity; if an earlier attempt was uncertain: rejected `unknown` |
 * | in flight | fatal, duplicate | rejected; `unknown` if it may be in the log |
 * | any | time is up | rejected: `unknown` if an attempt may have been written, else `not_sent` |
 *
 * After every `unknown` the lane takes a new identity: the sequence of the old one is not known any more, and a new one
 * begins at 0, so the lane never wedges.
 */
export class ProduceLane {
  readonly topic: string;
  readonly partition: number;
  readonly #queue: PendingAppend[] = [];
  #identity: ProducerIdentity | null = null;
  #sequence = 0;
  #stage: 'waiting' | 'preparing' | 'written' = 'waiting';
  #abandoned: ProducerIdentity | null = null;
  #attempt = 0;
  #notBeforeMs = 0;
  #lastError: Error | undefined;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  get isUnderWay(): boolean {
    return this.#stage === 'written';
  }

  /** Null: the lane needs an identity before it sends. */
  get identity(): ProducerIdentity | null {
    return this.#identity;
  }

  /** The identity that the lane left behind last; it must not be given to it again. */
  get abandoned(): ProducerIdentity | null {
    return this.#abandoned;
  }

  push(batch: RecordBatch, deadlineMs: number): Promise<AppendReceipt> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ batch, deadlineMs, resolve, reject, isUncertain: false, isSettled: false });
    });
  }

  adopt(identity: ProducerIdentity): void {
    this.#identity = identity;
    this.#sequence = 0;
  }

  isReady(nowMs: number): boolean {
    return this.#queue.length > 0 && this.#stage === 'waiting' && nowMs >= this.#notBeforeMs;
  }

  /** Takes the lane out of the ready ones while a leader, an identity and a connection are found. */
  prepare(): void {
    this.#stage = 'preparing';
  }

  /** Puts the lane back without a penalty. */
  yield(): void {
    this.#stage = 'waiting';
  }

  /** The head's bytes, which count as written from now on; null where the head has expired and nothing is left. */
  seal(timestampMs: number): Uint8Array | null {
    const head = this.#queue[0];
    if (!head || !this.#identity) return null;
    this.#stage = 'written';
    return head.batch.seal({ ...this.#identity, baseSequence: this.#sequence, timestampMs });
  }

  /** The attempt ended without an answer. */
  failed(cause: Error, nowMs: number): void {
    const head = this.#queue[0];
    if (head && this.#stage === 'written') head.isUncertain = true;
    this.#stage = 'waiting';
    this.#retryLater(cause, nowMs);
  }

  /** The broker answered. */
  returned(result: SentResult, nowMs: number): void {
    this.#stage = 'waiting';
    const head = this.#queue[0];
    if (!head) return;
    if (result.errorCode === 0) this.#resolveHead(head, result);
    else this.#refused(head, result, nowMs);
  }

  #resolveHead(head: PendingAppend, result: SentResult): void {
    this.#sequence = (this.#sequence + head.batch.count) & SEQUENCE_MASK;
    this.#attempt = 0;
    this.#queue.shift();
    if (!head.isSettled) head.resolve(toReceipt(result));
  }

  #refused(head: PendingAppend, { errorCode, errorMessage }: SentResult, nowMs: number): void {
    const cause = new Error(`the broker answered ${errorCode}${errorMessage === null ? '' : `: ${errorMessage}`}`);
    const verdict = verdictOf(errorCode);
    if (verdict === 'uncertain' || verdict === 'duplicate') head.isUncertain = true;
    if (verdict === 'stranger') this.#abandon();
    // Nothing of this producer follows an uncertain attempt, so whether that was kept cannot be asked of a broker that forgot it.
    const isHopeless = verdict === 'fatal' || verdict === 'duplicate' || (verdict === 'stranger' && head.isUncertain);
    if (isHopeless) this.#rejectHead(cause);
    else this.#retryLater(cause, nowMs);
  }

  /** Rejects what has waited too long. */
  expire(nowMs: number): void {
    const isExpired = (pending: PendingAppend | undefined): boolean => pending !== undefined && pending.deadlineMs <= nowMs;
    if (this.#stage !== 'written') {
      while (isExpired(this.#queue[0])) this.#rejectHead(this.#lastError);
      return;
    }
    // The head stays first until its attempt ends, since only then is it known how the sequence goes on.
    const head = this.#queue[0];
    if (head && isExpired(head) && !head.isSettled) {
      head.isUncertain = true;
      this.#settle(head, this.#lastError);
    }
    while (isExpired(this.#queue[1])) {
      const [late] = this.#queue.splice(1, 1);
      if (late) this.#settle(late, this.#lastError);
    }
  }

  #retryLater(cause: Error, nowMs: number): void {
    this.#lastError = cause;
    this.#notBeforeMs = nowMs + backoffMs(this.#attempt++);
    const head = this.#queue[0];
    if (head && (head.isSettled || head.deadlineMs <= nowMs)) this.#rejectHead(cause);
  }

  #rejectHead(cause: Error | undefined): void {
    const head = this.#queue.shift();
    if (!head) return;
    if (head.isUncertain) this.#abandon();
    if (!head.isSettled) this.#settle(head, cause);
  }

  #abandon(): void {
    this.#abandoned = this.#identity ?? this.#abandoned;
    this.#identity = null;
  }

  #settle(pending: PendingAppend, cause: Error | undefined): void {
    pending.isSettled = true;
    const outcome = pending.isUncertain ? 'unknown' : 'not_sent';
    const place = `${this.topic}/${this.partition}`;
    pending.reject(
      new KafkaFailure(outcome, `append to ${place} failed: ${cause?.message ?? 'its time was up'}`, ...(cause ? [{ cause }] : [])),
    );
  }
}

function toReceipt({ baseOffset, appendTimeMs }: SentResult): AppendReceipt {
  return { baseOffset, appendTimeMs: appendTimeMs < 0 ? null : appendTimeMs };
}
