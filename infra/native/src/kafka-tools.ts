import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { homeOf, repositoryRoot } from './home.ts';
import { provideJava, resolveWithMaven, toKafkaPackage, type KafkaPackage } from './kafka-package.ts';
import { cachedFolder, type CacheContext } from './package-cache.ts';
import { findOnPath, SetupFailure } from './tool.ts';

const TOOLS = 'kafka-tools-4.3.1';

/**
 * Kafka's own load tools with what runs them, for benches; fetched by Maven on first use. Throws `SetupFailure` where there
 * is no Maven: a bench without its yardstick would say nothing.
 */
export async function provideKafkaTools(say: (line: string) => void): Promise<KafkaPackage> {
  const { dataDir, cacheDir } = homeOf(process.env);
  const step = { update: say, done: say, fail: say };
  const context: CacheContext = { cacheDir, dataDir, path: process.env['PATH'], step };
  const java = await provideJava(context);
  const folder = await cachedFolder(context, TOOLS, async (stage) => {
    const maven = findOnPath('mvn', context.path);
    if (maven === null) throw new SetupFailure('mvn was not found: install Maven (Debian: apt-get install maven) to run benches.');
    const jars = join(stage, 'jars');
    mkdirSync(jars);
    await resolveWithMaven(context, maven, { pom: join(repositoryRoot, 'infra/native/kafka/tools-pom.xml'), jars });
  });
  return toKafkaPackage(java.value, folder);
}
