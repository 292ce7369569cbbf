/** The main job at a steady rate for long: what memory each process holds, and whether it grows. */
import { createClient } from '@tidegate/sdk';
import { residentBytes } from '@tidegate/testkit';
import { sendLoad } from './load.ts';
import { startCpuWindow } from './machine.ts';
import { median } from './quantile.ts';
import { countEdits, loadOptions, nowMs, openWorkload, warmUp, type BenchOptions } from './road.ts';
import type { BenchMeasurement } from './report.ts';

const LOOK_EVERY_MS = 1_000;
const COUNTED_WITHIN_MS = 120_000;
/** Memory is compared between the second tenth of the time, when caches and windows have begun to fill, and the last one. */
const PARTS = 10;

/** `rss_mb_*`: median of the last tenth; `rss_growth_percent_*`: by how much it is above the median of the second tenth. */
export async function benchSoak(options: BenchOptions): Promise<BenchMeasurement> {
  const { tidegate, seed, minutes, rate, say } = options;
  const { gateway, apiKey } = tidegate;
  const client = createClient({ gateway, apiKey });
  const workload = openWorkload(seed);
  await warmUp(options, workload);
  const counted = await countEdits(client);
  say(`sending ${rate} events a second for ${minutes} min`);
  const cpu = startCpuWindow(process.pid, nowMs);
  const memory = watchMemory(pidsOf(options), minutes, say);
  const load = await sendLoad(loadOptions(options, workload));
  const figures = memory.end();
  const isCounted = await client.counted(load.receipts, COUNTED_WITHIN_MS);
  const used = cpu.end();
  const lost = counted + load.distinct - (await countEdits(client));
  if (!isCounted || lost !== 0) throw new Error(`${lost} of ${load.distinct} events were not counted once`);
  return {
    settings: { seed, minutes, asked_rate: rate, connections: 16, events_per_request: 500, refused_requests: load.refusedRequests },
    figures: {
      rate: load.distinct / ((load.lastAnswerMs - load.firstByteMs) / 1_000),
      events: load.distinct,
      cpu_s_per_million: used.treeSeconds / (load.distinct / 1e6),
      ...figures,
    },
    ratios: {},
    outsideCores: used.outsideCores,
  };
}

type Pids = Readonly<Record<string, () => number>>;

/** The services and the broker. Postgres is many processes, which share most of what they hold. */
function pidsOf({ tidegate }: BenchOptions): Pids {
  const { services, kafka } = tidegate;
  const own = Object.fromEntries(services.names.map((name) => [name, () => services.pid(name)]));
  return kafka === null ? own : { ...own, kafka: () => kafka.pid() };
}

function watchMemory(pids: Pids, minutes: number, say: (line: string) => void): { end(): Record<string, number> } {
  const seen = new Map(Object.keys(pids).map((name) => [name, [] as number[]]));
  let looks = 0;
  const timer = setInterval(() => {
    for (const [name, pid] of Object.entries(pids)) seen.get(name)?.push(residentBytes(pid()) / 1e6);
    looks += 1;
    if (looks % 60 === 0)
      say(`${looks / 60} of ${minutes} min: ${[...seen].map(([name, mb]) => `${name} ${mb.at(-1)?.toFixed(0)} MB`).join(', ')}`);
  }, LOOK_EVERY_MS);
  return {
    end() {
      clearInterval(timer);
      return Object.fromEntries([...seen].flatMap(([name, mb]) => Object.entries(describe(name, mb))));
    },
  };
}

function describe(name: string, mb: readonly number[]): Record<string, number> {
  const part = (index: number): number => median(mb.slice((mb.length * index) / PARTS, (mb.length * (index + 1)) / PARTS));
  const [early, late] = [part(1), part(PARTS - 1)];
  return { [`rss_mb_${name}`]: late, [`rss_growth_percent_${name}`]: (late / early - 1) * 100 };
}
