/** Weeks of edits: one that was sent, event by event in the order of time, and earlier ones that repeat its cells. */
import type { Tidegate } from '@tidegate/native';
import { createClient } from '@tidegate/sdk';
import { sendLoad } from '../load.ts';
import { nowMs, openWorkload } from '../road.ts';
import { withClient } from '../with-client.ts';
import type { Workload } from '../workload.ts';

export interface Week {
  readonly fromMs: number;
  readonly toMs: number;
}

export const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** Every hour of it is closed, whatever time of the day it is now. */
const ENDS_DAYS_AGO = 3;

const CONNECTIONS = 16;
const EVENTS_PER_REQUEST = 500;
const UNCOUNTED_MAX = 40_000;
const COUNTED_WITHIN_MS = 300_000;
const SEALED_WITHIN_MS = 600_000;
const LOOK_EVERY_MS = 250;

export function lastWholeWeek(atMs: number): Week {
  const toMs = Math.floor(atMs / DAY_MS) * DAY_MS - ENDS_DAYS_AGO * DAY_MS;
  return { fromMs: toMs - WEEK_MS, toMs };
}

interface Sending {
  readonly tidegate: Tidegate;
  readonly seed: number;
  readonly events: number;
  readonly say: (line: string) => void;
}

/** Sends the week's events as one imports history, and waits until all are counted and their hours and days are sealed. */
export async function sendWeek({ tidegate, seed, events, say }: Sending, week: Week): Promise<void> {
  const { gateway, apiKey } = tidegate;
  const full = new AbortController();
  const workload = withinWeek(openWorkload(seed), { week, events, onSent: (share) => (share >= 1 ? full.abort() : undefined), say });
  const shape = { connections: CONNECTIONS, eventsPerRequest: EVENTS_PER_REQUEST, rate: 0, uncountedMax: UNCOUNTED_MAX };
  const load = await sendLoad({ gateway, apiKey, workload, ...shape, forMs: Number.MAX_SAFE_INTEGER, signal: full.signal, nowMs });
  say(`${load.distinct} events in ${Math.round((load.lastAnswerMs - load.firstByteMs) / 1_000)} s; waiting for the last ones`);
  await createClient({ gateway, apiKey }).counted(load.receipts, COUNTED_WITHIN_MS);
  await untilSealed(tidegate, week);
}

interface Within {
  readonly week: Week;
  readonly events: number;
  readonly onSent: (share: number) => void;
  readonly say: (line: string) => void;
}

/** The clock of the workload goes through the week as events are drawn. */
function withinWeek(workload: Workload, { week, events, onSent, say }: Within): Workload {
  let drawn = 0;
  let told = 0;
  return {
    next(count) {
      const instantMs = week.fromMs + Math.min(1, drawn / events) * (week.toMs - week.fromMs - 1);
      drawn += count;
      onSent(drawn / events);
      if (drawn >= told) {
        say(`${Math.round((100 * drawn) / events)} % of ${events} events sent`);
        told += events / 10;
      }
      return workload.next(count, instantMs);
    },
  };
}

async function untilSealed({ addresses }: Tidegate, { toMs }: Week): Promise<void> {
  await withClient(addresses.databaseUrl, async (client) => {
    const deadlineMs = nowMs() + SEALED_WITHIN_MS;
    for (;;) {
      const { rows } = await client.query<{ behind: number }>(
        `SELECT count(*)::int AS behind FROM partition_progress WHERE lane = 'live' AND coalesce(sealed_day, 0) < $1`,
        [toMs / 1_000],
      );
      if (rows[0]?.behind === 0) return;
      if (nowMs() > deadlineMs) throw new Error('the cells of the week were not sealed in time');
      await new Promise((done) => setTimeout(done, LOOK_EVERY_MS));
    }
  });
}

/** Writes the week's cells again for as many weeks before it: what the rollups of so many more events would be. Returns the cells. */
export async function repeatWeek({ addresses }: Tidegate, { fromMs, toMs }: Week, weeks: number): Promise<number> {
  return withClient(addresses.databaseUrl, async (client) => {
    const { rowCount } = await client.query(
      `INSERT INTO cell (series_id, grain, bucket_s, partition, state, term, commit_no, revision)
       SELECT series_id, grain, bucket_s - week * 604800, partition, state, term, commit_no, revision
       FROM cell, generate_series(1, $3) AS week WHERE bucket_s >= $1 AND bucket_s < $2 ON CONFLICT DO NOTHING`,
      [fromMs / 1_000, toMs / 1_000, weeks],
    );
    await client.query('VACUUM ANALYZE cell');
    return rowCount ?? 0;
  });
}
