import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { FAULT_POINTS, type FaultPoint } from '../../services/aggregator/src/fault-points.ts';
import type { Client } from '@tidegate/sdk';
import type { Tidegate } from '@tidegate/native';
import { createSeededRandom } from '@tidegate/testkit';
import type { DrillOptions, DrillReport } from './drill.ts';

export interface FlushBoundariesOptions extends DrillOptions {
  /** Its aggregator runs `faulty-aggregator.ts`. */
  readonly tidegate: Tidegate;
  readonly client: Client;
  readonly faultFile: string;
}

const EVENTS = 200;
const INVALID_EVERY = 50;
const WITHIN_MS = 60_000;
const CHANNELS = ['#a', '#b', '#c'];

/**
 * Ends the aggregator with SIGKILL at each boundary between two steps: of a commit, of its announcement, of taking a partition
 * over. Before each, events go in, some of them twice and some invalid; after it another aggregator finishes the work. At the
 * end each channel must have exactly the events and the sum that were sent.
 */
export async function flushBoundaries(options: FlushBoundariesOptions): Promise<DrillReport> {
  const random = createSeededRandom(options.seed);
  const expected = new Map(CHANNELS.map((channel) => [channel, { edits: 0, added: 0 }]));
  let uncounted = 0;
  for (const [round, point] of FAULT_POINTS.entries()) {
    options.say(`ends at ${point}`);
    writeFileSync(options.faultFile, point);
    if (point.startsWith('takeover.')) await restart(options.tidegate);
    const receipts = await sendRound(options.client, { round, random, expected });
    await untilCarriedOut(options, point);
    await options.tidegate.services.start('aggregator');
    if (!(await options.client.counted(receipts, WITHIN_MS))) uncounted += 1;
  }
  const { lost, doubled } = await compare(options.client, expected);
  const rejected = FAULT_POINTS.length * Math.ceil(EVENTS / INVALID_EVERY);
  const checks = { lost, doubled, kills: FAULT_POINTS.length, uncounted_rounds: uncounted, rejected };
  return { drill: 'flush-boundaries', seed: options.seed, verdict: lost + doubled + uncounted === 0 ? 'pass' : 'fail', checks };
}

interface Round {
  readonly round: number;
  readonly random: () => number;
  readonly expected: Map<string, { edits: number; added: number }>;
}

async function sendRound(client: Client, { round, random, expected }: Round): Promise<readonly string[]> {
  const lines: string[] = [];
  for (let i = 0; i < EVENTS; i += 1) {
    const channel = CHANNELS[Math.floor(random() * CHANNELS.length)] ?? '#a';
    const isInvalid = i % INVALID_EVERY === 0;
    const added = isInvalid ? -1 : Math.floor(random() * 1_000);
    const data = { page: `page ${i}`, channel, namespace: 'Main', robot: false, added, deleted: 0, delta: added };
    const line = JSON.stringify({ id: `${round}-${i}`, type: 'wiki.edit', occurred_at: '2026-02-03T04:05:06.000Z', data });
    lines.push(line, ...(i % 10 === 3 ? [line] : []));
    const sums = expected.get(channel);
    if (isInvalid || sums === undefined) continue;
    sums.edits += 1;
    sums.added += added;
  }
  return (await client.send(lines)).receipts;
}

/** The process removes the order and ends; whatever it had in hand is gone with it. */
async function untilCarriedOut({ tidegate, faultFile }: FlushBoundariesOptions, point: FaultPoint): Promise<void> {
  const deadlineMs = performance.now() + WITHIN_MS;
  while (existsSync(faultFile) || isAlive(tidegate.services.pid('aggregator'))) {
    if (performance.now() > deadlineMs) throw new Error(`${point} was not reached within ${WITHIN_MS / 1_000} s`);
    await delay(20);
  }
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The order may be carried out before the new process was ready: that is no failure of the drill. */
async function restart(tidegate: Tidegate): Promise<void> {
  await tidegate.services.kill('aggregator');
  await tidegate.services.start('aggregator').catch(() => undefined);
}

async function compare(client: Client, expected: Round['expected']): Promise<{ lost: number; doubled: number }> {
  const answer = await client.query({
    ...{ metric: 'wiki.edits', kind: 'table', group_by: ['channel'], measures: ['edits', 'added'] },
    ...{ from: '2026-02-03', to: '2026-02-04' },
  } as const);
  const counted = new Map(answer.rows.map(([channel, edits, added]) => [String(channel), { edits: Number(edits), added: Number(added) }]));
  const difference = { lost: 0, doubled: 0 };
  for (const [channel, { edits, added }] of expected) {
    const got = counted.get(channel) ?? { edits: 0, added: 0 };
    difference.lost += Math.max(0, edits - got.edits) + (edits === got.edits && added !== got.added ? 1 : 0);
    difference.doubled += Math.max(0, got.edits - edits);
  }
  return difference;
}
