import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { codeProblems } from '../../scripts/code-list.ts';
import { root, run } from '../../scripts/command.ts';
import { coverageProblems, readCoverage } from '../../scripts/coverage-page.ts';
import { isGreen, summary, tallyRun } from '../../scripts/tally.ts';
import { runVitest } from '../../scripts/vitest-run.ts';
import { plantTree } from './planted-tree.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-gate-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const script = (name: string): string => join(root, 'scripts', name);

test('a file that is not formatted turns format red, and only that file is named', async () => {
  using tree = plantTree({
    'packages/core/src/fine.ts': 'export const one = 1;\n',
    'packages/core/src/planted.ts': 'export const one=1\n',
  });
  const outcome = await tree.run('prettier', '--check', '--log-level', 'warn', 'packages');
  expect(outcome.output).toContain('planted.ts');
  expect(outcome.output).not.toContain('fine.ts');
  expect(outcome.code).toBe(1);
});

test('an unused file, export and dependency each turn the check for unused things red', async () => {
  using tree = plantTree({
    'knip.json': '{"entry": ["src/main.ts"], "project": ["src/**/*.ts"]}',
    'package.json': '{"name": "planted", "type": "module", "dependencies": {"fast-check": "*"}}',
    'src/main.ts': "import { used } from './used.ts';\nused();\n",
    'src/used.ts': 'export function used(): void {}\nexport function unused(): void {}\n',
    'src/forgotten.ts': 'export const forgotten = 1;\n',
  });
  const outcome = await tree.run('knip', '--no-progress');
  expect(outcome.output).toMatch(/Unused files[^]*src\/forgotten\.ts/);
  expect(outcome.output).toMatch(/Unused exports[^]*unused/);
  expect(outcome.output).toMatch(/Unused dependencies[^]*fast-check/);
  expect(outcome.code).not.toBe(0);
});

describe('generated files', () => {
  const check = (out: string) => run({ program: process.execPath, args: [script('generate.ts'), '--check', '--out', out] });

  // Each check is a process that loads the whole of the documentation's sources: seconds, on a busy machine many.
  test('are current as they are committed, and a changed or missing page turns the check red', { timeout: 120_000 }, async () => {
    const copy = join(folder, 'generated');
    for (const part of ['docs/reference', 'packages/sdk/src/generated']) cpSync(join(root, part), join(copy, part), { recursive: true });
    expect(await check(copy)).toMatchObject({ code: 0, output: '' });

    const page = join(copy, 'docs/reference/metrics.md');
    writeFileSync(page, readFileSync(page, 'utf8').replace('gauge', 'counter'));
    rmSync(join(copy, 'docs/reference/errors.md'));
    writeFileSync(join(copy, 'packages/sdk/src/generated/api.ts'), 'export {};');
    const outcome = await check(copy);
    expect(outcome.output).toContain('metrics.md is stale');
    expect(outcome.output).toContain('errors.md is stale');
    expect(outcome.output).toContain('packages/sdk/src/generated/api.ts is stale');
    expect(outcome.code).toBe(1);
  });
});

describe('the list of error codes', () => {
  const source = { file: 'services/ingest/src/decode.ts', text: "return failed({ code: 'bad_json' });" };

  test('agrees with source that answers with exactly its codes', () => {
    expect(codeProblems([source], ['bad_json'])).toEqual([]);
  });

  test('misses a code that the source answers with', () => {
    const planted = { file: 'services/ingest/src/planted.ts', text: "return failed({ code: 'planted_code' });" };
    expect(codeProblems([source, planted], ['bad_json'])).toEqual([
      'services/ingest/src/planted.ts: the code planted_code is not in packages/core/src/fault/codes.ts',
    ]);
  });

  test('has a code that nothing answers with', () => {
    expect(codeProblems([source], ['bad_json', 'planted_code'])).toEqual([
      'the code planted_code is in the list, but nothing answers with it',
    ]);
  });

  test('turns its check red where the tree answers with other codes', async () => {
    using tree = plantTree({ 'packages/core/src/planted.ts': "export const fault = { code: 'planted_code' };\n" });
    const outcome = await tree.run(process.execPath, script('check-codes.ts'), tree.path);
    expect(outcome.output).toContain('the code planted_code is not in packages/core/src/fault/codes.ts');
    expect(outcome.code).toBe(1);
  });
});

describe('the coverage page', () => {
  const known = { ids: ['N-01', 'N-02'], exists: (path: string) => path === 'a.test.ts' };
  const problemsOf = (...lines: string[]): readonly string[] => coverageProblems(readCoverage(lines.join('\n')), known);
  const sound = ['| N-01 | one | done |  | `a.test.ts` |', '| N-02 | two | planned |  |  |'] as const;

  test.each([
    ['a sound page', sound, []],
    ['a row that is partly met, with what is missing', [sound[0], '| N-02 | two | partly | the rest | `a.test.ts` |'], []],
    ['a row that is missing', [sound[0]], ['N-02 has no row']],
    ['a row twice', [...sound, sound[1]], ['N-02 has two rows']],
    ['a row of nothing', [...sound, '| N-99 | more | planned |  |  |'], ['N-99 is not a requirement']],
    [
      'another state',
      [sound[0], '| N-02 | two | soon |  |  |'],
      ['N-02: the state "soon" is none of planned, partly, done', 'N-02 is soon but names no test'],
    ],
    ['a done row without a test', [sound[0], '| N-02 | two | done |  |  |'], ['N-02 is done but names no test']],
    ['a partly row without a test', [sound[0], '| N-02 | two | partly | the rest |  |'], ['N-02 is partly but names no test']],
    [
      'a partly row without a word on what is missing',
      [sound[0], '| N-02 | two | partly |  | `a.test.ts` |'],
      ['N-02 is partly but does not say what is missing'],
    ],
    [
      'a done row of which something is missing',
      [sound[0], '| N-02 | two | done | the rest | `a.test.ts` |'],
      ['N-02 is done but says that something is missing'],
    ],
    ['a test that is not there', [sound[0], '| N-02 | two | partly | the rest | `gone.test.ts` |'], ['N-02: gone.test.ts does not exist']],
    ['a proof that is no test', [sound[0], '| N-02 | two | done |  | `README.md` |'], ['N-02: README.md is not a test']],
  ])('says what is wrong with %s', (_what, lines, problems) => {
    expect(problemsOf(...lines)).toEqual(problems);
  });

  test('turns its check red where a row claims a test that does not exist', async () => {
    const page = join(folder, 'coverage.md');
    writeFileSync(
      page,
      readFileSync(join(root, 'docs/reference/coverage.md'), 'utf8').replace(
        /^(\| N-01 \| [^|]*) \|.*$/m,
        '$1 | done |  | `gone.test.ts` |',
      ),
    );
    const outcome = await run({ program: process.execPath, args: [script('check-coverage.ts'), page] });
    expect(outcome.output).toBe('N-01: gone.test.ts does not exist\n');
    expect(outcome.code).toBe(1);
  });
});

describe('the count of tests', () => {
  const fileOf = (...statuses: string[]) => ({
    name: 'a.test.ts',
    status: statuses.includes('failed') ? 'failed' : 'passed',
    assertionResults: statuses.map((status) => ({ status, fullName: status })),
  });

  test.each([
    { what: 'passed tests', testResults: [fileOf('passed', 'passed')], exit: 0, expected: '2/0/0' },
    { what: 'a failed test', testResults: [fileOf('passed', 'failed')], exit: 1, expected: '1/1/0' },
    {
      what: 'a skipped, a pending and a todo test',
      testResults: [fileOf('skipped', 'pending', 'todo', 'passed')],
      exit: 0,
      expected: '1/0/3',
    },
    {
      what: 'a file that does not load',
      testResults: [{ name: 'b', status: 'failed', assertionResults: [] }, fileOf('passed')],
      exit: 1,
      expected: '1/1/0',
    },
    { what: 'no test at all', testResults: [], exit: 0, expected: '0/1/0' },
    { what: 'an error outside of tests', testResults: [fileOf('passed')], exit: 1, expected: '1/1/0' },
  ])('counts $what', ({ testResults, exit, expected }) => {
    const tally = tallyRun({ testResults }, exit);
    expect(tally.failures).toHaveLength(tally.failed);
    expect(`${tally.passed}/${tally.failed}/${tally.skipped}`).toBe(expected);
    expect(isGreen(tally)).toBe(expected.endsWith('/0/0'));
  });

  test('what failed stands above the count, with the first line of what it said', () => {
    const result = { status: 'failed', fullName: 'sums add up', failureMessages: ['expected 1 to be 2\n    at a.test.ts:3'] };
    const broken = { name: 'b.test.ts', status: 'failed', message: 'no such module\nat', assertionResults: [] };
    const tally = tallyRun({ testResults: [{ name: 'a.test.ts', status: 'failed', assertionResults: [result] }, broken] }, 1);
    expect(summary(tally).split('\n')).toEqual([
      '✗ a.test.ts > sums add up: expected 1 to be 2',
      '✗ b.test.ts: no such module',
      '0 passed, 2 failed, 0 skipped',
    ]);
  });

  test('a run without a report is a failure', () => {
    expect(isGreen(tallyRun(null, 0))).toBe(false);
  });

  test('a skipped test in a real run is counted as skipped and is not green', { timeout: 60_000 }, async () => {
    using tree = plantTree({
      'vitest.config.ts': "export default { test: { projects: [{ test: { name: 'unit', include: ['**/*.test.ts'] } }] } };\n",
      'planted.test.ts': "import { test } from 'vitest';\ntest('runs', () => undefined);\ntest.skip('does not', () => undefined);\n",
    });
    const { tally } = await runVitest({ project: 'unit', cwd: tree.path });
    expect(tally).toEqual({ passed: 1, failed: 0, skipped: 1, failures: [] });
    expect(isGreen(tally)).toBe(false);
  });
});

test('a test file that leaves a server listening fails, though its tests pass', { timeout: 60_000 }, async () => {
  const guard = JSON.stringify(join(root, 'tests/gates/leak-guard.ts'));
  using tree = plantTree({
    'vitest.config.ts': `export default { test: { projects: [{ test: { name: 'unit', include: ['**/*.test.ts'], setupFiles: [${guard}] } }] } };\n`,
    'planted.test.ts':
      "import { createServer } from 'node:net';\nimport { test } from 'vitest';\n" +
      "test('opens', () => new Promise((resolve) => createServer().listen(0, '127.0.0.1', () => resolve(undefined))));\n",
    'closing.test.ts':
      "import { createServer } from 'node:net';\nimport { test } from 'vitest';\n" +
      "test('closes', () => new Promise((resolve) => { const server = createServer().listen(0, '127.0.0.1', () => server.close(resolve)); }));\n",
  });
  const { tally, output } = await runVitest({ project: 'unit', cwd: tree.path });
  expect(output).toContain('this file leaves open: TCPServerWrap');
  expect(tally).toMatchObject({ passed: 2, failed: 1, skipped: 0 });
  expect(tally.failures).toEqual([expect.stringMatching(/planted\.test\.ts: .*this file leaves open/)]);
});

describe('.ci/run', () => {
  /** A copy of the script beside a stand-in for npm that plays the given output for each of the two suites. */
  async function runCi(output: string, exitCode: number) {
    const place = mkdtempSync(join(folder, 'ci-'));
    mkdirSync(join(place, '.ci'));
    cpSync(join(root, '.ci/run'), join(place, '.ci/run'));
    writeFileSync(join(place, 'npm'), `#!/bin/sh\ncat <<'END'\n${output}\nEND\nexit ${exitCode}\n`, { mode: 0o755 });
    const outcome = await run({ program: 'env', args: [`PATH=${place}:/usr/bin:/bin`, 'TIDEGATE_DATA=', 'bash', join(place, '.ci/run')] });
    const lines = outcome.output.trimEnd().split('\n');
    return { lines, last: lines.at(-1), code: outcome.code };
  }

  test.each([
    { what: 'a green run', output: 'work\n5 passed, 0 failed, 0 skipped', exit: 0, last: '10 passed, 0 failed, 0 skipped', code: 0 },
    { what: 'a failure', output: '5 passed, 1 failed, 0 skipped', exit: 1, last: '10 passed, 2 failed, 0 skipped', code: 1 },
    { what: 'a skip', output: '5 passed, 0 failed, 2 skipped', exit: 0, last: '10 passed, 0 failed, 4 skipped', code: 1 },
    { what: 'a run that breaks off', output: 'work', exit: 137, last: '0 passed, 2 failed, 0 skipped', code: 1 },
    {
      what: 'a run that is green but ends with an error',
      output: '5 passed, 0 failed, 0 skipped',
      exit: 1,
      last: '10 passed, 2 failed, 0 skipped',
      code: 1,
    },
    { what: 'a run of nothing', output: '0 passed, 0 failed, 0 skipped', exit: 0, last: '0 passed, 0 failed, 0 skipped', code: 1 },
  ])('ends $what with its count and the right code', async ({ output, exit, last, code }) => {
    expect(await runCi(output, exit)).toMatchObject({ last, code });
  });

  test('says again at its end what failed, and nothing that is only part of the work', async () => {
    const { lines } = await runCi('✗ unit tests\nmore work\n✗ a > b: c\n✗ d\n5 passed, 2 failed, 0 skipped', 1);
    expect(lines.slice(-3)).toEqual(['✗ a > b: c', '✗ d', '10 passed, 4 failed, 0 skipped']);
    expect(lines.filter((line) => line === '✗ unit tests')).toHaveLength(2);
    expect((await runCi('work', 137)).lines.slice(-3, -1)).toEqual([
      '✗ npm run test broke off with 137',
      '✗ npm run test:cluster broke off with 137',
    ]);
  });
});

test('property tests draw the same values in every run of a seed', () => {
  const drawn = (): readonly number[] => {
    const values: number[] = [];
    fc.assert(fc.property(fc.nat(), (value) => void values.push(value)));
    return values;
  };
  expect(fc.readConfigureGlobal().seed).toBe(Number(process.env['TIDEGATE_SEED'] ?? 1));
  expect(drawn()).toEqual(drawn());
});
