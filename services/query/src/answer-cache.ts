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
  readonly onError: (error: unknown) => void;
}

const CACHED_SCHEMA = z.object({
  v: z.literal(1),
  at_ms: z.number(),
  rows: z.array(z.array(z.union([z.string(), z.number(), z.boolean(), z.null()]))),
  next: z.unknown(),
  revision: z.number(),
});

export function createAnswerCache({ store, nowMs, ttlMs, bytesMax, onError }: AnswerCacheDeps): AnswerCache {
  return {
    keyOf({ plan }, versions) {
      const chunks = versions.map(({ token, counters }) => [token, counters]);
      const all = JSON.stringify([plan.identity, plan.limit, plan.cursor, plan.fromMs, plan.toMs, chunks]);
      return createHash('sha256').update(all).digest('base64url');
    },
    async read({ plan, subjectShown }, key) {
      const bytes = await store.readAnswer(plan.range.tenant, key);
      const json = bytes === null ? null : decodeJson(bytes);
      const parsed = json === null || !json.ok ? null : CACHED_SCHEMA.safeParse(json.value);
      if (parsed === null || !parsed.success) return null;
      const { at_ms: atMs, rows, next, revision } = parsed.data;
      return { table: { rows: named(rows, subjectShown), next: parseCursorMark(next), revision }, ageMs: Math.max(0, nowMs() - atMs) };
    },
    write({ plan, subjectShown }, key, table) {
      const rows = unnamed(table.rows, subjectShown);
      const bytes = Buffer.from(JSON.stringify({ v: 1, at_ms: nowMs(), rows, next: table.next, revision: table.revision }));
      if (bytes.length > bytesMax) return;
      store.writeAnswer(plan.range.tenant, key, { bytes, ttlMs }).catch(onError);
    },
  };
}

/** Stands in kept rows for the plain id that a caller named: no person's own name is written to Redis. */
const SUBJECT_MARK = '\u0000subject';

function unnamed(rows: readonly AnswerRow[], subjectShown: string | null): readonly AnswerRow[] {
  return subjectShown === null ? rows : rows.map((row) => row.map((value) => (value === subjectShown ? SUBJECT_MARK : value)));
}

function named(rows: readonly AnswerRow[], subjectShown: string | null): readonly AnswerRow[] {
  return subjectShown === null ? rows : rows.map((row) => row.map((value) => (value === SUBJECT_MARK ? subjectShown : value)));
}
