import type { Command } from './command.ts';

/** A rule of the house that a program checks without running Tidegate. Each has a planted violation in `tests/gates`. */
export interface Check {
  readonly name: string;
  readonly command: Command;
}

const SOURCES = ['packages', 'services', 'infra', 'tests', 'bench', 'scripts'];
const node = (...args: string[]): Command => ({ program: process.execPath, args });
const tool = (program: string, ...args: string[]): Command => ({ program, args });

export const checks: readonly Check[] = [
  { name: 'format', command: tool('prettier', '--check', '--log-level', 'warn', '--cache', '--cache-strategy', 'content', '.') },
  { name: 'lint', command: tool('oxlint', '--type-aware', '--deny-warnings', ...SOURCES) },
  { name: 'types of core', command: tool('tsc', '-p', 'packages/core/tsconfig.json') },
  { name: 'types', command: tool('tsc', '-p', 'tsconfig.json') },
  { name: 'boundaries', command: node('scripts/check-boundaries.ts') },
  { name: 'unused', command: tool('knip', '--no-progress') },
  { name: 'generated files', command: node('scripts/generate.ts', '--check') },
  { name: 'error codes', command: node('scripts/check-codes.ts') },
  { name: 'secrets', command: node('scripts/check-secrets.ts') },
  { name: 'coverage page', command: node('scripts/check-coverage.ts') },
];
