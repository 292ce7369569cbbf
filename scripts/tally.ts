import { isAbsolute, relative } from 'node:path';
import { root } from './command.ts';

/** How many tests ended how. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** One line for each that failed: what it is and what it said first. */
  readonly failures: readonly string[];
}

/** The part of vitest's JSON report that is counted. */
export interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

export const emptyTally: Tally = { passed: 0, failed: 0, skipped: 0, failures: [] };

export function addTallies(one: Tally, other: Tally): Tally {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
    failures: [...one.failures, ...other.failures],
  };
}

/** One failure that is no failed test: a check, a program that broke off. */
export function failure(what: string): Tally {
  return { ...emptyTally, failed: 1, failures: [what] };
}

/**
 * Counts a run. A file that could not be loaded has no tests in the report and is a failure; so is a run without any
 * test, and a program that exits with an error although all tests passed (an error outside of tests).
 */
export function tallyRun(report: VitestReport | null, exitCode: number): Tally {
  if (report === null) return failure(`vitest wrote no report and ended with ${exitCode}`);
  const tally = report.testResults.map(tallyFile).reduce(addTallies, emptyTally);
  if (tally.passed + tally.failed + tally.skipped === 0) return failure('no test was found');
  if (exitCode !== 0 && tally.failed === 0) return addTallies(tally, failure(`vitest ended with ${exitCode}, though no test failed`));
  return tally;
}

function tallyFile(file: VitestReport['testResults'][number]): Tally {
  const name = isAbsolute(file.name) ? relative(root, file.name) : file.name;
  const statuses = file.assertionResults.map((result) => result.status);
  const passed = statuses.filter((status) => status === 'passed').length;
  const failures = file.assertionResults
    .filter((result) => result.status === 'failed')
    .map((result) => failureLine(`${name} > ${result.fullName}`, result.failureMessages?.[0]));
  const skipped = statuses.length - passed - failures.length;
  if (file.status === 'failed' && failures.length === 0) failures.push(failureLine(name, file.message));
  return { passed, failed: failures.length, skipped, failures };
}

function failureLine(what: string, message = ''): string {
  const said = message.split('\n')[0] ?? '';
  return said === '' ? what : `${what}: ${said}`;
}

/** Skipped is failed. */
export function isGreen(tally: Tally): boolean {
  return tally.failed === 0 && tally.skipped === 0 && tally.passed > 0;
}

/** The end of a run: what failed, a line each, and the count as the last line. */
export function summary(tally: Tally): string {
  return [...tally.failures.map((line) => `✗ ${line}`), tallyLine(tally)].join('\n');
}

export function tallyLine(tally: Tally): string {
  return `${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`;
}
