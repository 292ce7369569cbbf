import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, matchesGlob, relative } from 'node:path';
import { repositoryRoot } from '@tidegate/native';
import { parseDockerfile, type Instruction, type Stage } from './dockerfile.ts';

/**
 * The file tree of a stage as a plain folder: COPY lines are copies that heed .dockerignore, RUN lines are run in the working
 * directory of the stage. What a base image brings is not there: this says whether what we put into an image is enough to
 * start, not whether the base is.
 */
export function assembleStage(name: string, folder: string): string {
  const stages = parseDockerfile(readFileSync(join(repositoryRoot, 'infra/images/Dockerfile'), 'utf8'));
  const ignored = readFileSync(join(repositoryRoot, '.dockerignore'), 'utf8').trim().split('\n');
  const made = new Map<string, string>();
  const make = (wanted: string): string => {
    const before = made.get(wanted);
    if (before !== undefined) return before;
    const stage = stages.find((candidate) => candidate.name === wanted);
    if (stage === undefined) throw new Error(`there is no stage ${wanted}`);
    const root = join(folder, wanted);
    mkdirSync(root, { recursive: true });
    if (stages.some((candidate) => candidate.name === stage.base)) copyTree(make(stage.base), root);
    made.set(wanted, root);
    fill({ stage, root, ignored, rootOf: make });
    return root;
  };
  return make(name);
}

interface Filling {
  readonly stage: Stage;
  readonly root: string;
  readonly ignored: readonly string[];
  readonly rootOf: (stage: string) => string;
}

function fill({ stage, root, ignored, rootOf }: Filling): void {
  // Every stage works in the one folder of the image.
  const directory = join(root, 'app');
  mkdirSync(directory, { recursive: true });
  for (const instruction of stage.instructions) {
    if (instruction.name === 'RUN') runStep(instruction, directory);
    if (instruction.name === 'COPY') copyStep(instruction, { root, directory, ignored, rootOf });
  }
}

function runStep({ rest, line }: Instruction, cwd: string): void {
  const ran = spawnSync('sh', ['-c', rest], { cwd, encoding: 'utf8', env: { ...process.env, CI: 'true' } });
  if (ran.status !== 0) throw new Error(`line ${line} of the Dockerfile failed: ${`${ran.stdout}${ran.stderr}`.slice(-800)}`);
}

function copyStep(
  { flags, rest }: Instruction,
  { root, directory, ignored, rootOf }: Omit<Filling, 'stage'> & { readonly directory: string },
): void {
  const words = rest.split(/\s+/);
  const to = words.pop() ?? '';
  const target = to.startsWith('/') ? join(root, to) : join(directory, to);
  const from = flags.get('from');
  for (const source of words) {
    const path = from === undefined ? join(repositoryRoot, source) : join(rootOf(from), source);
    const isFile = to.endsWith('/');
    const keep = (file: string): boolean => from !== undefined || !isIgnored(relative(repositoryRoot, file), ignored);
    mkdirSync(isFile ? target : dirname(target), { recursive: true });
    copyTree(path, isFile ? join(target, source) : target, keep);
  }
}

/** Links stay links, as in an image. */
function copyTree(from: string, to: string, filter: (path: string) => boolean = () => true): void {
  cpSync(from, to, { recursive: true, verbatimSymlinks: true, filter });
}

function isIgnored(path: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => matchesGlob(path, pattern) || matchesGlob(path, `${pattern}/**`));
}
