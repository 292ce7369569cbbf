import { checks } from './checks.ts';
import { runChecks } from './steps.ts';
import { isGreen, tallyLine } from './tally.ts';

/** Everything that can be checked without servers or tests, in seconds: `npm run check`. */
const total = await runChecks(checks);
process.stdout.write(`${tallyLine(total)}\n`);
process.exitCode = isGreen(total) ? 0 : 1;
