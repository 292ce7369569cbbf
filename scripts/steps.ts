import { availableParallelism } from 'node:os';
import type { Check } from './checks.ts';
import { run } from './command.ts';
import type { Tally } from './tally.ts';
import { addTallies, emptyTally, failure, tallyLine } from './tally.ts';
import type { VitestRun } from './vitest-run.ts';
import { runVitest } from './vitest-run.ts';

const print = (text: string): void => void process.stdout.write(text);
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** Runs the checks, as many at a time as there are cores: most of them use one. Lines come as checks end. */
export async function runChecks(checks: readonly Check[]): Promise<Tally> {
  const waiting = [...checks];
  const lane = async (): Promise<Tally> => {
    let total = emptyTally;
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) total = addTallies(total, await runCheck(check));
    return total;
  };
  const tallies = await Promise.all(Array.from({ length: availableParallelism() }, lane));
  return tallies.reduce(addTallies);
}

/** Runs a check; its output is shown only where it fails. Counts as one test. */
async function runCheck(check: Check): Promise<Tally> {
  const outcome = await run(check.command);
  const isFine = outcome.code === 0;
  print(`${isFine ? '✓' : '✗'} ${check.name} (${seconds(outcome.ms)})\n`);
  if (!isFine) print(`${outcome.output.trimEnd()}\n`);
  return isFine ? { ...emptyTally, passed: 1 } : failure(check.name);
}

/** Runs a vitest project, with its output as it comes. */
export async function runTests(options: VitestRun): Promise<Tally> {
  print(`… ${options.project} tests\n`);
  const { tally, ms } = await runVitest({ ...options, onOutput: print });
  const isFine = tally.failed === 0 && tally.skipped === 0;
  print(`${isFine ? '✓' : '✗'} ${options.project} tests: ${tallyLine(tally)} (${seconds(ms)})\n`);
  return tally;
}
