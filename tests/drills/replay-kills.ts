import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { createRowMapper, parseMapping, rowId, type Mapping } from '@tidegate/cli';
import type { Client } from '@tidegate/sdk';
import type { Tidegate } from '@tidegate/native';
import { createSeededRandom } from '@tidegate/testkit';
import { openOracle } from '../oracle/oracle.ts';
import { createEdits, dataFile, WIKIPEDIA_FILE } from '../oracle/tables.ts';
import type { DrillOptions, DrillReport } from './drill.ts';

export interface ReplayKillsOptions extends DrillOptions {
  readonly tidegate: Tidegate;
  readonly client: Client;
  /** How often an aggregator is killed. */
  readonly kills: number;
  /** Longest pause between two kills. */
  readonly pauseMsMax: number;
  /** Clears the installation's keys in Redis. */
  readonly flushRedis: () => Promise<void>;
}

const COUNTED_WITHIN_MS = 180_000;
const REQUEST_EVENTS = 100;
/** Share of requests that are sent a second time, as a client would whose connection broke before the answer. */
const AGAIN_SHARE = 0.1;

/**
 * Replays the Wikipedia edits while aggregators are killed with SIGKILL at seeded moments; half-way the broker is killed and
 * started again, and Redis is emptied. Afterwards every channel of every hour must have exactly the edits that the file has.
 */
export async function replayKills(options: ReplayKillsOptions): Promise<DrillReport> {
  const random = createSeededRandom(options.seed);
  const sending = sendPaced(options, random);
  const faults = injectFaults(options, random);
  const done = await Promise.all([sending.done, faults.then(() => sending.hurry())]);
  const receipts = done[0];
  const isCounted = await options.client.counted(receipts, COUNTED_WITHIN_MS);
  const { lost, doubled } = await compareWithFile(options.client);
  const checks = {
    lost,
    doubled,
    kills: options.kills,
    kafka_restarts: options.tidegate.kafka === null ? 0 : 1,
    redis_flushes: 1,
    uncounted_receipts: isCounted ? 0 : 1,
  };
  const verdict = lost === 0 && doubled === 0 && isCounted ? 'pass' : 'fail';
  return { drill: 'replay-kills', seed: options.seed, verdict, checks };
}

interface Sending {
  readonly done: Promise<readonly string[]>;
  /** The faults are over: send what is left without pauses. */
  hurry(): void;
}

/** Sends slowly enough to last as long as the faults do; what is left when they are over goes at once. */
function sendPaced(options: ReplayKillsOptions, random: () => number): Sending {
  let isHurried = false;
  const requests = readRequests();
  const pauseMs = (options.kills * options.pauseMsMax) / requests.length;
  const run = async (): Promise<readonly string[]> => {
    const receipts: string[] = [];
    for (const [index, lines] of requests.entries()) {
      receipts.push(...(await options.client.send(lines)).receipts);
      if (random() < AGAIN_SHARE) receipts.push(...(await options.client.send(lines)).receipts);
      if (index % 50 === 0) options.say(`sent ${index * REQUEST_EVENTS} of ${requests.length * REQUEST_EVENTS} events`);
      if (!isHurried) await delay(pauseMs);
    }
    return receipts;
  };
  return {
    done: run(),
    hurry: () => {
      isHurried = true;
    },
  };
}

function readRequests(): readonly (readonly string[])[] {
  const mappingFile = fileURLToPath(new URL('../../packs/wikipedia/mapping.yaml', import.meta.url));
  const mapping: Mapping = parseMapping(readFileSync(mappingFile, 'utf8'));
  const toEvent = createRowMapper(mapping);
  const rows = gunzipSync(readFileSync(dataFile(WIKIPEDIA_FILE)))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
  const events = rows.flatMap(
    (row, index) => toEvent(JSON.parse(row) as Record<string, unknown>, () => rowId('replay-kills-drill', index)) ?? [],
  );
  return Array.from({ length: Math.ceil(events.length / REQUEST_EVENTS) }, (_, i) =>
    events.slice(i * REQUEST_EVENTS, (i + 1) * REQUEST_EVENTS),
  );
}

/** A fault must not be waited for: the next one may come while the last one is being recovered from. */
async function injectFaults(options: ReplayKillsOptions, random: () => number): Promise<void> {
  const { tidegate, kills, say } = options;
  const aggregators = tidegate.services.names.filter((name) => name.startsWith('aggregator'));
  for (let kill = 1; kill <= kills; kill += 1) {
    await delay(random() * options.pauseMsMax);
    const name = aggregators[Math.floor(random() * aggregators.length)] ?? 'aggregator';
    await tidegate.services.kill(name);
    say(`killed ${name} (${kill} of ${kills})`);
    await tidegate.services.start(name);
    if (kill === Math.floor(kills / 3)) await restartKafka(options);
    if (kill === Math.floor((kills * 2) / 3)) {
      await options.flushRedis();
      say('emptied Redis');
    }
  }
}

async function restartKafka({ tidegate, say }: ReplayKillsOptions): Promise<void> {
  if (tidegate.kafka === null) return;
  await tidegate.kafka.kill();
  await tidegate.kafka.restart();
  say('killed Kafka and started it again');
}

/** Every channel of every hour against the file: what is missing is lost, what is too much is doubled. */
async function compareWithFile(client: Client): Promise<{ lost: number; doubled: number }> {
  const oracle = await openOracle();
  await createEdits(oracle);
  const expected =
    await oracle.rows(`SELECT strftime(timezone('UTC', date_trunc('hour', instant)), '%Y-%m-%dT%H:%M:%S.000Z'), channel, count(*)::INTEGER, sum(added)::INTEGER
    FROM edits GROUP BY 1, 2`);
  oracle.close();
  const answer = await client.queryAll({
    metric: 'wiki.edits',
    kind: 'series',
    grain: 'hour',
    from: '2015-09-12',
    to: '2015-09-13',
    group_by: ['channel'],
    measures: ['edits', 'added'],
    limit: 1_000,
  });
  const left = new Map(
    expected.map(([hour, channel, edits, added]) => [`${hour} ${channel}`, { edits: Number(edits), added: Number(added) }]),
  );
  const difference = { lost: 0, doubled: 0 };
  for (const [hour, channel, edits, added] of answer.rows) {
    const key = `${new Date(String(hour)).toISOString()} ${String(channel)}`;
    addDifference(difference, left.get(key) ?? { edits: 0, added: 0 }, { edits: Number(edits), added: Number(added) });
    left.delete(key);
  }
  for (const missing of left.values()) addDifference(difference, missing, { edits: 0, added: 0 });
  return difference;
}

interface Tally {
  readonly edits: number;
  readonly added: number;
}

/** Equal counts with another sum means one was lost and another one doubled. */
function addDifference(difference: { lost: number; doubled: number }, expected: Tally, counted: Tally): void {
  difference.lost += Math.max(0, expected.edits - counted.edits);
  difference.doubled += Math.max(0, counted.edits - expected.edits);
  if (expected.edits === counted.edits && expected.added !== counted.added) {
    difference.lost += 1;
    difference.doubled += 1;
  }
}
