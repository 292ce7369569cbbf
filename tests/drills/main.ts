import { parseArgs } from 'node:util';
import { runExactlyOnce, runFlushBoundaries } from './own-system.ts';
import { runStartKills } from './run-start-kills.ts';
import type { Drill } from './drill.ts';

const DRILLS: Readonly<Record<string, Drill>> = {
  'exactly-once': runExactlyOnce,
  'flush-boundaries': runFlushBoundaries,
  start: runStartKills,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string', default: '1' }, json: { type: 'boolean', default: false } },
});
const drill = DRILLS[positionals[0] ?? ''];
if (drill === undefined) {
  process.stderr.write(`Usage: npm run drill -- ${Object.keys(DRILLS).join('|')} [--seed N] [--json]\n`);
  process.exitCode = 2;
} else {
  const report = await drill({ seed: Number(values.seed), say: (line) => process.stderr.write(`${line}\n`) });
  process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : `${report.verdict}: ${JSON.stringify(report.checks)}\n`);
  process.exitCode = report.verdict === 'pass' ? 0 : 1;
}
