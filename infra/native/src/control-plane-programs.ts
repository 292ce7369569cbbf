import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { provideGo } from './go-toolchain.ts';
import { repositoryRoot } from './home.ts';
import { cachedFolder, type CacheContext } from './package-cache.ts';
import { asStep, type Progress } from './progress.ts';
import { runTool } from './tool.ts';

/** Modules of programs: the `go.mod` of each says which version of what, its `go.sum` what has to arrive. */
const MODULES = join(repositoryRoot, 'infra/native/cluster');
const KWOK = 'sigs.k8s.io/kwok';
/** How kwok's nodes and pods live, out of its module. */
const STAGES = [
  'node/fast/node-initialize.yaml',
  'node/heartbeat/node-heartbeat.yaml',
  'pod/fast/pod-ready.yaml',
  'pod/fast/pod-complete.yaml',
  'pod/fast/pod-delete.yaml',
];
const OWN_STAGE = join(MODULES, 'failing-pod.yaml');

interface Built {
  readonly module: 'kubernetes' | 'etcd' | 'kwok';
  readonly package: string;
  readonly program: string;
  readonly ldflags?: string;
}

/** Clients ask the API server for its version, which is no constant of its source. */
const VERSIONED = ['gitVersion=v1.36.3', 'gitMajor=1', 'gitMinor=36'].map((pair) => `-X k8s.io/component-base/version.${pair}`).join(' ');
const kubernetes = (program: string): Built => {
  return { module: 'kubernetes', package: `k8s.io/kubernetes/cmd/${program}`, program, ldflags: VERSIONED };
};
const PROGRAMS: readonly Built[] = [
  { module: 'etcd', package: 'go.etcd.io/etcd/server/v3', program: 'etcd' },
  { module: 'kwok', package: `${KWOK}/cmd/kwok`, program: 'kwok' },
  kubernetes('kube-apiserver'),
  kubernetes('kube-controller-manager'),
  kubernetes('kube-scheduler'),
];

export interface ControlPlanePrograms {
  /** Path of `etcd`, `kwok`, `kube-apiserver`, `kube-controller-manager` or `kube-scheduler`. */
  readonly path: (program: string) => string;
  /** Files that say how the nodes and pods of kwok live. */
  readonly stages: readonly string[];
}

/**
 * The programs of a control plane, compiled from Go modules when they are not in the cache: about six minutes on two cores, once.
 * Each is kept as it is done, so a build that is cut goes on where it was.
 */
export async function provideControlPlane(context: Omit<CacheContext, 'step'>, progress: Progress): Promise<ControlPlanePrograms> {
  const folders = new Map<string, string>();
  for (const { program } of PROGRAMS) folders.set(program, await provideProgram(context, progress, program));
  const path = (program: string): string => join(folders.get(program) ?? '', program);
  const stages = STAGES.map((file) => join(folders.get('kwok') ?? '', 'stages', file));
  return { path, stages: [...stages, OWN_STAGE] };
}

/** The folder with one of them, which is compiled when it is not in the cache. */
export function provideProgram(context: Omit<CacheContext, 'step'>, progress: Progress, program: string): Promise<string> {
  const built = PROGRAMS.find((one) => one.program === program);
  if (built === undefined) throw new Error(`${program} is not among what is compiled`);
  const sums = readFileSync(join(MODULES, built.module, 'go.sum'));
  const sources = createHash('sha256').update(sums).update(JSON.stringify(built)).digest('hex').slice(0, 12);
  const fill = (stage: string): Promise<void> =>
    asStep(progress, `${built.program}, compiled once`, async (step) => {
      const { value: go, detail } = await provideGo({ ...context, step });
      let packages = 0;
      const onLine = (): void => step.update(`${(packages += 1)} packages`);
      await compile({ ...context, step }, { go, stage, built, onLine });
      if (built.module === 'kwok') await copyStages({ ...context, step }, go, stage);
      return { value: undefined, detail };
    });
  return cachedFolder({ ...context, step: silent }, `${built.program}-${sources}`, fill);
}

const nothing = (): void => undefined;
const silent = { update: nothing, done: nothing, fail: nothing };

interface Compile {
  readonly go: string;
  readonly stage: string;
  readonly built: Built;
  /** Called for each package as it is compiled. */
  readonly onLine: () => void;
}

async function compile({ dataDir, signal }: CacheContext, { go, stage, built, onLine }: Compile): Promise<void> {
  const cwd = join(MODULES, built.module);
  // `readonly`: what is not in go.sum is refused.
  const args = ['build', '-v', '-mod=readonly', '-trimpath', '-buildvcs=false', '-ldflags', `-s -w ${built.ldflags ?? ''}`];
  const to = ['-o', join(stage, built.program), built.package];
  await runTool({ command: go, args: [...args, ...to], cwd, env: GO_ENV, owner: dataDir, signal, onLine });
}

const GO_ENV = { CGO_ENABLED: '0', GOWORK: 'off', GOFLAGS: '' };

async function copyStages({ dataDir, signal }: CacheContext, go: string, stage: string): Promise<void> {
  const args = ['list', '-mod=readonly', '-m', '-f', '{{.Dir}}', KWOK];
  const found = await runTool({ command: go, args, cwd: join(MODULES, 'kwok'), env: GO_ENV, owner: dataDir, signal });
  for (const file of STAGES) {
    mkdirSync(join(stage, 'stages', file, '..'), { recursive: true });
    cpSync(join(found.trim(), 'kustomize/stage', file), join(stage, 'stages', file));
  }
}
