/**
 * Rows of answers in the memory of this process, under the versions of the chunks that they were made of: while those are the
 * same, so are the rows. What an answer claims about itself is made anew for each request.
 */
import type { AnswerTable } from '@tidegate/core';
import type { ChunkVersion } from '@tidegate/redis';
import { LRUCache } from 'lru-cache';
import type { CachedAnswer } from './answer-cache.ts';

export interface MadeAnswers {
  /** Null: none is held, or its chunks have changed. */
  find(question: string, versions: readonly ChunkVersion[]): CachedAnswer | null;
  keep(question: string, versions: readonly ChunkVersion[], answer: CachedAnswer): void;
}

export interface MadeAnswersOptions {
  readonly nowMs: () => number;
  /** Of all answers together. */
  readonly valuesMax: number;
  readonly ttlMs: number;
}

interface Made {
  readonly versions: readonly ChunkVersion[];
  readonly table: AnswerTable;
  readonly atMs: number;
}

export function createMadeAnswers({ nowMs, valuesMax, ttlMs }: MadeAnswersOptions): MadeAnswers {
  const held = new LRUCache<string, Made>({ maxSize: valuesMax, ttl: ttlMs, perf: { now: nowMs }, ttlResolution: 0 });
  return {
    find(question, versions) {
      const made = held.get(question);
      if (made === undefined || !isEqual(made.versions, versions)) return null;
      return { table: made.table, ageMs: Math.max(0, nowMs() - made.atMs) };
    },
    keep(question, versions, { table, ageMs }) {
      held.set(question, { versions, table, atMs: nowMs() - ageMs }, { size: sizeOf(table) });
    },
  };
}

function sizeOf({ rows }: AnswerTable): number {
  return 1 + rows.length * (rows[0]?.length ?? 0);
}

function isEqual(a: readonly ChunkVersion[], b: readonly ChunkVersion[]): boolean {
  return a.length === b.length && a.every((one, at) => isSame(one, b[at]));
}

function isSame(a: ChunkVersion, b: ChunkVersion | undefined): boolean {
  if (a.token !== b?.token || a.counters.length !== b.counters.length) return false;
  return a.counters.every((counter, at) => counter === b.counters[at]);
}
