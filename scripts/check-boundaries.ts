import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './command.ts';

/**
 * Checks that arrows between files point inward (`.dependency-cruiser.cjs`). dependency-cruiser reports success when it
 * cannot read TypeScript at all, so the number of modules and of dependencies that it saw is checked as well.
 */
const tree = process.argv[2] ?? process.cwd();
const folders = ['packages', 'services', 'infra', 'scripts'].filter((folder) => existsSync(join(tree, folder)));
const result = await run({ program: 'depcruise', args: ['--config', '.dependency-cruiser.cjs', ...folders], cwd: tree });
const seen = /(\d+) modules, (\d+) dependencies cruised/.exec(result.output);
process.stdout.write(result.output);

if (seen === null || Number(seen[1]) < 2 || Number(seen[2]) === 0) {
  process.stdout.write('dependency-cruiser read no TypeScript: the rules were not checked\n');
  process.exitCode = 1;
} else if (result.code !== 0) {
  process.exitCode = 1;
}
