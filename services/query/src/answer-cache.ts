/**
 * Rows of answers, kept under what they were made from: the question and the versions of its chunks, which never repeat. So a
 * hit can never be stale. What an answer claims about itself is made anew for each request and never kept.
 */
import { createHash } from 'node:crypto';
import type { AnswerRow, AnswerTable } from '@tidegate/core';
import { parseCursorMark } from '@tidegate/core';
import { decodeJson } from '@tidegate/http';
import type { CellStore, ChunkVersion } from '@tidegate/redis';
import { z } from 'zod';
import type { CacheMeter } from './cache-meter.ts';
import { keyOfPage } from './read-ask.ts';
import type { ReadAsk } from './read-ask.ts';

export interface CachedAnswer {
  readonly table: AnswerTable;
  readonly ageMs: number;
}

export interface AnswerCache {
  keyOf(ask: ReadAsk, versions: readonly ChunkVersion[]): string;
  read(ask: ReadAsk, key: string): Promise<CachedAnswer | null>;
  /** Does not wait, and does not fail: an answer that is not kept is made again. */
  write(ask: ReadAsk, key: string, table: AnswerTable): void;
}

export interface AnswerCacheDeps {
  readonly store: CellStore;
  readonly nowMs: () => number;
  readonly ttlMs: number;
  readonly bytesMax: number;
  readonly meter: CacheMeter;
}

const CACHED_SCHEMA = z.object({
  v: z.literal(2),
  at_ms: z.number(),
  rows: z.array(z.array(z.union([z.string(), z.number(), z.boolean(), z.null()]))),
  next: z.unknown(),
  revision: z.number(),
  over_budget: z.array(z.string()),
  // Absent in those from before it: of questions that withhold nothing.
  suppressed: z.number().default(0),
});

export function createAnswerCache({ store, nowMs, ttlMs, bytesMax, meter }: AnswerCacheDeps): AnswerCache {
  return {
    keyOf({ plan }, versions) {
      const chunks = versions.map(({ token, counters }) => [token, counters]);
      const all = JSON.stringify([keyOfPage(plan), chunks]);
      return createHash('sha256').update(all).digest('base64url');
    },
    async read(ask, key) {
      const bytes = await store.readAnswer(ask.plan.range.tenant, key);
      const kept = bytes === null ? null : readAnswer(ask, bytes, nowMs());
      if (bytes !== null && kept === null) meter.dropped('answers');
      meter.lookedUp('answers', { hits: kept === null ? 0 : 1, misses: kept === null ? 1 : 0 });
      return kept;
    },
    write({ plan, subjectShown }, key, table) {
      const rows = unnamed(table.rows, subjectShown);
      const { next, revision, overBudget: over_budget, suppressed } = table;
      const bytes = Buffer.from(JSON.stringify({ v: 2, at_ms: nowMs(), rows, next, revision, over_budget, suppressed }));
      if (bytes.length > bytesMax) return;
      store.writeAnswer(plan.range.tenant, key, { bytes, ttlMs }).catch((error: unknown) => meter.failed('answers', error));
    },
  };
}

/** Null where the bytes are no rows of this question: they count as absent, and the next answer is written over them. */
function readAnswer({ plan, subjectShown }: ReadAsk, bytes: Uint8Array, nowMs: number): CachedAnswer | null {
  const json = decodeJson(bytes);
  const parsed = json.ok ? CACHED_SCHEMA.safeParse(json.value) : null;
  if (parsed?.success !== true) return null;
  const { at_ms: atMs, rows, next: mark, revision, over_budget: overBudget, suppressed } = parsed.data;
  const next = parseCursorMark(mark);
  // A mark that cannot be read is not the last page's.
  if ((next === null && mark !== null) || rows.some((row) => row.length !== plan.columns.length)) return null;
  return { table: { rows: named(rows, subjectShown), next, revision, overBudget, suppressed }, ageMs: Math.max(0, nowMs - atMs) };
}

/** Stands in kept rows for the plain id that a caller named: no person's own name is written to Redis. */
const SUBJECT_MARK = '\u0000subject';

function unnamed(rows: readonly AnswerRow[], subjectShown: string | null): readonly AnswerRow[] {
  return subjectShown === null ? rows : rows.map((row) => row.map((value) => (value === subjectShown ? SUBJECT_MARK : value)));
}

function named(rows: readonly AnswerRow[], subjectShown: string | null): readonly AnswerRow[] {
  return subjectShown === null ? rows : rows.map((row) => row.map((value) => (value === SUBJECT_MARK ? subjectShown : value)));
}
