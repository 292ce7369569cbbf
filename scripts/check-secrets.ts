import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './command.ts';
import { secretProblems } from './secret-search.ts';

// What git holds is also all that an image gets (.dockerignore keeps the rest out).
const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean);
const sources = files.flatMap((file) => {
  const bytes = readFileSync(join(root, file));
  return bytes.includes(0) ? [] : [{ file, text: bytes.toString() }];
});
const problems = secretProblems(sources);
for (const problem of problems) process.stdout.write(`${problem}\n`);
process.exitCode = problems.length === 0 && sources.length > 0 ? 0 : 1;
