import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * What a client knows of an event it sent: `ok`, it was told `accepted`; `failed`, it was told that it is not taken; `unknown`,
 * no answer came, or one that says that nobody knows.
 */
export type Outcome = 'ok' | 'failed' | 'unknown';

/** One line of a history. Times are milliseconds since the drill began. */
export type HistoryEntry =
  | { readonly kind: 'sent'; readonly at_ms: number; readonly client: number; readonly request: number; readonly events: readonly string[] }
  | {
      readonly kind: 'outcome';
      readonly at_ms: number;
      readonly client: number;
      readonly request: number;
      readonly event: string;
      readonly outcome: Outcome;
      /** Why the event itself was refused; null where it was not looked at. */
      readonly code: string | null;
      /** Where nobody knows: what came in place of an answer. */
      readonly cause?: string;
    }
  /** A request of which nothing was looked at, and when the answer said to come again. */
  | {
      readonly kind: 'refused';
      readonly at_ms: number;
      readonly client: number;
      readonly request: number;
      readonly status: number;
      readonly retry_after: string | null;
      /** The start of what came, which says why. */
      readonly text?: string;
    }
  | { readonly kind: 'fault'; readonly at_ms: number; readonly fault: string; readonly target: string; readonly for_ms: number }
  /** Commits of Postgres went: from here on positions may be behind earlier ones, once. */
  | { readonly kind: 'taken_back'; readonly at_ms: number; readonly by: 'failover' | 'restore' }
  /** Where Postgres stood: of each lane and partition the log's generation and the next offset. */
  | { readonly kind: 'positions'; readonly at_ms: number; readonly positions: Readonly<Record<string, readonly [number, number]>> }
  /** What a question answered for all events of the drill. */
  | { readonly kind: 'total'; readonly at_ms: number; readonly events: number }
  /** At the end: how often the event lies among the counted ones, and how many rows say that it was put aside. */
  | { readonly kind: 'found'; readonly event: string; readonly counted: number; readonly aside: number }
  /** At the end: what a question answers for one cell, and what plain addition over the log gives. */
  | { readonly kind: 'cell'; readonly cell: string; readonly answered: string; readonly recounted: string };

export interface History {
  /** Milliseconds since it began. */
  nowMs(): number;
  write(entry: HistoryEntry): void;
  entries(): readonly HistoryEntry[];
}

/** A history that is kept as NDJSON in `file`, written line by line: a drill that is cut leaves what it saw. */
export function createHistory(file: string): History {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, '', { mode: 0o600 });
  const startedMs = performance.now();
  const entries: HistoryEntry[] = [];
  return {
    nowMs: () => Math.round(performance.now() - startedMs),
    write(entry) {
      entries.push(entry);
      appendFileSync(file, `${JSON.stringify(entry)}\n`);
    },
    entries: () => entries,
  };
}

export function readHistory(file: string): readonly HistoryEntry[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): HistoryEntry => JSON.parse(line));
}
