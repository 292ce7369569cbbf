import { setTimeout as delay } from 'node:timers/promises';
import type { Tidegate } from '@tidegate/native';
import type { Client } from '@tidegate/sdk';
import type pg from 'pg';
import type { StreamEvent } from './event-stream.ts';
import type { Garbage } from './garbage.ts';
import type { History } from './history.ts';
import { recountLog, type LogRecount } from './log-recount.ts';

export interface FindingsOptions {
  readonly tidegate: Tidegate;
  readonly database: pg.Pool;
  readonly client: Client;
  readonly history: History;
  readonly days: { readonly from: string; readonly to: string };
  readonly sent: Iterable<StreamEvent>;
  readonly garbage: readonly Garbage[];
  /** Events that were counted before the drill began. */
  readonly before: ReadonlySet<string>;
  readonly withinMs: number;
}

/**
 * Waits until everything in the log is counted, then writes into the history what came of it: of each event how often it is
 * counted and put aside, of each cell what a question answers and what the log says. False where counting did not end in time.
 */
export async function writeFindings(options: FindingsOptions): Promise<boolean> {
  const { tidegate } = options;
  const recount = await recountLog(tidegate.addresses.kafkaBrokers, tidegate.topicPrefix);
  const isCounted = await untilCounted(options, recount);
  await writeEvents(options);
  await writeCells(options, recount);
  return isCounted;
}

async function untilCounted({ database, withinMs }: FindingsOptions, { ends }: LogRecount): Promise<boolean> {
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    const { rows } = await database.query<{ name: string; next: string }>(
      `SELECT lane || '/' || partition AS name, next_offset::text AS next FROM partition_progress`,
    );
    const next = new Map(rows.map((row) => [row.name, Number(row.next)]));
    if ([...ends].every(([name, end]) => (next.get(name) ?? 0) >= end)) return true;
    if (performance.now() > deadlineMs) return false;
    await delay(50);
  }
}

async function writeEvents({ database, history, sent, garbage, before }: FindingsOptions): Promise<void> {
  const raw = await database.query<{ event_id: string; times: number }>(
    'SELECT event_id, count(*)::int AS times FROM raw_event GROUP BY event_id',
  );
  const counted = new Map(raw.rows.filter((row) => !before.has(row.event_id)).map((row) => [row.event_id, row.times]));
  const rejected = await database.query<{ sha256: string; place: string }>(
    `SELECT encode(sha256, 'hex') AS sha256, topic || '/' || partition || '/' || log_offset AS place FROM rejected_event`,
  );
  const bySha = countBy(rejected.rows.map((row) => row.sha256));
  const byPlace = countBy(rejected.rows.map((row) => row.place));
  for (const { name, sha256 } of sent) {
    history.write({ kind: 'found', event: name, counted: counted.get(name) ?? 0, aside: bySha.get(sha256) ?? 0 });
    counted.delete(name);
  }
  for (const { name, place } of garbage) history.write({ kind: 'found', event: name, counted: 0, aside: byPlace.get(place) ?? 0 });
  // What nobody sent.
  for (const [event, times] of counted) history.write({ kind: 'found', event, counted: times, aside: 0 });
}

function countBy(keys: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

async function writeCells({ client, history, days }: FindingsOptions, { cells }: LogRecount): Promise<void> {
  const answer = await client.queryAll({
    ...{ metric: 'wiki.edits', kind: 'series', grain: 'quarter_hour', zone: 'UTC', ...days },
    ...{ group_by: ['channel'], measures: ['edits', 'added'], fill: 'none', limit: 1_000 },
  } as const);
  const answered = new Map(
    answer.rows.map(([bucket, channel, edits, added]) => [
      `${new Date(String(bucket)).toISOString()} ${String(channel)}`,
      { edits: Number(edits), added: Number(added) },
    ]),
  );
  for (const cell of new Set([...cells.keys(), ...answered.keys()]))
    history.write({ kind: 'cell', cell, answered: toText(answered.get(cell)), recounted: toText(cells.get(cell)) });
}

function toText(cell: { readonly edits: number; readonly added: number } | undefined): string {
  return `${cell?.edits ?? 0} edits, ${cell?.added ?? 0} added`;
}
