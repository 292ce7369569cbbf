import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FAULTS, MEMBER_FAULTS } from '@tidegate/core';
import { codeProblems } from './code-list.ts';

/**
 * Checks the list of error codes both ways: every code that the source answers with is in the list, and every code of the
 * list is answered somewhere.
 */
const tree = process.argv[2] ?? process.cwd();
const patterns = ['packages/core/src/**/*.ts', 'packages/http/src/**/*.ts', 'packages/postgres/src/jobs/*.ts', 'services/*/src/**/*.ts'];
const files = globSync(patterns, { cwd: tree }).filter((file) => !/\.test\.ts$|fault\/codes\.ts$/.test(file));
const sources = files.map((file) => ({ file, text: readFileSync(join(tree, file), 'utf8') }));
const listed = [...Object.keys(FAULTS), ...Object.keys(MEMBER_FAULTS)];
const problems = codeProblems(sources, listed);
for (const problem of problems) process.stdout.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
