import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessHome } from './child-process.ts';
import { given, homeOf, makePrivateFolder, type Environment } from './home.ts';
import { provideJava, provideKafkaJars, toKafkaPackage, type KafkaPackage } from './kafka-package.ts';
import { startKafkaServer, type KafkaOptions, type KafkaServer, type Tuning } from './kafka-server.ts';
import type { CacheContext } from './package-cache.ts';
import { providePostgres, startPostgres, type PostgresServer } from './postgres-server.ts';
import { endLeftovers } from './process-record.ts';
import { asStep, createProgress, type Progress, type Step } from './progress.ts';
import { provideRedis, startRedis, type RedisServer } from './redis-server.ts';

/** Addresses of the three servers, and the way to end those that were started here. */
export interface Servers {
  readonly kafkaBrokers: string;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** Null where the address was given or the broker runs in a container. */
  readonly kafka: KafkaServer | null;
  /** Null where the address was given or the server runs in a container. */
  readonly postgres: PostgresServer | null;
  /** Ends Redis, then Kafka, then Postgres; servers whose address was given stay. */
  stop(): Promise<void>;
}

export interface ServerOptions {
  readonly dataDir: string;
  /** Lines for the user; `progress` draws them better. */
  readonly log?: (line: string) => void;
  readonly progress?: Progress;
  readonly tuning?: Tuning;
  readonly env?: Environment;
  /** Ends downloads that are under way. */
  readonly signal?: AbortSignal;
}

export interface ServerContext {
  readonly home: ProcessHome;
  readonly cacheDir: string;
  readonly progress: Progress;
  readonly tuning: Tuning;
  readonly env: Environment;
  readonly signal: AbortSignal | undefined;
}

interface StartedServer {
  readonly address: string;
  readonly stop: () => Promise<void>;
  readonly kafka?: KafkaServer;
  readonly postgres?: PostgresServer;
}

/**
 * Finds or starts Kafka, Postgres and Redis, the three at once. For each: an address given by `KAFKA_BROKERS`,
 * `DATABASE_URL` or `REDIS_URL`; else a program on PATH of a good version; else a package in the project's cache, fetched
 * when it is not there; else a container where a Docker engine answers; else a sentence that says what to install.
 */
export async function startServers(options: ServerOptions): Promise<Servers> {
  const context = contextOf(options);
  await endLeftovers(context.home.dataDir, context.home.runDir);
  const results = await Promise.allSettled([startOwnKafka(context), startOwnPostgres(context), startOwnRedis(context)]);
  const [kafka, postgres, redis] = results.map((result) => (result.status === 'fulfilled' ? result.value : undefined));
  const stop = async (): Promise<void> => {
    for (const server of [redis, kafka, postgres]) await server?.stop();
  };
  if (kafka === undefined || postgres === undefined || redis === undefined) {
    await stop();
    throw results.find((result) => result.status === 'rejected')?.reason;
  }
  return {
    kafkaBrokers: kafka.address,
    databaseUrl: postgres.address,
    redisUrl: redis.address,
    kafka: kafka.kafka ?? null,
    postgres: postgres.postgres ?? null,
    stop,
  };
}

/** A broker alone, for drills that stop, kill and restart it. */
export async function startKafka(options: ServerOptions & Pick<KafkaOptions, 'port' | 'properties'>): Promise<KafkaServer> {
  const context = contextOf(options);
  return startKafkaServer({
    ...context,
    package: await provideKafka(context),
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.properties === undefined ? {} : { properties: options.properties }),
  });
}

/** A Redis alone, for drills that kill, pause and replace it. */
export async function startRedisServer(options: ServerOptions): Promise<RedisServer> {
  const { home, binary } = await findRedis(options);
  return startRedis(home, binary);
}

/** The program of Redis, and where what it starts belongs. */
export async function findRedis(options: ServerOptions): Promise<{ readonly home: ProcessHome; readonly binary: string }> {
  const context = contextOf(options);
  const binary = await asStep(context.progress, 'Redis', (step) => provideRedis(cacheContext(context, step)));
  return { home: context.home, binary };
}

/** The database server alone: the one of `DATABASE_URL`, or one that is started here. */
export async function startDatabase(options: ServerOptions): Promise<Pick<Servers, 'databaseUrl' | 'postgres' | 'stop'>> {
  const { address, postgres, stop } = await startOwnPostgres(contextOf(options));
  return { databaseUrl: address, postgres: postgres ?? null, stop };
}

/** The folder of `pg_dump`, `psql` and the others that come with the server. */
export async function postgresPrograms(options: ServerOptions): Promise<string> {
  const context = contextOf(options);
  return asStep(context.progress, 'Postgres', (step) => providePostgres(cacheContext(context, step)));
}

/** A streaming replica of a server of the same version, with its data in the folder. */
export async function startReplica(options: ServerOptions & { readonly of: string }): Promise<PostgresServer> {
  return startPostgres({ ...contextOf(options), binaries: await postgresPrograms(options), replicaOf: options.of });
}

export function contextOf(options: ServerOptions): ServerContext {
  const env = options.env ?? process.env;
  const { log } = options;
  const progress =
    options.progress ?? (log === undefined ? createProgress({ stream: process.stderr, nowMs: () => performance.now() }) : linesOnly(log));
  return {
    home: processHome(options.dataDir),
    cacheDir: homeOf(env).cacheDir,
    progress,
    tuning: options.tuning ?? 'test',
    env,
    signal: options.signal,
  };
}

export function processHome(dataDir: string): ProcessHome {
  makePrivateDataFolder(dataDir);
  return { dataDir, logDir: makePrivateFolder(join(dataDir, 'logs')), runDir: makePrivateFolder(join(dataDir, 'run')) };
}

/**
 * What lies in it is private folder by folder. Root's own data folder lets others pass, so that Postgres may run under
 * another account there.
 */
function makePrivateDataFolder(dataDir: string): void {
  const mode = process.getuid?.() === 0 ? 0o711 : 0o700;
  mkdirSync(dataDir, { recursive: true, mode });
  if (process.getuid?.() === 0 && statSync(dataDir).uid === 0) chmodSync(dataDir, mode);
}

async function startOwnKafka(context: ServerContext): Promise<StartedServer> {
  const brokers = given(context.env['KAFKA_BROKERS']);
  if (brokers !== undefined) return useGiven(context, 'Kafka', brokers);
  return orInContainer(context, 'kafka', async () => {
    const kafkaPackage = await provideKafka(context);
    return asStep(context.progress, 'Kafka starts', async () => {
      const kafka = await startKafkaServer({ ...context, package: kafkaPackage });
      return { value: { address: kafka.brokers, stop: kafka.stop, kafka }, detail: kafka.brokers };
    });
  });
}

async function provideKafka(context: ServerContext): Promise<KafkaPackage> {
  const [java, folder] = await Promise.all([
    asStep(context.progress, 'Java', (step) => provideJava(cacheContext(context, step))),
    asStep(context.progress, 'Kafka', (step) => provideKafkaJars(cacheContext(context, step))),
  ]);
  return toKafkaPackage(java, folder);
}

async function startOwnPostgres(context: ServerContext): Promise<StartedServer> {
  const url = given(context.env['DATABASE_URL']);
  if (url !== undefined) return useGiven(context, 'Postgres', url);
  return orInContainer(context, 'postgres', async () => {
    const binaries = await asStep(context.progress, 'Postgres', (step) => providePostgres(cacheContext(context, step)));
    return asStep(context.progress, 'Postgres starts', async () => {
      const server = await startPostgres({ ...context, binaries });
      return { value: { address: server.url, stop: server.stop, postgres: server }, detail: hostOf(server.url) };
    });
  });
}

async function startOwnRedis(context: ServerContext): Promise<StartedServer> {
  const url = given(context.env['REDIS_URL']);
  if (url !== undefined) return useGiven(context, 'Redis', url);
  return orInContainer(context, 'redis', async () => {
    const binary = await asStep(context.progress, 'Redis', (step) => provideRedis(cacheContext(context, step)));
    return asStep(context.progress, 'Redis starts', async () => {
      const server = await startRedis(context.home, binary);
      return { value: { address: server.url, stop: () => server.process.stop() }, detail: hostOf(server.url) };
    });
  });
}

function useGiven(context: ServerContext, name: string, address: string): StartedServer {
  context.progress.say(`✓ ${name} as given: ${hostOf(address)}`);
  return { address, stop: () => Promise.resolve() };
}

/** Runs the native way; where that fails, the container way; where there is no Docker engine, the first failure stands. */
async function orInContainer(
  context: ServerContext,
  server: 'kafka' | 'postgres' | 'redis',
  native: () => Promise<StartedServer>,
): Promise<StartedServer> {
  try {
    return await native();
  } catch (failure) {
    // Loaded only here: it is a large library, and every start and test would wait for it.
    const { startInContainer } = await import('./container.ts');
    const container = context.signal?.aborted === true ? null : await startInContainer(server);
    if (container === null) throw failure;
    context.progress.say(`✓ ${server} runs in a container: ${hostOf(container.address)}`);
    return container;
  }
}

function cacheContext(context: ServerContext, step: Step): CacheContext {
  return { cacheDir: context.cacheDir, dataDir: context.home.dataDir, path: context.env['PATH'], step, signal: context.signal };
}

/** Host and port of an address, without the user and password that it may carry. */
function hostOf(address: string): string {
  return URL.canParse(address) && address.includes('//') ? new URL(address).host : address;
}

/** For callers that only want lines. */
function linesOnly(log: (line: string) => void): Progress {
  const nothing = (): void => undefined;
  return {
    step(title) {
      log(`… ${title}`);
      return {
        update: nothing,
        done: (detail = '') => log(`✓ ${title}${detail === '' ? '' : `: ${detail}`}`),
        fail: (reason) => log(`✗ ${title}: ${reason}`),
      };
    },
    say: log,
    draw: nothing,
    close: nothing,
  };
}
