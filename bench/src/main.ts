import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startTidegate } from '@tidegate/native';
import { startBenchDatabase } from './bench-database.ts';
import { benchCardinality } from './cardinality.ts';
import { benchDedup } from './dedup.ts';
import { benchFreshness } from './freshness.ts';
import { benchGateway } from './gateway/bench-gateway.ts';
import { startGatewaySystem } from './gateway/system.ts';
import { benchGrowth } from './growth.ts';
import { runInterruptible } from './interruptible.ts';
import { benchMeasures } from './measures.ts';
import { benchPeers } from './peers.ts';
import { benchQuery } from './query/bench-query.ts';
import { startQuerySystem } from './query/system.ts';
import { keepResult, type BenchMeasurement } from './report.ts';
import { benchRecovery } from './recovery.ts';
import { benchRoad, type BenchOptions } from './road.ts';
import { benchSoak } from './soak.ts';
import { benchTargets } from './targets/bench-targets.ts';
import { benchViews } from './views/bench-views.ts';

/** Events a second: half of what the road takes on the machine of docs/benchmarks. */
const HALF_OF_THE_ROAD = 18_000;

const BENCHES: Readonly<
  Record<
    string,
    {
      run: (options: BenchOptions) => Promise<BenchMeasurement>;
      rate: number;
      minutes?: number;
      packs?: readonly string[];
      aggregators?: number;
    }
  >
> = {
  road: { run: benchRoad, rate: 0 },
  freshness: { run: benchFreshness, rate: 10_000 },
  peers: { run: benchPeers, rate: 0 },
  recovery: { run: benchRecovery, rate: HALF_OF_THE_ROAD, aggregators: 2 },
  soak: { run: benchSoak, rate: HALF_OF_THE_ROAD, minutes: 60 },
  cardinality: { run: benchCardinality, rate: 0, packs: [] },
  views: { run: benchViews, rate: 0, minutes: 10, packs: ['healthtrack'] },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string' },
    rate: { type: 'string' },
    events: { type: 'string' },
    results: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

/** A class that is never reached: the bench measures the road, not a limit of the demo key. */
const UNLIMITED = {
  LIMIT_INGEST_PER_MINUTE: '100000000',
  LIMIT_API_KEY_PER_MINUTE: '100000000',
  LIMIT_GLOBAL_PER_MINUTE: '100000000',
};

const name = positionals[0] ?? '';
const bench = BENCHES[name];
const say = (line: string): void => void process.stderr.write(`${line}\n`);

function keep(measured: BenchMeasurement): void {
  const result = keepResult(name, measured);
  process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : `${JSON.stringify(result, null, 2)}\n`);
  if (result.machine.void) say(`void: other processes used ${result.machine.outside_cores} cores on average`);
}

if (name === 'measures') keep(benchMeasures(Number(values.seed), say));
else if (name === 'growth') keep(benchGrowth(Number(values.seed), say));
else if (name === 'targets') {
  const { seed, minutes = '1', results } = values;
  const asked = { minutes: Number(minutes), seed: Number(seed), settings: UNLIMITED, say };
  const measured = await benchTargets({ ...asked, ...(results === undefined ? {} : { results: resolve(results) }) });
  keep(measured);
  for (const line of measured.worse) say(line);
  if (measured.worse.length > 0) process.exitCode = 1;
} else if (name === 'dedup') {
  await runInterruptible({
    start: startBenchDatabase,
    work: async (database) => keep(await benchDedup({ database, seed: Number(values.seed), say })),
    end: async (database) => database.stop(),
  });
} else if (name === 'gateway') {
  await runInterruptible({
    start: async (signal) => startGatewaySystem({ settings: UNLIMITED, signal }),
    work: async (system) => keep(await benchGateway({ system, minutes: Number(values.minutes ?? 1), rate: Number(values.rate ?? 0), say })),
    end: async (system) => system.stop(),
  });
} else if (name === 'query') {
  const { minutes = '1', rate = '5000', events = '10000000' } = values;
  const asked = { seed: Number(values.seed), minutes: Number(minutes), rate: Number(rate), events: Number(events), say };
  await runInterruptible({
    start: async (signal) => startQuerySystem({ settings: UNLIMITED, signal }),
    work: async (system) => keep(await benchQuery({ system, ...asked })),
    end: async (system) => system.stop(),
  });
} else if (bench === undefined) {
  process.stderr.write(
    `Usage: npm run bench -- ${Object.keys(BENCHES).join('|')}|gateway|query|targets|measures|growth|dedup [--minutes N] [--rate N] [--events N] [--seed N] [--results FOLDER] [--json]\n`,
  );
  process.exitCode = 2;
} else {
  const dataDir = mkdtempSync(join(tmpdir(), 'tidegate-bench-'));
  await runInterruptible({
    start: async (signal) => {
      const { packs = ['wikipedia'], aggregators = 1 } = bench;
      return startTidegate({ dataDir, packs, aggregators, tuning: 'serve', settings: UNLIMITED, signal });
    },
    async work(tidegate) {
      const options = {
        tidegate,
        seed: Number(values.seed),
        minutes: Number(values.minutes ?? bench.minutes ?? 1),
        rate: Number(values.rate ?? bench.rate),
        say,
      };
      keep(await bench.run(options));
    },
    async end(tidegate) {
      await tidegate.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  });
}
