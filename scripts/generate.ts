import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './command.ts';
import { referencePages } from './reference/pages.ts';

/** Writes the pages of `docs/reference` that come from the source; with `--check` says which are stale instead. */
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false }, out: { type: 'string' } } });
const folder = values.out ?? join(root, 'docs/reference');

for (const [name, content] of await referencePages()) {
  const path = join(folder, name);
  const isCurrent = existsSync(path) && readFileSync(path, 'utf8') === content;
  if (isCurrent) continue;
  if (values.check) {
    process.stdout.write(`${name} is stale: run "npm run generate" and commit the result\n`);
    process.exitCode = 1;
  } else {
    writeFileSync(path, content);
    process.stdout.write(`wrote ${name}\n`);
  }
}
