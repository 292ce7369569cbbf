import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { GROUND_DRILLS } from './catalogue.ts';
import { onOwnGround, runExactlyOnce, runFlushBoundaries, runReplayKills, runRollingRestart } from './own-system.ts';
import { TIER_DRILLS } from './tier-catalogue.ts';
import { onOwnTier } from './own-tier.ts';
import { runMutants } from './mutants.ts';
import { floods } from './floods.ts';
import { redisFaults } from './redis-faults.ts';
import { runAllAtOnce } from './run-all-at-once.ts';
import { runCutOff } from './run-cut-off.ts';
import { runDiskFull } from './run-disk-full.ts';
import { runStartKills } from './run-start-kills.ts';
import type { Drill, DrillReport } from './drill.ts';

const DRILLS: Readonly<Record<string, Drill>> = {
  'all-at-once': runAllAtOnce,
  'cut-off': (options) => runCutOff(options),
  'disk-full': runDiskFull,
  'exactly-once': runExactlyOnce,
  'flush-boundaries': runFlushBoundaries,
  floods,
  mutants: runMutants,
  redis: redisFaults,
  'replay-kills': runReplayKills,
  'rolling-restart': (options) => runRollingRestart(options),
  start: runStartKills,
  ...Object.fromEntries(Object.entries(GROUND_DRILLS).map(([name, ground]) => [name, onOwnGround(name, ground)])),
  ...Object.fromEntries(Object.entries(TIER_DRILLS).map(([name, ground]) => [name, onOwnTier(name, ground)])),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string' },
    folder: { type: 'string' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const drill = DRILLS[positionals[0] ?? ''];
if (drill === undefined) {
  process.stderr.write(
    `Usage: npm run drill -- ${Object.keys(DRILLS).join('|')} [--seed N] [--minutes N] [--folder PATH] [--only TEXT] [--json]\n`,
  );
  process.exitCode = 2;
} else {
  const report = await drill({
    seed: Number(values.seed),
    say: (line) => process.stderr.write(`${line}\n`),
    ...(values.minutes === undefined ? {} : { minutes: Number(values.minutes) }),
    ...(values.only === undefined ? {} : { only: values.only }),
    ...(values.folder === undefined ? {} : { folder: resolve(values.folder) }),
  });
  process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : describe(report));
  process.exitCode = report.verdict === 'pass' ? 0 : 1;
}

function describe({ verdict, checks, discrepancies = [], history }: DrillReport): string {
  const lines = [...discrepancies, ...(history === undefined ? [] : [`history: ${history}`]), `${verdict}: ${JSON.stringify(checks)}`];
  return `${lines.join('\n')}\n`;
}
