/** Three metrics for each of a million subjects: events counted a second, and cells written against Postgres writing them alone. */
import { createClient } from '@tidegate/sdk';
import { sendLoad } from './load.ts';
import type { LoadResult } from './load.ts';
import { measureAlone } from './cells-alone.ts';
import { createHealthWorkload, HEALTH_PACK } from './health-workload.ts';
import { startCpuWindow } from './machine.ts';
import { perMillion, startParts } from './processor-parts.ts';
import type { BenchMeasurement } from './report.ts';
import { nowMs } from './road.ts';
import type { BenchOptions } from './road.ts';

const CONNECTIONS = 16;
const EVENTS_PER_REQUEST = 500;
const UNCOUNTED_MAX = 40_000;
const COUNTED_WITHIN_MS = 120_000;
/** The rate that has to be kept up with. */
const AIM = 20_000;

export async function benchCardinality(options: BenchOptions): Promise<BenchMeasurement> {
  const { tidegate, seed, say } = options;
  await createClient({ gateway: tidegate.gateway, apiKey: tidegate.adminKey }).applyPack(HEALTH_PACK);
  const workload = createHealthWorkload(seed);
  const send = async (forMs: number): Promise<LoadResult> => {
    const shape = { connections: CONNECTIONS, eventsPerRequest: EVENTS_PER_REQUEST, rate: options.rate, uncountedMax: UNCOUNTED_MAX };
    const { gateway, apiKey } = tidegate;
    const load = await sendLoad({ gateway, apiKey, workload, forMs, nowMs, ...shape });
    await createClient({ gateway, apiKey }).counted(load.receipts, COUNTED_WITHIN_MS);
    return load;
  };
  say('warming up');
  await send(10_000);
  say(`sending for ${options.minutes} min`);
  const cpu = startCpuWindow(process.pid, nowMs);
  const parts = startParts(tidegate);
  const before = await scrape(tidegate.metricsPort('aggregator'));
  const startedMs = nowMs();
  const load = await send(options.minutes * 60_000);
  const seconds = (nowMs() - startedMs) / 1_000;
  const after = await scrape(tidegate.metricsPort('aggregator'));
  const used = cpu.end();
  const partSeconds = parts();
  const cells = (after.cells - before.cells) / seconds;
  const cellsPerFlush = (after.cells - before.cells) / Math.max(1, after.flushes - before.flushes);
  say('the same cells alone');
  const alone = await measureAlone(tidegate.addresses.databaseUrl, { writes: after.cells, cellsPerFlush });
  return {
    settings: { seed, minutes: options.minutes, rate: options.rate, subjects: 1_000_000, metrics: 3, connections: CONNECTIONS },
    figures: {
      events_per_second: load.distinct / seconds,
      cells_per_second: cells,
      cells_per_flush: cellsPerFlush,
      cells_per_second_alone: alone.cellsPerSecond,
      distinct_cells: alone.distinctCells,
      cpu_s_per_million: used.treeSeconds / (load.distinct / 1e6),
      aggregator_rss_mb: after.rssBytes / 1e6,
      ...perMillion(partSeconds, load.distinct),
    },
    ratios: { of_20000_per_second: load.distinct / seconds / AIM, cells_to_insert_on_conflict: cells / alone.cellsPerSecond },
    outsideCores: used.outsideCores,
  };
}

async function scrape(port: number): Promise<{ cells: number; flushes: number; rssBytes: number }> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const read = (name: string): number => Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
  return {
    cells: read('cells_written_total'),
    flushes: read('flush_duration_seconds_count'),
    rssBytes: read('process_resident_memory_bytes'),
  };
}
