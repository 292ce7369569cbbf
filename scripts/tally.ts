/** How many tests ended how. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The part of vitest's JSON report that is counted. */
export interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

export const emptyTally: Tally = { passed: 0, failed: 0, skipped: 0 };

export function addTallies(one: Tally, other: Tally): Tally {
  return { passed: one.passed + other.passed, failed: one.failed + other.failed, skipped: one.skipped + other.skipped };
}

/**
 * Counts a run. A file that could not be loaded has no tests in the report and is a failure; so is a run without any
 * test, and a program that exits with an error although all tests passed (an error outside of tests).
 */
export function tallyRun(report: VitestReport | null, exitCode: number): Tally {
  if (report === null) return { passed: 0, failed: 1, skipped: 0 };
  let tally = emptyTally;
  for (const file of report.testResults) {
    const statuses = file.assertionResults.map((result) => result.status);
    const passed = statuses.filter((status) => status === 'passed').length;
    const failed = statuses.filter((status) => status === 'failed').length;
    const broken = file.status === 'failed' && failed === 0 ? 1 : 0;
    tally = addTallies(tally, { passed, failed: failed + broken, skipped: statuses.length - passed - failed });
  }
  const isHollow = tally.passed + tally.failed + tally.skipped === 0;
  const isUnexplained = exitCode !== 0 && tally.failed === 0;
  return isHollow || isUnexplained ? { ...tally, failed: tally.failed + 1 } : tally;
}

/** Skipped is failed. */
export function isGreen(tally: Tally): boolean {
  return tally.failed === 0 && tally.skipped === 0 && tally.passed > 0;
}

export function tallyLine(tally: Tally): string {
  return `${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`;
}
