import type { Client } from '@tidegate/sdk';
import type { DrillOptions, DrillReport } from './drill.ts';

export interface ClocksOptions extends DrillOptions {
  readonly client: Client;
}

const MINUTE_MS = 60_000;
const QUARTER_MS = 15 * MINUTE_MS;
const HOUR_MS = 60 * MINUTE_MS;
const COUNTED_WITHIN_MS = 60_000;

interface Day {
  readonly what: string;
  /** In Europe/Oslo, half open. */
  readonly from: string;
  readonly to: string;
  /** Its first and its last instant. */
  readonly starts: string;
  readonly ends: string;
}

/** The days and the hours they have are the tz database's; a quarter of an hour holds one event, so a day of 23 h holds 92. */
const DAYS: readonly Day[] = [
  {
    what: 'the day that loses an hour',
    from: '2025-03-30',
    to: '2025-03-31',
    starts: '2025-03-29T23:00:00Z',
    ends: '2025-03-30T22:00:00Z',
  },
  {
    what: 'the day that gains an hour',
    from: '2025-10-26',
    to: '2025-10-27',
    starts: '2025-10-25T22:00:00Z',
    ends: '2025-10-26T23:00:00Z',
  },
  // The zone was an hour ahead in 1970 too.
  {
    what: 'the first day of Unix time',
    from: '1970-01-01',
    to: '1970-01-02',
    starts: '1969-12-31T23:00:00Z',
    ends: '1970-01-01T23:00:00Z',
  },
  { what: 'a leap day', from: '2024-02-29', to: '2024-03-01', starts: '2024-02-28T23:00:00Z', ends: '2024-02-29T23:00:00Z' },
];

/**
 * Senders whose clocks are wrong or far away: an hour behind, an hour ahead, in 1970, and on both days of the year that are not 24
 * hours long. Each event has to lie in its own day, and one from the future has to be refused rather than counted in advance.
 */
export async function clocks({ client, seed, say }: ClocksOptions): Promise<DrillReport> {
  const discrepancies: string[] = [];
  const lines = DAYS.flatMap((day, index) => eventsOf(day, `clock-${seed}-${index}`));
  const skewed = skewedEvents(seed);
  const { receipts, rejected } = await client.send([...lines, ...skewed.taken, ...skewed.refused]);
  const codes = rejected.map(({ code }) => code);
  if (codes.length !== skewed.refused.length || codes.some((code) => code !== 'occurred_at_in_future'))
    discrepancies.push(`${skewed.refused.length} events from the future were answered by ${JSON.stringify(codes)}`);
  const isCounted = await client.counted(receipts, COUNTED_WITHIN_MS);
  if (!isCounted) discrepancies.push('not everything was counted in time');
  for (const day of DAYS) {
    const expected = (Date.parse(day.ends) - Date.parse(day.starts)) / QUARTER_MS;
    const counted = await countOf(client, day);
    say(`${day.what}: ${counted} of ${expected}`);
    if (counted !== expected) discrepancies.push(`${day.what}, ${day.from}: ${counted} events instead of ${expected}`);
  }
  const checks = {
    sent: lines.length + skewed.taken.length,
    refused_future: codes.length,
    wrong_days: discrepancies.length,
    uncounted_receipts: isCounted ? 0 : 1,
  };
  return { drill: 'clocks', seed, verdict: discrepancies.length === 0 ? 'pass' : 'fail', checks, discrepancies };
}

/** One at the start of each quarter, one just before the day and one just at its end, which belong to its neighbours. */
function eventsOf({ starts, ends }: Day, prefix: string): readonly string[] {
  const [first, end] = [Date.parse(starts), Date.parse(ends)];
  const times = [first - 1, end];
  for (let at = first; at < end; at += QUARTER_MS) times.push(at);
  return times.map((at, index) => edit(`${prefix}-${index}`, at));
}

function skewedEvents(seed: number): { readonly taken: readonly string[]; readonly refused: readonly string[] } {
  const nowMs = Date.now();
  const at = (offsets: readonly number[]): readonly string[] => offsets.map((offset) => edit(`skew-${seed}-${offset}`, nowMs + offset));
  // Five minutes ahead are allowed; the margins are for this machine's own work.
  return { taken: at([-HOUR_MS, 4 * MINUTE_MS]), refused: at([6 * MINUTE_MS, HOUR_MS, 1_000 * 24 * HOUR_MS]) };
}

function edit(id: string, atMs: number): string {
  const data = { page: id, channel: '#clock', namespace: 'Main', robot: false, added: 1, deleted: 0, delta: 1 };
  return JSON.stringify({ id, type: 'wiki.edit', occurred_at: new Date(atMs).toISOString(), data });
}

async function countOf(client: Client, { from, to }: Day): Promise<number> {
  const answer = await client.query({
    ...{ metric: 'wiki.edits', kind: 'series', grain: 'day', zone: 'Europe/Oslo', from, to },
    ...{ group_by: ['channel'], measures: ['edits'], where: { channel: { eq: '#clock' } } },
  } as const);
  return answer.rows.reduce((sum, row) => sum + Number(row[2]), 0);
}
