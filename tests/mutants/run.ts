import { isAllKilled, runCampaign } from './campaign.ts';

/**
 * `npm run mutants [-- part of a name]`: plants every bug of the list, one at a time, and tells which tests saw it.
 * Red where one survived, does not load, or where the tests fail without it. `npm run drill -- mutants` says the same as a drill.
 */
function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

const campaign = await runCampaign({
  wanted: process.argv[2] ?? '',
  onPlant: () => undefined,
  onTrial: (mutant, { verdict, killers, ms }) => {
    const mark = verdict === 'killed' ? '✓' : '✗';
    print(`${mark} ${verdict.padEnd(8)} §${mutant.section} ${mutant.name}, ${mutant.file} (${(ms / 1000).toFixed(1)} s)`);
    for (const killer of killers.slice(0, 3)) print(`    by: ${killer}`);
  },
});
for (const kind of campaign.redWithout) print(`✗ the ${kind} tests named by mutants fail without a mutant`);
print(`${campaign.trials.length} mutants, ${isAllKilled(campaign) ? 'all killed' : 'not all killed'}`);
process.exitCode = isAllKilled(campaign) ? 0 : 1;
