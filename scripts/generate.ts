import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './command.ts';
import { generatedFiles } from './reference/pages.ts';

/** Writes the pages of `docs/reference` and the types that come from the source; with `--check` says which are stale instead. */
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false }, out: { type: 'string' } } });
const folder = values.out ?? root;

for (const [name, content] of await generatedFiles()) {
  const path = join(folder, name);
  const isCurrent = existsSync(path) && readFileSync(path, 'utf8') === content;
  if (isCurrent) continue;
  if (values.check) {
    process.stdout.write(`${name} is stale: run "npm run generate" and commit the result\n`);
    process.exitCode = 1;
  } else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    process.stdout.write(`wrote ${name}\n`);
  }
}
