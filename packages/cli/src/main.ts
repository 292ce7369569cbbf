#!/usr/bin/env node
import process from 'node:process';
import { runProgram } from './program.ts';

const abort = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    abort.abort(new Error('Interrupted: run the same command again to go on.'));
  });
}

const { env, stdin, stdout, stderr } = process;
process.exitCode = await runProgram(process.argv.slice(2), { env, stdin, stdout, stderr, signal: abort.signal });
