import { ANALYTICS_TESTS } from './analytics-tests.ts';
import { runTests } from './steps.ts';
import { addTallies, isGreen, summary } from './tally.ts';
import { withServers } from './with-servers.ts';

/** The tests of analytics and no others: `npm run test:analytics`. */
const args = ANALYTICS_TESTS;
const unit = await runTests({ project: 'unit', args });
const total = addTallies(unit, await withServers((env) => runTests({ project: 'integration', args, env })));
process.stdout.write(`${summary(total)}\n`);
process.exitCode = isGreen(total) ? 0 : 1;
