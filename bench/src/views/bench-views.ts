/**
 * Kept answers of views under a load as a public makes it: how often each class is answered from the cache while a seventh of the
 * calls write, and what that is worth (hits against misses, in the same run).
 */
import type { Tidegate } from '@tidegate/native';
import { createClient } from '@tidegate/sdk';
import type { Client, EventInput } from '@tidegate/sdk';
import { createSeededRandom } from '@tidegate/testkit';
import { Pool } from 'undici';
import { startCpuWindow } from '../machine.ts';
import { ascending, median, quantile } from '../quantile.ts';
import type { BenchMeasurement } from '../report.ts';
import { nowMs } from '../road.ts';
import type { BenchOptions } from '../road.ts';
import { firstEvents, laterEvent, personOf, VIEWS } from './persons.ts';
import type { ViewOfPerson } from './persons.ts';
import { createZipf } from './zipf.ts';
import type { Rng } from './zipf.ts';

const LOGICAL_KEYS = 100_000;
const PERSONS = LOGICAL_KEYS / VIEWS.length;
const SKEW = 1;
const WRITE_SHARE = 0.15;
const CONNECTIONS = 32;
const COUNTED_WITHIN_MS = 300_000;

interface Seen {
  readonly hits: number[];
  readonly misses: number[];
}

export async function benchViews({ tidegate, seed, minutes, say }: BenchOptions): Promise<BenchMeasurement> {
  const client = createClient({ gateway: tidegate.gateway, apiKey: tidegate.apiKey });
  const pool = new Pool(tidegate.gateway, { connections: CONNECTIONS, pipelining: 1 });
  try {
    say(`${PERSONS} persons`);
    await sendPersons(client);
    say(`reading and writing for ${minutes} min`);
    const cpu = startCpuWindow(process.pid, nowMs);
    const seen = new Map<ViewOfPerson, Seen>(VIEWS.map((view) => [view, { hits: [], misses: [] }]));
    const run = { pool, client, tidegate, seen, endMs: nowMs() + minutes * 60_000, writes: { count: 0 } };
    const startedMs = nowMs();
    await Promise.all(Array.from({ length: CONNECTIONS }, async (_, at) => callAgain(run, createSeededRandom(seed * 1_000 + at))));
    const seconds = (nowMs() - startedMs) / 1_000;
    const { outsideCores } = cpu.end();
    const reads = [...seen.values()].reduce((sum, { hits, misses }) => sum + hits.length + misses.length, 0);
    const settings = { seed, minutes, logical_keys: LOGICAL_KEYS, zipf_s: SKEW, write_share: WRITE_SHARE, connections: CONNECTIONS };
    return {
      settings,
      figures: { reads, writes: run.writes.count, calls_per_second: (reads + run.writes.count) / seconds, ...figuresOf(seen) },
      ratios: ratiosOf(seen),
      outsideCores,
    };
  } finally {
    await pool.close();
  }
}

interface Run {
  readonly pool: Pool;
  readonly client: Client;
  readonly tidegate: Tidegate;
  readonly seen: ReadonlyMap<ViewOfPerson, Seen>;
  readonly endMs: number;
  readonly writes: { count: number };
}

/** The accounts of all, and what there is of them, counted before anything is asked. */
async function sendPersons(client: Client): Promise<void> {
  const events = Array.from({ length: PERSONS }, (_, number) => firstEvents(number, Math.floor(nowMs()))).flat();
  if (!(await client.counted(await send(client, events), COUNTED_WITHIN_MS))) throw new Error('the persons were not counted in time');
}

async function send(client: Client, events: readonly EventInput[]): Promise<readonly string[]> {
  const { accepted, receipts } = await client.send(events);
  if (accepted !== events.length) throw new Error(`of ${events.length} events ${accepted} were accepted`);
  return receipts;
}

async function callAgain(run: Run, random: Rng): Promise<void> {
  const drawPerson = createZipf(PERSONS, SKEW, random);
  while (nowMs() < run.endMs) {
    const number = drawPerson();
    if (random() < WRITE_SHARE) {
      run.writes.count += 1;
      const id = `later-${process.pid}-${run.writes.count}`;
      await send(run.client, [laterEvent(number, { id, nowMs: Math.floor(nowMs()), random })]);
    } else await readView(run, viewOf(random), personOf(number));
  }
}

async function readView({ pool, tidegate, seen }: Run, view: ViewOfPerson, person: string): Promise<void> {
  const askedMs = nowMs();
  const { statusCode, headers, body } = await pool.request({
    method: 'GET',
    path: view.path(person),
    headers: { 'x-api-key': tidegate.apiKey },
  });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`${view.cacheClass} was answered ${statusCode}: ${text.slice(0, 500)}`);
  const { hits = [], misses = [] } = seen.get(view) ?? {};
  (headers['x-cache'] === 'HIT' ? hits : misses).push(nowMs() - askedMs);
}

function viewOf(random: Rng): ViewOfPerson {
  let left = random() * VIEWS.reduce((sum, { weight }) => sum + weight, 0);
  const found = VIEWS.find(({ weight }) => (left -= weight) < 0) ?? VIEWS[0];
  if (found === undefined) throw new Error('there is no view');
  return found;
}

function figuresOf(seen: Run['seen']): Record<string, number> {
  const figures: Record<string, number> = {};
  for (const [{ cacheClass }, { hits, misses }] of seen) {
    figures[`${cacheClass}_hit_rate`] = hits.length / (hits.length + misses.length);
    for (const [state, times] of Object.entries({ hit: hits, miss: misses })) {
      const sorted = ascending(times);
      figures[`${cacheClass}_${state}_p50_ms`] = quantile(sorted, 0.5);
      figures[`${cacheClass}_${state}_p95_ms`] = quantile(sorted, 0.95);
    }
  }
  return figures;
}

/** How many times longer a caller waits without the cache, at the median. */
function ratiosOf(seen: Run['seen']): Record<string, number> {
  return Object.fromEntries(
    [...seen].map(([{ cacheClass }, { hits, misses }]) => [`${cacheClass}_miss_to_hit`, median(misses) / median(hits)]),
  );
}
