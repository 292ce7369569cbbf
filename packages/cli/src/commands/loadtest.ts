import { randomUUID } from 'node:crypto';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { createHttpExchange, type HttpOptions } from '../load/http-exchange.ts';
import { earlierRun, keepRun, toKeptRun, worsenedSince } from '../load/kept-runs.ts';
import { climb } from '../load/levels.ts';
import { SIZES, toLoadPlan, type Load, type LoadFlags, type LoadPlan } from '../load/load-plan.ts';
import { loadReportJson, loadReportView, type LoadHeading } from '../load/load-report.ts';
import { runLoadTest } from '../load/load-test.ts';
import { commitName, describeMachine } from '../load/run-origin.ts';
import { SCENARIOS, scenarioOf, type ScenarioName } from '../load/scenarios.ts';
import type { Scenario } from '../load/scenario.ts';
import type { LoadReport } from '../load/tally.ts';
import { judgeThresholds, parseThreshold, type Threshold } from '../load/thresholds.ts';
import { createLoadProgress } from '../load/watch-load.ts';
import { watchServers } from '../load/watch-servers.ts';
import type { WatchedFigures } from '../load/watched.ts';
import { tableView } from '../table-view.ts';
import { CommandFailure, gatewayOf, printJson, requireSetting, type Connection, type Terminal } from '../terminal.ts';
import { positive } from './positive.ts';
import { collect } from './scope.ts';

interface LoadtestFlags extends Connection, LoadFlags {
  readonly baseUrl?: string;
  readonly token: readonly string[];
  readonly scenario: ScenarioName;
  readonly endpoints?: string;
  readonly batch: number;
  readonly sources: number;
  readonly timeout: number;
  readonly seed: number;
  readonly threshold: readonly string[];
  readonly aims?: boolean;
  readonly metrics: readonly string[];
  readonly redis?: string;
  readonly keep?: string;
  readonly worse: number;
  readonly out: 'text' | 'json';
  readonly json?: boolean;
}

export function addLoadtest(program: Command, terminal: Terminal): void {
  const command = program
    .command('loadtest')
    .description(
      'Send many requests and say how they were answered. With --users or --rate they leave by a schedule, whatever the answers ' +
        '(open loop); else so many workers send as fast as they are answered. What it writes are events of users load-1, load-2, …: ' +
        'use a tenant of its own.',
    )
    .option('--base-url <url>', 'the same as --gateway')
    .option('--token <key>', 'the same as --key; repeatable, users share them out', collect, []);
  addWhat(command);
  addHowMuch(command);
  addBeside(command);
  addVerdict(command).action(async (_flags: unknown, own: Command) => {
    await loadtest(terminal, own.optsWithGlobals<LoadtestFlags>());
  });
}

function addWhat(command: Command): Command {
  return command
    .addOption(new Option('--scenario <name>', 'what is asked').choices(SCENARIOS).default('basic'))
    .option('--endpoints <paths>', 'in place of a scenario: paths to read, comma separated; {user} stands for who asks')
    .option('--batch <events>', 'events in a request of scenario ingest', positive, 100);
}

function addHowMuch(command: Command): Command {
  return command
    .addOption(
      new Option('--size <name>', 'basic: 10 at once, 100 in all; targeted: 20, 200; heavy: 50, 1,000').choices(Object.keys(SIZES)),
    )
    .option('--concurrent <n>', 'requests at once (10); with --users or --rate most connections', positive)
    .option('--requests <n>', 'requests in all, where there is no schedule (100)', positive)
    .option('--users <n>', 'users who act by themselves, each with pauses to think', positive)
    .option('--think <seconds>', 'mean pause of a user, in place of the scenario’s', amount)
    .option('--rate <n>', 'requests a second', amount)
    .option('--ramp <seconds>', 'until all users are there, or the rate; from:to:step tries rates until one is too much')
    .option('--duration <seconds>', 'of a schedule, and of each step', amount, 30)
    .option('--sources <n>', 'connections leave from 127.0.0.1 to 127.0.0.N, so that limits by address can stay on', sources, 1)
    .option('--timeout <seconds>', 'for one answer', amount, 30)
    .option('--seed <n>', 'the same seed asks the same', positive, 1);
}

function addBeside(command: Command): Command {
  return command
    .option('--metrics <url>', 'page of metrics of a service to read beside the load, once a second; repeatable', collect, [])
    .option('--redis <url>', 'Redis whose memory and processor time to read beside it')
    .option(
      '--keep <folder>',
      'keep the result there with date, machine and commit; exits with 1 where p95 is worse than in the run before',
    )
    .option('--worse <percent>', 'by which p95, of all or of a route, may be above that of the run before', amount, 20);
}

function addVerdict(command: Command): Command {
  return command
    .option(
      '--threshold <claim>',
      'such as p95<0.5, "GET /v1/dashboard p95<0.5" or "hit p95<0.01"; exits with 1 where not met; repeatable',
      collect,
      [],
    )
    .option('--aims', 'hold the run to the aims of its scenario')
    .addOption(new Option('--out <form>', 'of the report').choices(['text', 'json']).default('text'))
    .option('--json', 'the same as --out json');
}

/** What runs of one command share. */
interface Session {
  readonly terminal: Terminal;
  readonly flags: LoadtestFlags;
  readonly gateway: string;
  readonly scenario: Scenario;
  readonly run: (load: Load) => Promise<LoadReport>;
}

async function loadtest(terminal: Terminal, flags: LoadtestFlags): Promise<void> {
  const gateway = flags.baseUrl ?? gatewayOf(terminal, flags);
  if (!URL.canParse(gateway)) throw new CommandFailure(`"${gateway}" is no address.`);
  const paths = flags.endpoints?.split(',');
  const scenario = scenarioOf({ scenario: flags.scenario, batch: flags.batch, ...(paths === undefined ? {} : { endpoints: paths }) });
  const plan = toLoadPlan(flags, scenario.thinkMs);
  const thresholds = [...flags.threshold.map(parseThreshold), ...(flags.aims === true ? scenario.aims : [])];
  const http = createHttpExchange({
    gateway,
    tokens: tokensOf(terminal, flags),
    timeoutMs: flags.timeout * 1_000,
    ...connections(flags, plan),
  });
  const run = async (load: Load): Promise<LoadReport> => {
    const progress = createLoadProgress(terminal, scenario.name);
    const signal = terminal.signal ?? new AbortController().signal;
    const test = { scenario, load, exchange: http.exchange, seed: flags.seed, run: randomUUID().slice(0, 8), signal };
    return runLoadTest({ ...test, onProgress: progress.draw }).finally(progress.end);
  };
  const session: Session = { terminal, flags, gateway, scenario, run };
  try {
    if (plan.kind === 'climb') await climbUp(session, plan.levels, plan.loadOf);
    else await runOnce(session, plan.load, thresholds);
  } finally {
    await http.close();
  }
}

/** A worker of a closed loop has a connection; in an open loop there are as many as it takes, unless somebody says how many. */
function connections({ sources: most, concurrent }: LoadtestFlags, plan: LoadPlan): Pick<HttpOptions, 'sources' | 'connections'> {
  if (plan.kind === 'run' && plan.load.loop === 'closed') {
    return { sources: Math.min(most, plan.load.workers), connections: plan.load.workers };
  }
  return { sources: most, ...(concurrent === undefined ? {} : { connections: concurrent }) };
}

async function runOnce(session: Session, load: Load, thresholds: readonly Threshold[]): Promise<void> {
  const { terminal, flags, gateway, scenario } = session;
  const startedAt = new Date().toISOString();
  const { report, watched } = await watchedRun(session, load);
  const judged = judgeThresholds(report, thresholds);
  const heading: LoadHeading = {
    scenario: scenario.name,
    asks: scenario.title,
    gateway,
    load: load.text,
    startedAt,
    isOpenLoop: load.loop === 'open',
    watched,
  };
  const told = loadReportJson(heading, report, judged);
  if (isJson(flags)) printJson(terminal, told);
  else terminal.stdout.write(`${loadReportView(heading, report, judged)}\n`);
  if (report.all.times === null) throw new CommandFailure('Nothing was answered.');
  const missed = judged.filter(({ met }) => !met).map(({ threshold }) => threshold);
  const worse = flags.keep === undefined ? [] : keepAndCompare(terminal, { folder: flags.keep, told, startedAt, byMorePct: flags.worse });
  const faults = [...(missed.length > 0 ? [`Not met: ${missed.join('; ')}`] : []), ...worse];
  if (faults.length > 0) throw new CommandFailure(faults.join('\n'));
}

async function watchedRun(
  { flags: { metrics, redis }, run }: Session,
  load: Load,
): Promise<{ readonly report: LoadReport; readonly watched: WatchedFigures | null }> {
  if (metrics.length === 0 && redis === undefined) return { report: await run(load), watched: null };
  const { result, watched } = await watchServers({ metrics, ...(redis === undefined ? {} : { redis }) }, async () => run(load));
  return { report: result, watched };
}

interface Keeping {
  readonly folder: string;
  readonly told: unknown;
  readonly startedAt: string;
  readonly byMorePct: number;
}

/** Keeps the result first, so that a worse one is there to be looked at; what became worse, in words. */
function keepAndCompare(terminal: Terminal, { folder, told, startedAt, byMorePct }: Keeping): readonly string[] {
  const kept = toKeptRun(told, { measuredAt: startedAt, commit: commitName(), machine: describeMachine() });
  terminal.stderr.write(`Kept as ${keepRun(folder, kept)}.\n`);
  const before = earlierRun(folder, kept);
  if (before === null) {
    terminal.stderr.write('No earlier run of this load on this machine is there to compare with.\n');
    return [];
  }
  return worsenedSince(before, kept, byMorePct).map(({ endpoint, before: was, now }) => {
    const grown = Math.round((now / was - 1) * 100);
    return `p95 of ${endpoint} is ${now.toFixed(3)} s, ${grown} % above ${was.toFixed(3)} s of ${before.run.measured_at}.`;
  });
}

async function climbUp(session: Session, levels: readonly number[], loadOf: (perSecond: number) => Load): Promise<void> {
  const { terminal, flags, gateway, scenario } = session;
  const rows: (readonly [number, LoadReport])[] = [];
  const result = await climb(levels, async (level) => {
    const report = await session.run(loadOf(level));
    rows.push([level, report]);
    return report;
  });
  if (isJson(flags)) {
    printJson(terminal, {
      ...{ scenario: scenario.name, gateway, last_good: result.lastGood, first_broken: result.firstBroken },
      levels: rows.map(([level, { all }]) => ({ requests_per_s: level, requests: all.requests, errors: all.errors, times: all.times })),
    });
  } else {
    terminal.stdout.write(`${levelsView(rows)}\n\n${climbText(result.lastGood, result.firstBroken)}\n`);
  }
  if (result.lastGood === null) throw new CommandFailure(`Already ${result.firstBroken ?? 0} requests a second were too many.`);
}

function levelsView(rows: readonly (readonly [number, LoadReport])[]): string {
  const columns = ['requests/s', 'requests', 'errors', 'p95', 'p99'].map((name) => ({ name, type: 'decimal' }));
  const seconds = (value: number | undefined): string => (value === undefined ? '–' : value.toFixed(3));
  return tableView({
    columns,
    rows: rows.map(([level, { all }]) => [level, all.requests, all.errors, seconds(all.times?.p95), seconds(all.times?.p99)]),
  });
}

function climbText(lastGood: number | null, firstBroken: number | null): string {
  const good = lastGood === null ? 'none was carried' : `${lastGood} requests a second were carried`;
  return firstBroken === null ? `${good}, the most that was tried` : `${good}; ${firstBroken} were too many`;
}

function isJson(flags: LoadtestFlags): boolean {
  return flags.json === true || flags.out === 'json';
}

function tokensOf(terminal: Terminal, flags: LoadtestFlags): readonly string[] {
  if (flags.token.length > 0) return flags.token;
  return [flags.key ?? requireSetting(terminal, 'TIDEGATE_API_KEY')];
}

function amount(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1e6)) throw new InvalidArgumentError('It takes a number above 0.');
  return value;
}

/** 127.0.0.1 to 127.0.0.254. */
function sources(text: string): number {
  const value = positive(text);
  if (value > 254) throw new InvalidArgumentError('It takes at most 254.');
  return value;
}
