import { join } from 'node:path';
import type { Tidegate } from '@tidegate/native';
import { createClient, type Client } from '@tidegate/sdk';
import { createSeededRandom } from '@tidegate/testkit';
import pg from 'pg';
import { checkHistory, type Verdict } from './checker.ts';
import { runClient } from './drill-client.ts';
import type { DrillOptions, DrillReport } from './drill.ts';
import { createEventStream, type EventStream, type StreamEvent } from './event-stream.ts';
import { writeFindings } from './findings.ts';
import { appendGarbage } from './garbage.ts';
import { createHistory, type History } from './history.ts';
import { startMemoryWatch } from './memory-watch.ts';
import { startWatch } from './watch.ts';

/** What a drill has to work with while clients send. */
export interface Scene {
  readonly tidegate: Tidegate;
  readonly client: Client;
  readonly history: History;
  readonly random: () => number;
  readonly say: (line: string) => void;
}

export interface StreamDrillOptions extends DrillOptions {
  readonly drill: string;
  readonly tidegate: Tidegate;
  readonly client: Client;
  readonly folder: string;
  /** Share of events that are poison. */
  readonly poisonShare?: number;
  /** Clients wait for every answer, and a request that is refused or gets none is a discrepancy; without poison, which is refused by right. */
  readonly isAlwaysServed?: boolean;
  /** Does what the drill is about, while clients send; resolves, when all is up again, with what was done, for the report. */
  readonly act: (scene: Scene) => Promise<Readonly<Record<string, number>>>;
}

const CLIENTS = 4;
const PAUSE_MS_MAX = 350;
const COUNTED_WITHIN_MS = 180_000;
const DAY_MS = 86_400_000;

/**
 * Unreliable clients send a seeded stream (copies, any order, late events, poison) while `act` goes on. The history of what
 * each client was told is then compared with what is counted; see `checkHistory` for what may not be.
 */
export async function streamDrill(options: StreamDrillOptions): Promise<DrillReport> {
  const { tidegate, seed } = options;
  const file = join(options.folder, 'history.ndjson');
  const history = createHistory(file);
  const nowMs = Date.now();
  const days = { from: dayOf(nowMs - 4 * DAY_MS), to: dayOf(nowMs + 2 * DAY_MS) };
  const sent = new Map<string, StreamEvent>();
  const { poisonShare = 0.02 } = options;
  const prefix = `${options.drill}-${seed}`;
  const stream = remembering(createEventStream({ random: createSeededRandom(seed + 1), nowMs, prefix, poisonShare }), sent);
  const database = new pg.Pool({ connectionString: tidegate.addresses.databaseUrl, max: 3, connectionTimeoutMillis: 5_000 });
  // A server that is killed breaks idle connections; the next query makes a new one.
  database.on('error', () => undefined);
  const impatient = createClient({ gateway: tidegate.gateway, apiKey: tidegate.apiKey, patienceMs: 1_000 });
  try {
    const before = await lookBefore(database, options.client, days);
    const garbage = await appendGarbage({ tidegate, history, prefix });
    const watch = startWatch({ database, client: impatient, history, days, before: before.total });
    const { done, receipts } = await sendMeanwhile(options, { history, stream });
    const endedMs = history.nowMs();
    const isCounted = await options.client.counted(receipts, COUNTED_WITHIN_MS);
    const drainedMs = history.nowMs() - endedMs;
    await watch.stop();
    const isRead = await writeFindings({
      ...{ tidegate, database, client: options.client, history, days, garbage, before: before.ids },
      ...{ sent: sent.values(), withinMs: COUNTED_WITHIN_MS },
    });
    const seen = { ...done, drained_ms: drainedMs, uncounted_receipts: isCounted && isRead ? 0 : 1 };
    return report(options, { file, verdict: checkHistory(history.entries()), seen, unserved: unservedIn(history, options) });
  } finally {
    await database.end();
  }
}

/** What is counted already where drills follow each other on one system. */
async function lookBefore(
  database: pg.Pool,
  client: Client,
  days: { readonly from: string; readonly to: string },
): Promise<{ ids: ReadonlySet<string>; total: number }> {
  const { rows } = await database.query<{ event_id: string }>('SELECT event_id FROM raw_event');
  const answer = await client.query({ metric: 'wiki.edits', kind: 'summary', measures: ['edits'], ...days });
  return { ids: new Set(rows.map((row) => row.event_id)), total: Number(answer.rows[0]?.[0] ?? 0) };
}

interface Traffic {
  readonly history: History;
  readonly stream: EventStream;
}

interface Survived {
  readonly done: Readonly<Record<string, number>>;
  readonly receipts: readonly string[];
}

async function sendMeanwhile(options: StreamDrillOptions, { history, stream }: Traffic): Promise<Survived> {
  const { tidegate, client, say, seed, act } = options;
  let isOver = false;
  const sending = Array.from({ length: CLIENTS }, (_, number) =>
    runClient({
      ...{ gateway: tidegate.gateway, apiKey: tidegate.apiKey, history, stream, number, pauseMsMax: PAUSE_MS_MAX },
      random: createSeededRandom(seed + 100 + number),
      isOver: () => isOver,
      ...(options.isAlwaysServed === true ? { lostAnswers: 0 } : {}),
    }),
  );
  const memory = startMemoryWatch(tidegate);
  try {
    const done = await act({ tidegate, client, history, random: createSeededRandom(seed), say });
    isOver = true;
    const receipts = (await Promise.all(sending)).flat();
    return { done: { ...done, memory_mb_max: memory.stop() }, receipts };
  } finally {
    isOver = true;
    memory.stop();
  }
}

function remembering(stream: EventStream, sent: Map<string, StreamEvent>): EventStream {
  return {
    take(count) {
      const events = stream.take(count);
      for (const event of events) sent.set(event.name, event);
      return events;
    },
  };
}

interface Outcome {
  readonly file: string;
  readonly verdict: Verdict;
  readonly seen: Readonly<Record<string, number>>;
  readonly unserved: readonly string[];
}

/** Requests that were refused for now or whose fate nobody knows, where none may be. */
function unservedIn(history: History, { isAlwaysServed = false }: StreamDrillOptions): readonly string[] {
  if (!isAlwaysServed) return [];
  const found = history.entries().flatMap((entry) => {
    if (entry.kind === 'refused') {
      return [`${entry.client}/${entry.request} was answered ${entry.status}, ${entry.at_ms} ms after the start: ${entry.text ?? ''}`];
    }
    if (entry.kind !== 'outcome' || entry.outcome !== 'unknown') return [];
    return [`${entry.client}/${entry.request} got no answer for an event: ${entry.cause}, ${entry.at_ms} ms after the start`];
  });
  return [...new Set(found)];
}

/** A drill in which hardly anything was accepted proves nothing. */
const ACCEPTED_MIN = 100;

/** Figures that are a discrepancy where they are not 0. */
const NEVER: Readonly<Record<string, (count: number) => string>> = {
  uncounted_receipts: () => `not everything was counted within ${COUNTED_WITHIN_MS / 1_000} s`,
  not_ready: (count) => `ingest said ${count} times that it is not ready`,
  failed_questions: (count) => `${count} questions were not answered`,
  stale_answers: (count) => `${count} answers lay behind by more than is allowed`,
  not_ready_answers: (count) => `${count} requests were answered that a process is not ready which had said it is`,
  service_ends: (count) => `${count} times a service ended instead of waiting for what it needs`,
  hung_questions: (count) => `${count} questions got no answer in time`,
  unclean_reruns: (count) => `${count} steps of a migration were left half done, or done other than once`,
  unaudited: (count) => `${count} changes were made that the chain does not hold`,
  made_though_refused: (count) => `${count} changes were made that were answered 503`,
  lost_changes: (count) => `${count} changes were answered 201 and are not there`,
  broken_chains: () => 'the chain of the audit is not whole',
  connections_above: (count) => `services held ${count} connections to Postgres more than their pools may`,
  bad_exits: (count) => `${count} processes did not end with 0`,
};

function report({ drill, seed }: StreamDrillOptions, { file, verdict, seen, unserved }: Outcome): DrillReport {
  const { ok, failed, unknown, found } = verdict;
  const discrepancies = [
    ...verdict.discrepancies.map(({ check, text }) => `${check}: ${text}`),
    ...Object.entries(NEVER).flatMap(([figure, text]) => ((seen[figure] ?? 0) === 0 ? [] : [text(seen[figure] ?? 0)])),
    ...unserved.map((text) => `request ${text}`),
    ...(ok >= ACCEPTED_MIN ? [] : [`only ${ok} events were accepted: that proves nothing`]),
  ];
  const checks = { ok, failed, unknown, ...found, ...seen };
  return { drill, seed, verdict: discrepancies.length === 0 ? 'pass' : 'fail', checks, discrepancies, history: file };
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
