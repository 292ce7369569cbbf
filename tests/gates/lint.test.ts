import { beforeAll, describe, expect, test } from 'vitest';
import { plantTree } from './planted-tree.ts';

const IN_CORE = 'packages/core/src/event/*.ts';
const IN_SERVICE = 'services/ingest/src/*.ts';
const IN_TEST = 'services/ingest/src/*.test.ts';
const IN_ADAPTER = 'packages/redis/src/*.ts';

const LONG_FUNCTION = `export function long(): number {\n${'  void 0;\n'.repeat(60)}  return 1;\n}\n`;
const LONG_FILE = 'export const text = 1;\n' + '// line\n'.repeat(300);
const BRANCHES = `export function branchy(n: number): number {\n${Array.from({ length: 11 }, (_, i) => `  if (n === ${i}) return ${i};`).join('\n')}\n  return -1;\n}\n`;
const ASYNC = 'async function work(): Promise<void> {}\n';

/** What is planted, where, and a word of the message that must appear. */
const VIOLATIONS: readonly (readonly [what: string, file: string, text: string, message: string])[] = [
  ['Date.now', IN_CORE, 'export const now = (): number => Date.now();\n', 'Take a Clock'],
  ['new Date()', IN_CORE, 'export const now = (): Date => new Date();\n', 'Take a Clock'],
  ['Math.random', IN_SERVICE, 'export const draw = (): number => Math.random();\n', 'Take a Random'],
  ['process.env', IN_SERVICE, "export const home = process.env['HOME'];\n", 'Declare the setting in config.ts'],
  ['console', IN_SERVICE, "console.log('x');\n", 'Logger'],
  ['JSON.parse', IN_SERVICE, "export const value: unknown = JSON.parse('1');\n", 'Use the decoder'],
  [
    'an adapter built outside of app.ts',
    IN_SERVICE,
    "import { createLogClient } from '@tidegate/kafka';\nexport const make = createLogClient;\n",
    'Only app.ts builds adapters',
  ],
  [
    'an in-memory twin in a service',
    IN_SERVICE,
    "import * as twin from '@tidegate/kafka/memory';\nexport const make = twin;\n",
    'The in-memory twins are for tests',
  ],
  ['any', IN_ADAPTER, 'export const value: any = 1;\n', 'no-explicit-any'],
  ['a non-null assertion', IN_ADAPTER, 'export const first = (list: string[]): string => list[0]!;\n', 'no-non-null-assertion'],
  ['a double assertion', IN_ADAPTER, "export const value = 'x' as unknown as number;\n", 'instead of asserting its type twice'],
  ['a default export', IN_ADAPTER, 'export default 1;\n', 'no-default-export'],
  [
    'a read that blocks',
    IN_SERVICE,
    "import { readFileSync } from 'node:fs';\nexport const text = readFileSync('/x', 'utf8');\n",
    'without blocking',
  ],
  [
    'a process that is waited for in place',
    IN_ADAPTER,
    "import * as child from 'node:child_process';\nexport const run = child;\n",
    'without blocking',
  ],
  ['a floating promise', IN_ADAPTER, `${ASYNC}export function start(): void {\n  work();\n}\n`, 'no-floating-promises'],
  [
    'a misused promise',
    IN_ADAPTER,
    `${ASYNC}export const list = [1].filter(async () => { await work(); return true; });\n`,
    'no-misused-promises',
  ],
  [
    'a switch that forgets a case',
    IN_ADAPTER,
    "export function name(kind: 'a' | 'b'): void {\n  switch (kind) {\n    case 'a':\n      break;\n  }\n}\n",
    'switch-exhaustiveness-check',
  ],
  ['a thrown text', IN_ADAPTER, "export function fail(): never {\n  throw 'x';\n}\n", 'only-throw-error'],
  ['a long function', IN_ADAPTER, LONG_FUNCTION, 'max-lines-per-function'],
  ['a long file', IN_ADAPTER, LONG_FILE, 'max-lines'],
  [
    'four parameters',
    IN_ADAPTER,
    'export const sum = (a: number, b: number, c: number, d: number): number => a + b + c + d;\n',
    'max-params',
  ],
  ['a function of eleven branches', IN_ADAPTER, BRANCHES, 'complexity'],
  ['a file name in camel case', 'packages/redis/src/camelCase-*.ts', 'export const one = 1;\n', 'filename-case'],
  ['a skipped test', IN_TEST, "import { test } from 'vitest';\ntest.skip('x', () => undefined);\n", 'A test runs or is deleted'],
  [
    'a wait that a busy machine breaks',
    IN_TEST,
    "import { expect, test } from 'vitest';\ntest('x', () => expect.poll(() => 1, { timeout: 5_000 }).toBe(1));\n",
    'Wait for at least 20000 ms',
  ],
  [
    'a wait without a limit of its own',
    IN_TEST,
    "import { expect, test, vi } from 'vitest';\ntest('x', () => vi.waitFor(() => expect(1).toBe(1)));\n",
    'Wait for at least 20000 ms',
  ],
  ['an only test', IN_TEST, "import { test } from 'vitest';\ntest.only('x', () => undefined);\n", 'A test runs or is deleted'],
];

interface Diagnostic {
  readonly filename: string;
  readonly code: string;
  readonly message: string;
  readonly help?: string;
}

/** Each violation lies in a file of its own, so one run of the linter judges all of them. */
const planted = VIOLATIONS.map(([what, place, text, message], index) => ({
  what,
  file: place.replace('*', `planted-${index}`),
  text,
  message,
}));

test('the rules accept clean code, so a red below comes from what is planted', async () => {
  using tree = plantTree({
    'packages/core/src/event/fine.ts': 'export const one = 1;\n',
    'services/ingest/src/fine.ts': 'export const two = 2;\n',
  });
  const outcome = await tree.run('oxlint', '--type-aware', '--deny-warnings', 'packages', 'services');
  expect(outcome.output).toMatch(/Found 0 warnings and 0 errors/);
  expect(outcome.code).toBe(0);
});

describe('planted violations', () => {
  let found: readonly Diagnostic[] = [];
  let code = 0;
  beforeAll(async () => {
    using tree = plantTree(Object.fromEntries(planted.map(({ file, text }) => [file, text])));
    const outcome = await tree.run('oxlint', '--type-aware', '--deny-warnings', '--format=json', 'packages', 'services');
    const report: { readonly diagnostics: readonly Diagnostic[] } = JSON.parse(outcome.output);
    found = report.diagnostics;
    code = outcome.code;
  });

  test('the linter ends with an error', () => {
    expect(code).not.toBe(0);
  });

  test.each(planted)('$what turns lint red', ({ file, message }) => {
    const here = found.filter((diagnostic) => diagnostic.filename.endsWith(file));
    expect(here.map(({ code, message: said, help }) => `${code} ${said} ${help ?? ''}`).join('\n')).toContain(message);
  });
});
