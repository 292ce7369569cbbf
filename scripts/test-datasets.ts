import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServers } from '@tidegate/native';
import { runTests } from './steps.ts';
import { failure, isGreen, summary } from './tally.ts';

/** Replays data sets that may not be redistributed and so are not in the repository; TIDEGATE_DATA names their folder. */
async function testDatasets(folder: string) {
  const dataDir = mkdtempSync(join(tmpdir(), 'tidegate-test-'));
  const servers = await startServers({ dataDir });
  try {
    const env = { KAFKA_BROKERS: servers.kafkaBrokers, DATABASE_URL: servers.databaseUrl, REDIS_URL: servers.redisUrl };
    return await runTests({ project: 'datasets', env: { ...env, TIDEGATE_DATA: folder } });
  } finally {
    await servers.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

const folder = process.env['TIDEGATE_DATA'];
if (folder === undefined || !existsSync(folder)) {
  process.stdout.write(`${summary(failure('TIDEGATE_DATA must name the folder that holds the data sets'))}\n`);
  process.exitCode = 1;
} else {
  const tally = await testDatasets(folder);
  process.stdout.write(`${summary(tally)}\n`);
  process.exitCode = isGreen(tally) ? 0 : 1;
}
