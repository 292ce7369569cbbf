import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServers } from '@tidegate/native';
import { checks } from './checks.ts';
import { runChecks, runTests } from './steps.ts';
import type { Tally } from './tally.ts';
import { addTallies, failure, isGreen, summary } from './tally.ts';

/** The whole proof of the repository: checks, unit tests, then integration and end-to-end tests against real servers. */
async function testEverything(): Promise<Tally> {
  const checked = await runChecks(checks);
  const tested = addTallies(checked, await runTests({ project: 'unit' }));
  return addTallies(tested, await testAgainstServers());
}

/** Servers given by KAFKA_BROKERS, DATABASE_URL and REDIS_URL are used as they are; the others are started and ended here. */
async function testAgainstServers(): Promise<Tally> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tidegate-test-'));
  try {
    const servers = await startServers({ dataDir });
    const env = { KAFKA_BROKERS: servers.kafkaBrokers, DATABASE_URL: servers.databaseUrl, REDIS_URL: servers.redisUrl };
    try {
      const integration = await runTests({ project: 'integration', env });
      return addTallies(integration, await runTests({ project: 'e2e', env }));
    } finally {
      await servers.stop();
    }
  } catch (error) {
    // An absent server is a failure, never a skip.
    return failure(`servers: ${error instanceof Error ? error.message : 'could not be started'}`);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

const startedAt = performance.now();
const total = await testEverything();
process.stdout.write(`\nin ${Math.round((performance.now() - startedAt) / 1000)} s\n${summary(total)}\n`);
process.exitCode = isGreen(total) ? 0 : 1;
