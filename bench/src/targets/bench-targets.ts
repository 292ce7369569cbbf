/** Times, errors and hit rates of routes beside what is asked of them: one run, one table, one verdict for each figure. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startTidegate, type Tidegate } from '@tidegate/native';
import { runInterruptible } from '../interruptible.ts';
import { startCpuWindow, treeSeconds } from '../machine.ts';
import type { BenchMeasurement, JudgedTarget } from '../report.ts';
import { nowMs } from '../road.ts';
import { ADVICE_LOAD, CACHED, CLIMB, CLIMB_ROWS, UNCACHED, type TargetLoad } from './loads.ts';

export interface TargetsOptions {
  /** Of a load that goes by time; the mix takes ten times as long, the claims twice. Some are asked for a minute before. */
  readonly minutes: number;
  readonly seed: number;
  readonly settings: Readonly<Record<string, string>>;
  /** Folder in which each load is kept and compared with its run before. */
  readonly results?: string;
  readonly say: (line: string) => void;
}

/** Persons, and claims, of the system with its cache; of the one without it fewer, each with a year. */
const PERSONS = 1_000;
const YEAR_PERSONS = 50;
const CLI = fileURLToPath(new URL('../../../packages/cli/src/main.ts', import.meta.url));
/** What may become a job is waited for, so that its time is that of its answer. */
const IN_ONE_ANSWER = { ANSWER_WITHIN_MS: '30000' };

interface LoadJson {
  readonly requests: number;
  readonly by_status: Readonly<Record<string, number>>;
  readonly thresholds: readonly { readonly threshold: string; readonly value: number | null; readonly met: boolean }[];
}

interface Phase {
  readonly options: TargetsOptions;
  readonly tidegate: Tidegate;
  readonly targets: JudgedTarget[];
  /** What is worse than in the run before, in words. */
  readonly worse: string[];
}

export async function benchTargets(options: TargetsOptions): Promise<BenchMeasurement & { readonly worse: readonly string[] }> {
  const cpu = startCpuWindow(process.pid, nowMs);
  const targets: JudgedTarget[] = [];
  const worse: string[] = [];
  const advice = { cached: 0, uncached: 0 };
  await inSystem(options, {}, async (tidegate) => {
    const phase = { options, tidegate, targets, worse };
    for (const pack of ['healthtrack', 'fitness', 'marb'])
      await seed(phase, pack, { scale: PERSONS, days: pack === 'healthtrack' ? 30 : 90 });
    for (const load of CACHED) await measure(phase, load);
    await measure(phase, ADVICE_LOAD);
    advice.cached = await queryMsOf(phase, ADVICE_LOAD);
  });
  await inSystem(options, { ENABLE_REDIS_CACHE: 'false' }, async (tidegate) => {
    const phase = { options, tidegate, targets, worse };
    await seed(phase, 'fitness', { scale: YEAR_PERSONS, days: 365 });
    await seed(phase, 'healthtrack', { scale: 100, days: 30 });
    for (const load of UNCACHED) await measure(phase, load);
    advice.uncached = await queryMsOf(phase, ADVICE_LOAD);
    await climb(phase);
  });
  const saved = 100 * (1 - advice.cached / advice.uncached);
  targets.push({ load: ADVICE_LOAD.name, rows: ADVICE_LOAD.rows, target: 'processor time saved>90', value: saved, met: saved > 90 });
  return {
    settings: { seed: options.seed, minutes: options.minutes, persons: PERSONS, year_persons: YEAR_PERSONS },
    figures: { query_ms_with_cache: advice.cached, query_ms_without_cache: advice.uncached },
    ratios: { met: targets.filter(({ met }) => met).length / targets.length },
    targets,
    worse,
    outsideCores: cpu.end().outsideCores,
  };
}

async function inSystem(
  { settings, say }: TargetsOptions,
  more: Readonly<Record<string, string>>,
  work: (tidegate: Tidegate) => Promise<void>,
): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tidegate-bench-'));
  await runInterruptible({
    start: async (signal) => {
      say(`starting${Object.keys(more).length === 0 ? '' : ' without the cache'}`);
      const all = { ...settings, ...IN_ONE_ANSWER, ...more };
      return startTidegate({ dataDir, packs: ['healthtrack', 'fitness', 'marb'], tuning: 'serve', settings: all, signal });
    },
    work,
    async end(tidegate) {
      await tidegate.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  });
}

async function seed(
  { options, tidegate }: Phase,
  pack: string,
  { scale, days }: { readonly scale: number; readonly days: number },
): Promise<void> {
  options.say(`seeding ${scale} of pack ${pack}, ${days} days`);
  const flags = ['--pack', pack, '--scale', String(scale), '--days', String(days), '--seed', String(options.seed), '--json'];
  const { code, out, err } = await runCommand(tidegate, ['seed-data', ...flags]);
  if (code !== 0) throw new Error(`seed-data: ${err}${out}`);
}

async function measure(phase: Phase, load: TargetLoad): Promise<void> {
  const { options, targets } = phase;
  if (load.warmS !== undefined)
    await runLoad(phase, { ...load, name: `${load.name}, before it counts`, targets: [] }, { seconds: load.warmS });
  const told = await runLoad(phase, load, { results: options.results });
  // A 202 is a promise, not an answer: its time says nothing.
  const promised = told.by_status['202'] !== undefined && load.flags[0] === '--endpoints';
  for (const { threshold, value, met } of told.thresholds) {
    targets.push({ load: load.name, rows: load.rows, target: threshold, value, met: met && !promised });
    options.say(`  ${met && !promised ? 'met    ' : 'not met'} ${threshold} (${value === null ? 'no answer' : value.toFixed(4)})`);
  }
}

async function runLoad(
  { options, tidegate, worse }: Phase,
  { name, flags, targets, share }: TargetLoad,
  { seconds = options.minutes * 60 * share, results }: { readonly seconds?: number; readonly results?: string | undefined } = {},
): Promise<LoadJson> {
  options.say(`${name}${share === 0 ? '' : `: ${seconds} s`}`);
  // Users come one after another, or all of them would ask in the first second.
  const ramp = flags.includes('--think') ? ['--ramp', String(seconds / 6)] : [];
  const asked = [
    ...flags,
    ...(share === 0 ? [] : ['--duration', String(seconds), ...ramp]),
    ...targets.flatMap((target) => ['--threshold', target]),
  ];
  const kept = results === undefined ? [] : ['--keep', results];
  const { out, err } = await runCommand(tidegate, ['loadtest', ...asked, ...kept, '--seed', String(options.seed), '--json']);
  // Targets that are not met end it with 1 as well; without a report it failed.
  if (!out.startsWith('{')) throw new Error(`${name}: ${err}`);
  worse.push(...err.split('\n').flatMap((line) => (line.startsWith('p95 of ') ? [`${name}: ${line}`] : [])));
  return JSON.parse(out) as LoadJson;
}

/** Milliseconds of processor time of the query service for each request of a load. */
async function queryMsOf(phase: Phase, load: TargetLoad): Promise<number> {
  const pid = phase.tidegate.services.pid('query');
  const before = treeSeconds(pid);
  const { requests } = await runLoad(phase, load);
  return (1_000 * (treeSeconds(pid) - before)) / requests;
}

/** Not a target of ours but of the plan: about where a database without a cache has enough. */
async function climb({ options, tidegate, targets }: Phase): Promise<void> {
  options.say(`mix without cache, ${CLIMB} requests a second`);
  const flags = ['--scenario', 'healthtrack-mix', '--ramp', CLIMB, '--duration', String(options.minutes * 20), '--json'];
  const { out, err } = await runCommand(tidegate, ['loadtest', ...flags]);
  if (!out.startsWith('{')) throw new Error(`climb: ${err}`);
  const { last_good: lastGood } = JSON.parse(out) as { readonly last_good: number | null };
  const perMinute = (lastGood ?? 0) * 60;
  targets.push({ load: 'mix without cache', rows: CLIMB_ROWS, target: 'requests a minute>5000', value: perMinute, met: perMinute > 5_000 });
}

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function runCommand(tidegate: Tidegate, args: readonly string[]): Promise<Ran> {
  const env = { ...process.env, TIDEGATE_GATEWAY: tidegate.gateway, TIDEGATE_API_KEY: tidegate.apiKey };
  return new Promise((done) => {
    execFile(process.execPath, [CLI, ...args], { env, maxBuffer: 64 * 2 ** 20 }, (error, out, err) => {
      done({ code: error === null ? 0 : 1, out, err });
    });
  });
}
