import { existsSync } from 'node:fs';
import { runTests } from './steps.ts';
import { failure, isGreen, summary } from './tally.ts';
import { withServers } from './with-servers.ts';

/** Replays data sets that may not be redistributed and so are not in the repository; TIDEGATE_DATA names their folder. */
const folder = process.env['TIDEGATE_DATA'];
if (folder === undefined || !existsSync(folder)) {
  process.stdout.write(`${summary(failure('TIDEGATE_DATA must name the folder that holds the data sets'))}\n`);
  process.exitCode = 1;
} else {
  const tally = await withServers((env) => runTests({ project: 'datasets', env: { ...env, TIDEGATE_DATA: folder } }));
  process.stdout.write(`${summary(tally)}\n`);
  process.exitCode = isGreen(tally) ? 0 : 1;
}
