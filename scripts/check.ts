import { checks } from './checks.ts';
import { runCheck } from './steps.ts';
import { addTallies, emptyTally, isGreen, tallyLine } from './tally.ts';

/** Everything that can be checked without servers or tests, in seconds: `npm run check`. */
let total = emptyTally;
for (const check of checks) total = addTallies(total, await runCheck(check));
process.stdout.write(`${tallyLine(total)}\n`);
process.exitCode = isGreen(total) ? 0 : 1;
