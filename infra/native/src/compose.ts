import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { replaySample, sampleAnswer } from './demo.ts';
import { given, type Environment } from './home.ts';
import { applyPacks, namesOf, prepareServers, seedKeys } from './installation.ts';
import { createProgress } from './progress.ts';
import { loadSecrets, secretSettings } from './secrets.ts';

/**
 * The one-off containers of docker-compose.yml. `prepare`: schema, topics, demo tenant, and secrets as files that the
 * services read through their `*_FILE` settings. `demo`: packs, sample data, and the answer.
 */
async function main(command: string | undefined, env: Environment): Promise<number> {
  const dataDir = required(env, 'DATA_DIR');
  if (command === 'prepare') {
    await prepare(dataDir, env);
    return 0;
  }
  if (command === 'demo') {
    await demo(dataDir, env);
    return 0;
  }
  process.stderr.write('Usage: compose.ts prepare|demo\n');
  return 2;
}

async function prepare(dataDir: string, env: Environment): Promise<void> {
  const servers = {
    kafkaBrokers: required(env, 'KAFKA_BROKERS'),
    databaseUrl: required(env, 'DATABASE_URL'),
    redisUrl: required(env, 'REDIS_URL'),
  };
  const { value: databaseUrl, detail } = await prepareServers(servers, namesOf('tidegate'));
  const folder = join(dataDir, 'secrets');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const [name, secret] of Object.entries(secretSettings(loadSecrets(dataDir))))
    writeFileSync(join(folder, name), secret, { mode: 0o600 });
  await seedKeys(dataDir, databaseUrl);
  process.stdout.write(`${detail}\n`);
}

async function demo(dataDir: string, env: Environment): Promise<void> {
  const { apiKey, adminKey } = loadSecrets(dataDir);
  if (apiKey === undefined || adminKey === undefined) throw new Error('no demo keys: run prepare first');
  const gateway = required(env, 'TIDEGATE_GATEWAY');
  const progress = createProgress({ stream: process.stderr, nowMs: () => performance.now() });
  await applyPacks({ gateway, adminKey, metricsUrls: required(env, 'METRICS_URLS').split(',') });
  const target = { gateway, apiKey, dataDir };
  await replaySample(target, progress);
  process.stdout.write(`${await sampleAnswer(target, process.stdout.columns ?? 80)}\n`);
  process.stdout.write(`Gateway  ${given(env['PUBLIC_GATEWAY']) ?? gateway}\nAPI key  ${apiKey}\n`);
}

function required(env: Environment, name: string): string {
  const value = given(env[name]);
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

process.exitCode = await main(process.argv[2], process.env);
