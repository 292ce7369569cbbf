import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './command.ts';
import type { Tally, VitestReport } from './tally.ts';
import { tallyRun } from './tally.ts';

export interface VitestRun {
  readonly project: string;
  readonly args?: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly onOutput?: (text: string) => void;
}

export interface VitestOutcome {
  readonly tally: Tally;
  /** Null where vitest ended before it wrote one. */
  readonly report: VitestReport | null;
  readonly output: string;
  readonly ms: number;
}

/** Runs one vitest project and counts its tests from the JSON report, not from the text. */
export async function runVitest(options: VitestRun): Promise<VitestOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-vitest-'));
  const path = join(folder, 'report.json');
  try {
    const outcome = await run({
      program: 'vitest',
      args: [
        'run',
        '--project',
        options.project,
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${path}`,
        ...(options.args ?? []),
      ],
      env: { ...options.env, NO_COLOR: '1' },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.onOutput === undefined ? {} : { onOutput: options.onOutput }),
    });
    const report = readReport(path);
    return { tally: tallyRun(report, outcome.code), report, output: outcome.output, ms: outcome.ms };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readReport(path: string): VitestReport | null {
  try {
    const report: VitestReport = JSON.parse(readFileSync(path, 'utf8'));
    return report;
  } catch {
    return null;
  }
}
