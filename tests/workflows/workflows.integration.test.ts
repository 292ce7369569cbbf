import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { provideZizmor, repositoryRoot } from '@tidegate/native';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';

interface Step {
  readonly uses?: string;
  readonly run?: string;
}
interface Job {
  readonly steps: readonly Step[];
  readonly 'timeout-minutes'?: number;
}

/** What is used of the language: zizmor passes over words that it does not know. */
const WORDS = {
  workflow: ['name', 'on', 'permissions', 'concurrency', 'env', 'jobs'],
  job: ['name', 'needs', 'runs-on', 'timeout-minutes', 'permissions', 'environment', 'steps'],
  step: ['name', 'uses', 'with', 'run', 'env', 'if'],
};

const FOLDER = join(repositoryRoot, '.github/workflows');
const names = readdirSync(FOLDER);
const textOf = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');
const jobsIn = (text: string): readonly Job[] => Object.values((parse(text) as { jobs: Record<string, Job> }).jobs);
const jobsOf = (name: string): readonly Job[] => jobsIn(textOf(name));
const scripts: unknown = Reflect.get(JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')), 'scripts');

let zizmor = '';
let folder = '';
beforeAll(async () => {
  zizmor = await provideZizmor();
  folder = mkdtempSync(join(tmpdir(), 'tidegate-workflows-'));
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function audit(...files: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(zizmor, ['--offline', '--no-progress', '--color', 'never', ...files], { encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}` };
}

it('the workflows are understood, and nothing in them is open to whoever sends a change', () => {
  expect(audit(...names.map((name) => join(FOLDER, name)))).toMatchObject({ status: 0 });
});

it.each([
  ['an action that is not pinned', 'ci.yml', /uses: (actions\/checkout)@\w+ # .*/, 'uses: $1@v4', 'unpinned-uses'],
  ['a token that stays behind', 'ci.yml', '        with: { persist-credentials: false }\n', '', 'artipacked'],
  ['a title that becomes a command', 'ci.yml', 'npm run check', 'echo ${{ github.event.pull_request.title }}', 'template-injection'],
  ['rights of everything', 'ci.yml', 'permissions: { contents: read }', 'permissions: write-all', 'excessive-permissions'],
])('%s is found', (_, name, found, planted, finding) => {
  const changed = textOf(name).replace(found, planted);
  expect(changed).not.toBe(textOf(name));
  const file = join(folder, name);
  writeFileSync(file, changed);
  const { status, output } = audit(file);
  expect(status).not.toBe(0);
  expect(output).toContain(finding);
});

it.each(names)('%s: every action is pinned by its commit with the version beside it, and every job ends', (name) => {
  for (const line of textOf(name)
    .split('\n')
    .filter((one) => /^\s+- uses:/.test(one)))
    expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  for (const job of jobsOf(name)) expect(job['timeout-minutes']).toBeGreaterThan(0);
});

it.each(names)('%s: its commands are commands, and scripts, paths and values that it names are there', (name) => {
  const commands = jobsOf(name).flatMap(({ steps }) => steps.flatMap(({ run }) => (run === undefined ? [] : [run])));
  for (const command of commands) {
    expect(spawnSync('bash', ['-n'], { input: command, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
    for (const [, script] of command.matchAll(/npm run (?:--\S+ )*([\w:-]+)/g)) expect(scripts).toHaveProperty([script ?? '']);
    for (const [path] of command.matchAll(/(?<![\w:/$.-])(?:\.github|infra|k8s|tests|packs)\/[\w./-]+/g))
      expect([path, existsSync(join(repositoryRoot, path))]).toEqual([path, true]);
  }
});

function unknownWords(text: string): readonly string[] {
  const jobs = jobsIn(text);
  const found = (values: readonly unknown[], known: readonly string[]): readonly string[] =>
    values.flatMap((value) => Object.keys({ ...(value as object) })).filter((word) => !known.includes(word));
  const steps = jobs.flatMap((job) => job.steps);
  return [...found([parse(text)], WORDS.workflow), ...found(jobs, WORDS.job), ...found(steps, WORDS.step)];
}

it('every word is one of the language', () => {
  expect(names.flatMap((name) => unknownWords(textOf(name)))).toEqual([]);
  expect(unknownWords(textOf('ci.yml').replace('timeout-minutes: 15', 'timeout-minute: 15'))).toEqual(['timeout-minute']);
});
