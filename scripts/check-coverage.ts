import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './command.ts';
import { coverageProblems, readCoverage } from './coverage-page.ts';

/** Checks `docs/reference/coverage.md` (or the page named) against the list of requirement ids and the tests that exist. */
const page = process.argv[2] ?? join(root, 'docs/reference/coverage.md');
const ids = readFileSync(join(root, 'docs/reference/requirement-ids.txt'), 'utf8').trim().split('\n');
const rows = readCoverage(readFileSync(page, 'utf8'));
const problems = coverageProblems(rows, { ids, exists: (path) => existsSync(join(root, path)) });
for (const problem of problems) process.stdout.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
