import type { VitestReport } from '../../scripts/tally.ts';
import { runVitest } from '../../scripts/vitest-run.ts';
import type { Mutant } from './mutant.ts';
import { PLANTED_VARIABLE } from './planted-source.ts';

/** `broken`: the mutated file does not load, so its tests prove nothing about the bug. */
export type Verdict = 'killed' | 'survived' | 'broken';

export interface Trial {
  readonly verdict: Verdict;
  /** Names of the tests that turned red. */
  readonly killers: readonly string[];
  readonly ms: number;
}

/** Runs the tests of a mutant with the bug planted. */
export async function tryMutant(mutant: Mutant): Promise<Trial> {
  const run = await runVitest({
    project: mutant.kind,
    // One red test is enough.
    args: ['--bail=1', ...mutant.tests],
    env: { [PLANTED_VARIABLE]: JSON.stringify(mutant) },
  });
  return { ...judge(run.report), ms: run.ms };
}

/** Whether the tests pass as the tree stands; without that a red test proves nothing. */
export async function passesUnmutated(kind: Mutant['kind'], tests: readonly string[]): Promise<boolean> {
  const { tally } = await runVitest({ project: kind, args: [...new Set(tests)] });
  return tally.failed === 0 && tally.skipped === 0 && tally.passed > 0;
}

function judge(report: VitestReport | null): Omit<Trial, 'ms'> {
  const files = report?.testResults ?? [];
  const killers = files.flatMap((file) =>
    file.assertionResults.filter((result) => result.status === 'failed').map((result) => result.fullName),
  );
  // A set-up hook that fails leaves its tests skipped: the bug was seen, though by no single test.
  const hooks = files.filter((file) => file.status === 'failed' && file.assertionResults.length > 0).map((file) => file.name);
  const seen = killers.length > 0 ? killers : hooks;
  if (seen.length > 0) return { verdict: 'killed', killers: seen };
  const hasLoaded = files.some((file) => file.assertionResults.length > 0);
  return { verdict: hasLoaded ? 'survived' : 'broken', killers: [] };
}
