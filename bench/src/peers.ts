import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createClient } from '@tidegate/sdk';
import pg from 'pg';
import { startCpuWindow, treeSeconds } from './machine.ts';
import type { BenchMeasurement } from './report.ts';
import { sendLoad } from './load.ts';
import { countEdits, nowMs, openWorkload, WIKIPEDIA, type BenchOptions } from './road.ts';

const HERE = dirname(import.meta.filename);
const EVENTS_PER_REQUEST = 500;
const CONNECTIONS = 16;
const COUNTED_WITHIN_MS = 600_000;

interface Drained {
  readonly events: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/**
 * What reading a log into Postgres costs, without HTTP: the aggregator, the pipeline that most teams would write (kafkajs,
 * insert or leave, upsert), and Postgres alone. The first two read the very same records of events.v1; the third inserts as
 * many requests of the same workload. Each begins with the start of its process and ends when every event is in its sums.
 *
 * The three do not do the same: the aggregator alone keeps a journal and states of quantiles, announces each change and is
 * exact through a take-over. A peer's ids are unique for ever and cost an index that grows with them.
 */
export async function benchPeers(options: BenchOptions): Promise<BenchMeasurement> {
  const { tidegate, say } = options;
  if (tidegate.kafka === null || tidegate.postgres === null) throw new Error('bench peers measures servers that it started itself');
  const servers = [tidegate.kafka.pid(), tidegate.postgres.pid()];
  const cpu = startCpuWindow(process.pid, nowMs);
  await tidegate.services.kill('aggregator', 'SIGTERM');
  say('filling the log');
  const load = await fill(options);
  const requests = Math.ceil(load.sent / EVENTS_PER_REQUEST);
  say(`${load.distinct} events in ${requests} requests`);
  const ours = await measure(servers, () => drainTidegate(options, load.distinct));
  report(say, 'tidegate', ours);
  const database = await openPeerDatabase(tidegate.addresses.databaseUrl, 'peer_kafkajs');
  const kafkajs = await measure(servers, () => drainKafkajs(options, database, load.distinct));
  report(say, 'kafkajs', kafkajs);
  const alone = await openPeerDatabase(tidegate.addresses.databaseUrl, 'peer_alone');
  const postgres = await measure(servers, () => fillPostgres(options, alone, requests));
  report(say, 'postgres alone', postgres);
  const { outsideCores } = cpu.end();
  return {
    settings: { seed: options.seed, events: load.distinct, requests, events_per_request: EVENTS_PER_REQUEST, partitions: 12 },
    figures: { ...figuresOf('tidegate', ours), ...figuresOf('kafkajs', kafkajs), ...figuresOf('postgres_alone', postgres) },
    ratios: {
      events_per_second_to_kafkajs: rateOf(ours) / rateOf(kafkajs),
      cpu_to_kafkajs: perMillion(ours) / perMillion(kafkajs),
      events_per_second_to_postgres_alone: rateOf(ours) / rateOf(postgres),
      cpu_to_postgres_alone: perMillion(ours) / perMillion(postgres),
    },
    outsideCores,
  };
}

const rateOf = ({ events, seconds }: Drained): number => events / seconds;
const perMillion = ({ events, cpuSeconds }: Drained): number => cpuSeconds / (events / 1e6);

function figuresOf(name: string, drained: Drained): Record<string, number> {
  return { [`${name}_events_per_second`]: rateOf(drained), [`${name}_cpu_s_per_million`]: perMillion(drained) };
}

function report(say: BenchOptions['say'], name: string, drained: Drained): void {
  say(`${name}: ${Math.round(rateOf(drained))} events/s, ${perMillion(drained).toFixed(1)} CPU-s per million`);
}

/** Nothing is counted meanwhile, so nothing is waited for. */
function fill({ tidegate, seed, minutes }: BenchOptions): ReturnType<typeof sendLoad> {
  return sendLoad({
    ...{ gateway: tidegate.gateway, apiKey: tidegate.apiKey, workload: openWorkload(seed), nowMs },
    ...{ connections: CONNECTIONS, eventsPerRequest: EVENTS_PER_REQUEST, rate: 0, uncountedMax: Number.POSITIVE_INFINITY },
    forMs: minutes * 60_000,
  });
}

/** @param work resolves with the events that it counted and the process that did it */
async function measure(servers: readonly number[], work: () => Promise<{ events: number; usedByProcess: number }>): Promise<Drained> {
  const before = servers.reduce((sum, pid) => sum + treeSeconds(pid), 0);
  const startedMs = nowMs();
  const { events, usedByProcess } = await work();
  const seconds = (nowMs() - startedMs) / 1_000;
  const usedByServers = servers.reduce((sum, pid) => sum + treeSeconds(pid), 0) - before;
  return { events, seconds, cpuSeconds: usedByServers + usedByProcess };
}

async function drainTidegate({ tidegate }: BenchOptions, events: number): Promise<{ events: number; usedByProcess: number }> {
  const client = createClient({ gateway: tidegate.gateway, apiKey: tidegate.apiKey });
  await tidegate.services.start('aggregator');
  await until(async () => (await countEdits(client)) >= events);
  return { events, usedByProcess: treeSeconds(tidegate.services.pid('aggregator')) };
}

async function drainKafkajs(
  { tidegate }: BenchOptions,
  databaseUrl: string,
  events: number,
): Promise<{ events: number; usedByProcess: number }> {
  const env = { KAFKA_BROKERS: tidegate.addresses.kafkaBrokers, TOPIC: `${tidegate.topicPrefix}events.v1`, DATABASE_URL: databaseUrl };
  const peer = startPeer('kafkajs-pipeline.ts', env);
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await until(async () => {
      if (peer.exitCode !== null) throw new Error(`the peer ended with ${peer.exitCode}`);
      const { rows } = await client.query<{ edits: string | null }>(
        "SELECT sum(edits) AS edits FROM rollup WHERE grouping_name = 'channel'",
      );
      return Number(rows[0]?.edits ?? 0) >= events;
    });
    return { events, usedByProcess: treeSeconds(peer.pid ?? 0) };
  } finally {
    await client.end();
    if (peer.exitCode === null && peer.kill('SIGTERM')) await once(peer, 'exit');
  }
}

async function fillPostgres(
  { seed }: BenchOptions,
  databaseUrl: string,
  requests: number,
): Promise<{ events: number; usedByProcess: number }> {
  const env = { WORKLOAD_FILE: WIKIPEDIA, SEED: String(seed), REQUESTS: String(requests), EVENTS_PER_REQUEST: String(EVENTS_PER_REQUEST) };
  const peer = startPeer('postgres-alone.ts', { ...env, DATABASE_URL: databaseUrl });
  let printed = '';
  peer.stdout?.on('data', (chunk: Buffer) => (printed += chunk.toString('utf8')));
  let used = 0;
  const watch = setInterval(() => (used = Math.max(used, treeSeconds(peer.pid ?? 0))), 200);
  const [code] = (await once(peer, 'exit')) as [number | null];
  clearInterval(watch);
  if (code !== 0) throw new Error(`the peer ended with ${String(code)}`);
  return { events: Number(printed), usedByProcess: used };
}

function startPeer(file: string, env: Readonly<Record<string, string>>): ChildProcess {
  return spawn(process.execPath, [join(HERE, 'peers', file)], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } });
}

async function openPeerDatabase(databaseUrl: string, name: string): Promise<string> {
  const address = new URL(databaseUrl);
  const admin = new pg.Client({ connectionString: databaseUrl });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`);
  await admin.end();
  address.pathname = `/${name}`;
  const client = new pg.Client({ connectionString: address.toString() });
  await client.connect();
  await client.query(readFileSync(join(HERE, 'peers/peer-tables.sql'), 'utf8'));
  await client.end();
  return address.toString();
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadlineMs = nowMs() + COUNTED_WITHIN_MS;
  while (!(await isSo())) {
    if (nowMs() > deadlineMs) throw new Error(`not all events were counted within ${COUNTED_WITHIN_MS / 1_000} s`);
    await new Promise((done) => setTimeout(done, 100));
  }
}
