import { createProgress } from '@tidegate/native';
import { isAllKilled, runCampaign } from '../mutants/campaign.ts';
import type { DrillOptions, DrillReport } from './drill.ts';

const BAR_CELLS = 24;

/** Plants every bug of `tests/mutants` and says which check caught each; one that none catches is a discrepancy. */
export async function runMutants({ seed, say, only = '' }: DrillOptions): Promise<DrillReport> {
  const progress = createProgress({ stream: process.stderr, nowMs: () => performance.now() });
  const campaign = await runCampaign({
    wanted: only,
    onPlant: ({ name }, { index, count }) => progress.draw(`${barOf(index / count)} ${index} of ${count}  ${name}`),
    onTrial: (mutant, { verdict, killers }) => {
      progress.draw('');
      say(`${verdict === 'killed' ? '✓' : '✗'} §${mutant.section} ${mutant.name}: ${killers[0] ?? verdict}`);
    },
  });
  progress.close();
  const escaped = campaign.trials.filter(({ trial }) => trial.verdict !== 'killed');
  return {
    ...{ drill: 'mutants', seed, verdict: isAllKilled(campaign) ? 'pass' : 'fail' },
    checks: { planted: campaign.trials.length, caught: campaign.trials.length - escaped.length },
    discrepancies: [
      ...campaign.redWithout.map((kind) => `the ${kind} tests fail without a mutant`),
      ...escaped.map(({ mutant, trial }) => `${trial.verdict}: ${mutant.name} (${mutant.file})`),
    ],
    caught_by: Object.fromEntries(
      campaign.trials.flatMap(({ mutant, trial }) =>
        trial.killers[0] === undefined ? [] : [[`${mutant.name} (${mutant.file})`, trial.killers[0]]],
      ),
    ),
  };
}

function barOf(share: number): string {
  const full = Math.round(share * BAR_CELLS);
  return `${'█'.repeat(full)}${'░'.repeat(BAR_CELLS - full)}`;
}
