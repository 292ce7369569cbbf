import { checks } from './checks.ts';
import { runChecks, runTests } from './steps.ts';
import type { Tally } from './tally.ts';
import { addTallies, isGreen, summary } from './tally.ts';
import { withServers } from './with-servers.ts';

/** The whole proof of the repository: checks, unit tests, then integration and end-to-end tests against real servers. */
async function testEverything(): Promise<Tally> {
  const checked = await runChecks(checks);
  const tested = addTallies(checked, await runTests({ project: 'unit' }));
  const served = withServers(async (env) => {
    const integration = await runTests({ project: 'integration', env });
    return addTallies(integration, await runTests({ project: 'e2e', env }));
  });
  return addTallies(tested, await served);
}

const startedAt = performance.now();
const total = await testEverything();
process.stdout.write(`\nin ${Math.round((performance.now() - startedAt) / 1000)} s\n${summary(total)}\n`);
process.exitCode = isGreen(total) ? 0 : 1;
